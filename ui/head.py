"""What stands in the head of the document: our styles, our script, and the table that it needs.

The script comes at low priority, so that it is not in the way of Gradio's start. Among our styles
are those of Gradio's own parts: a disabled link for each tells Gradio that it need not fetch it.
The faces of the letters come when the page can be used: each makes every word be set once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ui import bundle, link_preview
from ui.theme import tokens_css

STYLES = ("style.css", "widgets.css", "form.css", "stage.css", "takes.css", "panels.css")
ENTRY = "page.js"
FIRST = ("place.js", "visitor.js")
"""Stand in the document itself: what Gradio's scripts ask for is held to these as well."""

SCRIPT, STYLE = "dailies.js", "dailies.css"


def address(version: str, name: str = "") -> str:
    """Return where a file of ours is; it changes with the content of all of them."""
    return f"/dailies/assets/{version}/{name}"


class Head:
    """The head of the page, with the files that it asks for; `theirs` are Gradio's styles."""

    def __init__(self, assets: Path, version: str, theirs: Sequence[Path]) -> None:
        """Read nothing yet; `assets` is the folder of our files."""
        self._assets = assets
        self._version = version
        self._theirs = theirs

    @property
    def files(self) -> dict[str, str]:
        """Our script and all styles, joined, by their addresses."""
        ours = [self._assets / name for name in STYLES]
        return {
            address(self._version, SCRIPT): bundle.scripts(self._assets / ENTRY),
            address(self._version, STYLE): bundle.styles([*self._theirs, *ours]),
        }

    @property
    def first(self) -> str:
        """The scripts that must have run before anything of Gradio's is asked for."""
        texts = ((self._assets / name).read_text(encoding="utf-8") for name in FIRST)
        return f"<script>{''.join(texts)}</script>"

    def markup(self, table: Mapping[str, Any]) -> str:
        """Return the markup; `table` is what the script must know."""
        words = json.dumps(table, ensure_ascii=True).replace("<", "\\u003c")
        there = (f'<link rel="stylesheet" disabled href="./assets/{p.name}">' for p in self._theirs)
        return (
            f'<link rel="icon" type="image/svg+xml" href="{self._at("favicon.svg")}">'
            f'<style>{tokens_css()}</style><link rel="stylesheet" href="{self._at(STYLE)}">'
            f"{''.join(there)}"
            f'<script type="application/json" id="dailies-table">{words}</script>'
            f'<script type="module" fetchpriority="low" src="{self._at(SCRIPT)}"></script>'
        )

    def preview(self, site: str) -> str:
        """Return what other sites are told of the page, whose address is `site`."""
        return link_preview.markup(site, address(self._version, link_preview.PICTURE))

    def _at(self, name: str) -> str:
        return f".{address(self._version, name)}"
