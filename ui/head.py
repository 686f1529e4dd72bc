"""What stands in the head of the page: our script, the table that it needs, and our styles.

The script is asked for by the document itself, at low priority: so it comes while Gradio's start
has nothing to fetch, and not in its way. Styles must stand after Gradio's, so Gradio puts them
there itself, but they are fetched before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ui import bundle
from ui.theme import tokens_css

STYLES = ("style.css", "form.css", "stage.css", "takes.css", "panels.css")
ENTRY = "page.js"
SCRIPT, STYLE = "dailies.js", "dailies.css"


def address(version: str, name: str = "") -> str:
    """Return where a file of ours is; it changes with the content of all of them."""
    return f"/dailies/assets/{version}/{name}"


def made(assets: Path, version: str) -> dict[str, str]:
    """Return the script and the style of the page by their addresses."""
    return {
        address(version, SCRIPT): bundle.scripts(assets / ENTRY),
        address(version, STYLE): bundle.styles(assets / name for name in STYLES),
    }


def early(table: Mapping[str, Any], version: str) -> str:
    """Return what the document itself asks for; `table` is what the script must know."""
    words = json.dumps(table, ensure_ascii=True).replace("<", "\\u003c")
    return (
        f'<link rel="icon" type="image/svg+xml" href="{address(version, "favicon.svg")}">'
        f'<link rel="preload" as="style" fetchpriority="low" href="{address(version, STYLE)}">'
        f'<script type="application/json" id="dailies-table">{words}</script>'
        f'<script type="module" fetchpriority="low" src="{address(version, SCRIPT)}"></script>'
    )


def late(version: str) -> str:
    """Return what Gradio appends to the head when its own styles are there."""
    return f'<style>{tokens_css()}</style><link rel="stylesheet" href="{address(version, STYLE)}">'
