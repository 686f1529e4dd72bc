"""The Keys panel: one password box a provider; `assets/keys.js` hands over what is typed there.

A key goes in and never comes out: no answer of the server has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from core import ProviderStatus
from core.accounts.key_rules import LONGEST

HOW = """
<h3>Keys</h3>
<p>A key entered here is used for your visit, in this browser alone: it stays in the memory of the
server, is never written down and never shown again. Without one, a provider's models run in the
sandbox.</p>
"""

ROW = """
<div class="key-row" data-provider="{name}">
  <label>{label} key<input id="key-{name}" type="password" autocomplete="off"
    maxlength="{longest}" spellcheck="false"></label>
  <button id="use-{name}" type="button">Use</button>
  <button id="forget-{name}" type="button">Forget</button>
  <p class="key-said"><span role="status"></span>
    Keys are made at <a href="{page}" target="_blank" rel="noopener">{page}</a>.</p>
</div>
"""


def markup(providers: Iterable[ProviderStatus]) -> str:
    """Return the panel."""
    rows = (
        ROW.format(
            name=escape(provider.name),
            longest=LONGEST,
            label=escape(provider.label),
            page=escape(provider.keys_page),
        )
        for provider in providers
    )
    return f'<section id="keys">{HOW}{"".join(rows)}</section>'
