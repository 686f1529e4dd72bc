"""Takes out of Gradio's document where the server thinks that it is: the browser knows it better.

Behind a proxy that takes a path away before it asks, no header need tell of it. So Gradio's scripts
start from the document's own folder, as ours do. What is written otherwise stays as it was.
"""

from __future__ import annotations

import re

FOLDER = r'document.baseURI.replace(/\/$/, "")'

_BASE = re.compile(r"<base [^>]*>")
_CONFIG = re.compile(r"(window\.gradio_config = .*?)(?=</script>)", re.DOTALL)
_ROOT = re.compile(r'(?<=const root = )"[^"]*"(?=;)')
_MANIFEST = re.compile(r'<link rel="manifest" [^>]*>\s*')


def relative(document: str, first: str) -> str:
    """Return the document with `first` before all that asks for anything, and no fixed address."""
    document = _BASE.sub(lambda base: base[0] + first, document, count=1)
    document = _CONFIG.sub(rf"\1 window.gradio_config.root = {_escaped(FOLDER)};", document, 1)
    document = _ROOT.sub(_escaped(FOLDER), document, count=1)
    return _MANIFEST.sub("", document)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\")
