"""The header: the logo, each provider with its balance, what was spent, Keys and the theme."""

from __future__ import annotations

MARKUP = """
<header id="header">
<div id="brand">
  <a class="logo" href="./" aria-label="Dailies, start page">
    <span class="clap" aria-hidden="true"></span>Dailies
  </a>
  <ul id="chips" aria-label="Providers"></ul>
  <span id="today" class="chip mono" title="What the live takes cost, as far as told"></span>
  {log_out}
</div>
<button id="open-keys" type="button">Keys</button>
<button id="theme" type="button" aria-label="Light or dark">◐</button>
</header>
"""
LOG_OUT = (
    '<form method="post" action="./logout">'
    '<button id="log-out" class="ghost">Log out</button></form>'
)


def markup(*, login: bool) -> str:
    """Return the header; with a `login` one can leave."""
    return MARKUP.format(log_out=LOG_OUT if login else "")
