"""The page. It knows core's public names and Gradio; nothing in core knows of it."""

import os

# Gradio reads this once, when it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from ui.server import serve

__all__ = ["serve"]
