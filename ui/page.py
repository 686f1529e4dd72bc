"""Lays out the page: Gradio's widgets for the form, and frames that our own scripts fill.

Each component and each listener makes the page slower to open (docs/performance.md), so Gradio has
what only Gradio can do: its widgets. What is done with their values is asked at `ui.counter`.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from core import MODELS, ModelSpec, Studio
from ui import api
from ui.catalog import ModelForms
from ui.form import Form

Json = dict[str, Any]

QUIET: Json = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


class Page:
    """The page of one studio: `blocks` to serve, and the `table` that its scripts need."""

    def __init__(self, studio: Studio) -> None:
        """Draw the page."""
        self._studio = studio
        self._specs = list(MODELS.values())
        faces = [spec.when(live=live) for spec in self._specs for live in (False, True)]
        with gr.Blocks(
            title="Dailies",
            analytics_enabled=False,
            fill_width=True,
            delete_cache=(3600, 86400),
        ) as self.blocks:
            self.form = Form(faces, self._specs[0])
            self.sheets = ModelForms(studio, self.form)
            self._draw_form()
            self._join()
            api.build(studio)

    @property
    def table(self) -> Json:
        """What the page's scripts must know, as JSON."""
        return {
            "models": self.sheets.of(self._specs),
            "version": "",
            "ids": self.form.ids,
            "first": self._specs[0].key,
            "labels": {provider.name: provider.label for provider in self._studio.providers()},
            "live": {provider.name: provider.live for provider in self._studio.providers()},
        }

    @property
    def kinds(self) -> list[str]:
        """The kinds of components on the page, by Gradio's names."""
        return list(dict.fromkeys(block.get_block_name() for block in self.blocks.blocks.values()))

    def _draw_form(self) -> None:
        with gr.Column(elem_id="model-box"):
            self._model = gr.Dropdown(
                [(_named(spec), spec.key) for spec in self._specs],
                value=self._specs[0].key,
                label="Model",
                filterable=True,
                interactive=True,
                elem_id="model",
            )
            # Nobody sees it: our scripts let it seem to be entered and left (see `_join`).
            self._wire = gr.Textbox(visible="hidden", elem_id="wire")
        with gr.Column(elem_id="fields"):
            self.form.draw()

    def _join(self) -> None:
        """Join the form to `window.dailies`: it alone knows what the widgets hold."""
        held = [self._model, *self.form.components]
        self._wire.focus(None, held, js=_calling("hold"), **QUIET)
        self._model.input(None, held, self.form.components, js=_giving("switchTo"), **QUIET)
        self._wire.blur(None, held, held, js=_giving("fillIn"), **QUIET)


def _calling(name: str) -> str:
    return f"(...held) => {{ window.dailies.{name}(...held); }}"


def _giving(name: str) -> str:
    return f"(...held) => window.dailies.{name}(...held)"


def _named(spec: ModelSpec) -> str:
    return f"{spec.name} · {spec.task.replace('-', ' ')}"
