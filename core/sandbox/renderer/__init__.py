"""Paints clips from an order's values, the same for the same seed; one entrance, `render_task`.

Nothing outside may look further in: the painters are frozen, so that a clip stays what it was.
"""

from core.sandbox.renderer.render import render_task

__all__ = ["render_task"]
