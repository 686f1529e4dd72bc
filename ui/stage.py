"""The stage: an empty shell that `assets/stage.js` fills from the feed."""

from __future__ import annotations

from ui.shell import shell

SHELL = """
<div id="screen" role="tabpanel" aria-label="Screen" data-state="empty"></div>
<div class="bar">
  <ol id="steps" aria-label="Progress"></ol>
  <p id="clock" class="mono"></p>
  <div id="tabs" role="tablist" aria-label="View"></div>
</div>
<div id="under"></div>
<p id="announcer" class="unseen" role="status" aria-live="polite"></p>
"""


def build() -> None:
    """Draw the shell where the caller stands in the page."""
    shell(SHELL, elem_id="stage", elem_classes=["card"])
