"""The strip of takes: an empty shell that `assets/takes.js` fills from the feed."""

from __future__ import annotations

from ui.shell import shell

SHELL = """
<div class="strip-head">
  <h2 id="takes-title">Takes</h2>
  <input id="takes-search" type="search" placeholder="Search prompts"
    aria-label="Search prompts" autocomplete="off">
  <span id="takes-count" class="hint"></span>
</div>
<ul id="takes-list" aria-labelledby="takes-title"></ul>
"""


def build() -> None:
    """Draw the shell where the caller stands in the page."""
    shell(SHELL, elem_id="takes", elem_classes=["card"])
