"""Markup of our own in the page: Gradio neither styles it nor runs anything in it."""

from __future__ import annotations

from typing import Any

import gradio as gr


def shell(markup: str, **more: Any) -> None:
    """Put `markup` where the caller stands in the page; scripts in `assets/` fill it."""
    gr.HTML(markup, js_on_load=None, apply_default_css=False, **more)
