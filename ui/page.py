"""Lays out the page: Gradio's widgets for the form, and frames that our own scripts fill.

Each component and each listener makes the page slower to open (docs/performance.md), so Gradio has
what only Gradio can do: its widgets. What is done with their values is asked at `ui.counter`.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from core import MODELS, ModelSpec, Studio
from ui import api, code, header, keys, picker, stage, takes
from ui.catalog import Sheets
from ui.form import Form
from ui.shell import shell

Json = dict[str, Any]

FACTS = """
<button id="browse" type="button" aria-haspopup="dialog">All models</button>
<p id="model-side"><span class="dot"></span><span></span></p>
<p class="facts mono"></p><p class="notice" role="note" hidden></p>
"""
MORE = '<button id="more" type="button" aria-expanded="false" hidden>More</button>'
TROUBLE = """
<p id="trouble" role="alert" hidden></p>
<button id="confirm" type="button" class="small" hidden>Order anyway</button>
"""
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
            # First, so that the files of buttons are asked for first: Generate is waited for.
            self._fill = gr.Button("Fill in", visible="hidden", elem_id="fill-in")
            self._read = gr.Button("Read", visible="hidden", elem_id="read-form")
            self._draw_frame()
            with gr.Column(elem_id="room"):
                self.form = Form(faces, self._specs[0])
                self.sheets = Sheets(studio, self.form)
                self._draw_form()
                shell(stage.MARKUP + takes.MARKUP, elem_id="show")
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

    def _draw_frame(self) -> None:
        login = self._studio.settings.dailies_users is not None
        panels = keys.markup(self._studio.providers()) + code.MARKUP + picker.MARKUP
        shell(header.markup(login=login) + panels, elem_id="frame")

    def _draw_form(self) -> None:
        with gr.Column(elem_id="form", elem_classes=["card"]):
            with gr.Column(elem_id="model-box"):
                self._model = gr.Dropdown(
                    [(_named(spec), spec.key) for spec in self._specs],
                    value=self._specs[0].key,
                    label="Model",
                    filterable=True,
                    interactive=True,
                    elem_id="model",
                )
                shell(FACTS, elem_id="model-facts")
            with gr.Column(elem_id="fields"):
                self.form.draw()
                shell(MORE, elem_id="more-box")
            shell(TROUBLE, elem_id="trouble-box")
            with gr.Row(elem_id="go"):
                self._generate = gr.Button("Generate", variant="primary", elem_id="generate")
                gr.Button("Code", elem_id="open-code")

    def _join(self) -> None:
        """Join the form to `window.dailies`: it alone knows what the widgets hold."""
        held = [self._model, *self.form.components]
        self._generate.click(None, held, js=_calling("generate"), **QUIET)
        self._read.click(None, held, js=_calling("hold"), **QUIET)
        self._model.input(None, held, self.form.components, js=_giving("switchTo"), **QUIET)
        self._fill.click(None, held, held, js=_giving("fillIn"), **QUIET)


def _calling(name: str) -> str:
    return f"(...held) => {{ window.dailies.{name}(...held); }}"


def _giving(name: str) -> str:
    return f"(...held) => window.dailies.{name}(...held)"


def _named(spec: ModelSpec) -> str:
    return f"{spec.name} · {spec.task.replace('-', ' ')}"
