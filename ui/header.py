"""The header: the logo, each provider with its balance, what was spent, Keys and the theme."""

from __future__ import annotations

from typing import NamedTuple

import gradio as gr

from ui.shell import shell

SHELL = """
<a class="logo" href="/" aria-label="Dailies, start page">
  <span class="clap" aria-hidden="true"></span>Dailies
</a>
<ul id="chips" aria-label="Providers"></ul>
<span id="today" class="chip mono" title="What the live takes cost, as far as told"></span>
"""
LOG_OUT = '<a id="log-out" class="ghost" href="/logout">Log out</a>'


class Header(NamedTuple):
    """The header's buttons."""

    keys: gr.Button
    theme: gr.Button


def build(*, login: bool) -> Header:
    """Draw the header where the caller stands in the page; with a `login` one can leave."""
    with gr.Row(elem_id="header"):
        shell(SHELL + LOG_OUT * login, elem_id="brand")
        keys = gr.Button("Keys", elem_classes=["chip-button"], elem_id="open-keys")
        theme = gr.Button("◐", elem_classes=["chip-button", "round"], elem_id="theme")
    return Header(keys, theme)
