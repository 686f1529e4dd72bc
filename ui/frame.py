"""The page around Gradio's widgets, as markup for the document itself: there before any script.

Gradio's own way for markup of ours, `gr.HTML`, shows it only once Gradio has started, and makes it
slower to start (docs/performance.md). So Gradio has the form's widgets, and all else stands here.
"""

from __future__ import annotations

from core import Studio
from ui import code, header, keys, picker, stage, takes

# The facts stand under the name of the model and "More" among the fields: `assets/drawn.js` takes
# them there, since Gradio makes both places.
OPENING = '<div id="room"><section id="form" class="card" aria-label="The order">'
CLOSING = """
<div id="model-facts" hidden>
  <button id="browse" type="button" aria-haspopup="dialog">All models</button>
  <p id="model-side"><span class="dot"></span><span></span></p>
  <p class="facts mono"></p><p class="notice" role="note" hidden></p>
</div>
<div id="more-box" hidden>
  <button id="more" type="button" aria-expanded="false" hidden>More</button>
</div>
<p id="trouble" role="alert" hidden></p>
<button id="confirm" type="button" hidden>Order anyway</button>
<div id="go">
  <button id="generate" type="button" disabled>Generate <span class="price"></span></button>
  <button id="open-code" type="button" disabled>Code</button>
</div>
</section>
"""


def around(studio: Studio, *, theme: str) -> tuple[str, str]:
    """Return what stands before Gradio's part of the page, and what stands after it."""
    login = studio.settings.dailies_users is not None
    panels = keys.markup(studio.providers()) + code.MARKUP + picker.MARKUP
    before = f"<script>{theme}</script>" + header.markup(login=login) + panels + OPENING
    return before, CLOSING + stage.MARKUP + takes.MARKUP + "</div>"
