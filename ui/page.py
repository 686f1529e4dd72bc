"""Lays out the page and joins its parts; what it does with a job is asked of the studio."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from core import MODELS, InvalidInput, ModelSpec, Studio, StudioError
from core.errors import NotConfirmed
from ui import api, code, header, keys, picker, stage, takes
from ui.catalog import Sheets
from ui.form import Form
from ui.shell import shell
from ui.visitor import owner_of

Json = dict[str, Any]

FACTS = """
<button id="browse" type="button" aria-haspopup="dialog">All models</button>
<p id="model-side"><span class="dot"></span><span></span></p>
<p class="facts mono"></p><p class="notice" role="note" hidden></p>
"""
MORE = '<button id="more" type="button" aria-expanded="false" hidden>More</button>'
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
            self._header = header.build(login=studio.settings.dailies_users is not None)
            with gr.Column(elem_id="room"):
                self.form = Form(faces, self._specs[0])
                self.sheets = Sheets(studio, self.form)
                self._draw_form()
                stage.build()
                takes.build()
            keys.build(studio)
            code.build()
            picker.build()
            self._draw_hidden()
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
            shell(
                '<p id="trouble" role="alert" hidden></p>'
                '<button id="confirm" type="button" class="small" hidden>Order anyway</button>',
                elem_id="trouble-box",
            )
            with gr.Row(elem_id="go"):
                self._generate = gr.Button("Generate", variant="primary", elem_id="generate")
                self._open_code = gr.Button("Code", elem_id="open-code")

    def _draw_hidden(self) -> None:
        self._key = gr.Textbox(visible="hidden", elem_id="order-key")
        self._confirmed = gr.Checkbox(visible="hidden", elem_id="order-confirmed")
        self._wanted = gr.JSON(visible="hidden", elem_id="order-wanted")
        self._answer = gr.JSON(visible="hidden", elem_id="order-answer")
        self._written = gr.JSON(visible="hidden", elem_id="code-written")
        self._order = gr.Button("Order", visible="hidden", elem_id="order")
        self._dice = gr.Button("Dice", visible="hidden", elem_id="dice")
        self._fill = gr.Button("Fill in", visible="hidden", elem_id="fill-in")

    def _join(self) -> None:
        self._join_order()
        self._join_widgets()
        held = [self._model, *self.form.components]
        self._model.input(
            None,
            held,
            self.form.components,
            js="(...a) => window.dailies.switchTo(...a)",
            **QUIET,
        )
        self._fill.click(
            None,
            held,
            [self._model, *self.form.components],
            js="(...a) => window.dailies.fillIn(...a)",
            **QUIET,
        )
        self._open_code.click(
            self._write,
            self._wanted,
            self._written,
            js="() => window.dailies.toWrite()",
            **QUIET,
        ).then(None, self._written, js="(w) => { window.dailies.openCode(w); }", **QUIET)
        self._header.keys.click(None, js="() => { window.dailies.openKeys(); }", **QUIET)
        self._header.theme.click(None, js="() => { window.dailies.theme(); }", **QUIET)

    def _join_order(self) -> None:
        held = [self._model, *self.form.components]
        self._generate.click(None, held, js="(...a) => { window.dailies.generate(...a); }", **QUIET)
        ordered = self._order.click(
            self._submit,
            [self._key, self._confirmed, self._wanted],
            self._answer,
            js="() => window.dailies.orderInputs()",
            **QUIET,
        )
        ordered.success(None, self._answer, js="(a) => { window.dailies.answered(a); }", **QUIET)
        ordered.failure(None, js="() => { window.dailies.answered(null); }", **QUIET)

    def _join_widgets(self) -> None:
        for name, widget in zip(self.form.ids, self.form.components, strict=True):
            quoted = json.dumps(name)
            widget.change(
                None, widget, js=f"(v) => {{ window.dailies.changed({quoted}, v); }}", **QUIET
            )
            if isinstance(widget, gr.Slider):
                widget.input(
                    None, widget, widget, js=f"(v) => window.dailies.typed({quoted}, v)", **QUIET
                )
            if name == "field-seed-seed":
                self._dice.click(None, None, widget, js="() => window.dailies.dice()", **QUIET)

    def _submit(
        self,
        request: gr.Request,
        key: str,
        confirmed: bool,  # noqa: FBT001  Gradio passes by position
        wanted: Json,
    ) -> Json:
        owner, model = owner_of(request), str(wanted["model"])
        try:
            values = api.with_files(self._studio.spec(model, owner), wanted["params"])
            job = self._studio.submit(
                model, values, owner=owner, request_key=key, confirmed=confirmed
            )
            return {"request_key": key, "job": self._studio.describe(job)}
        except InvalidInput as error:
            return {"request_key": key, "problems": error.problems, "error": str(error)}
        except NotConfirmed as error:
            return {"request_key": key, "confirm": str(error)}
        except StudioError as error:
            return {"request_key": key, "error": f"{error} {error.next_step}"}

    def _write(self, request: gr.Request, wanted: Json) -> list[dict[str, str]]:
        spec = self._studio.spec(str(wanted["model"]), owner_of(request))
        return code.written(spec, spec.check(wanted["params"]).values)


def _named(spec: ModelSpec) -> str:
    return f"{spec.name} · {spec.task.replace('-', ' ')}"
