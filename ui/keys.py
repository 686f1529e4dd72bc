"""The Keys panel: one password box a provider; it alone hands a visitor's key to the studio.

A key goes in and never comes out: no event returns one, and none is listed in the API.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from core import ProviderStatus, Studio
from ui.visitor import owner_of

HOW = """
### Keys
A key entered here is used for your visit: it stays in the server's memory, is never written down
and never shown again. Without one, a provider's models run in the sandbox.
"""


def build(studio: Studio) -> None:
    """Draw the panel; `assets/panels.js` shows it."""
    with gr.Column(elem_id="keys", elem_classes=["panel"]):
        gr.Markdown(HOW)
        for provider in studio.providers():
            _row(studio, provider)


def _row(studio: Studio, provider: ProviderStatus) -> None:
    with gr.Row(elem_classes=["key-row"]):
        box = gr.Textbox(
            label=f"{provider.label} key",
            type="password",
            interactive=True,
            elem_id=f"key-{provider.name}",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        use = gr.Button("Use", elem_classes=["small"], elem_id=f"use-{provider.name}")
        drop = gr.Button("Forget", elem_classes=["small"], elem_id=f"forget-{provider.name}")
    said = gr.Markdown(_where(provider), elem_classes=["key-said"])

    def use_key(key: str, request: gr.Request) -> tuple[str, str]:
        if not key.strip():
            return "", f"Type or paste a key first. {_where(provider)}"
        studio.set_key(owner_of(request), provider.name, key.strip())
        return "", f"In use for your visit: {provider.label} is live now."

    def forget_key(request: gr.Request) -> tuple[str, str]:
        studio.set_key(owner_of(request), provider.name, "")
        return "", f"Forgotten. {_where(provider)}"

    private: dict[str, Any] = {
        "outputs": [box, said],
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    for event in (use.click(use_key, [box], **private), box.submit(use_key, [box], **private)):
        event.then(None, js="() => { window.dailies.keysChanged(); }")
    drop.click(forget_key, **private).then(None, js="() => { window.dailies.keysChanged(); }")


def _where(provider: ProviderStatus) -> str:
    return f"Keys are made at [{provider.keys_page}]({provider.keys_page})."
