"""The form: one widget for each parameter that any model has, of which a model shows its own.

Widgets are made once. Which of them are seen, and with what limits and labels, is changed in the
browser from the table that `sheets` bakes, so that a switch needs no answer from the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.models import ModelSpec
from core.params import Media, Param
from ui.rules import rule_of
from ui.widgets import Widget, shown, widget_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Slot:
    """A place in the form. Parameters of one name and one look share it in all models."""

    name: str
    look: str
    advanced: bool

    @property
    def id(self) -> str:
        """The widget's id in the page."""
        return f"field-{self.name}-{self.look}{'-more' if self.advanced else ''}"


def slot_of(param: Param) -> Slot:
    """Return the place of a parameter."""
    return Slot(param.name, widget_of(param).look, param.advanced)


def in_order(specs: Iterable[ModelSpec]) -> list[Slot]:
    """Return every slot, such that each model's parameters stand in its own order."""
    merged: list[Slot] = []
    for spec in specs:
        place = len(merged)
        for slot in reversed([slot_of(param) for param in spec.params]):
            if slot in merged:
                place = merged.index(slot)
            else:
                merged.insert(place, slot)
    return merged


class Form:
    """The widgets on the page, in an order that is each model's own."""

    def __init__(self, specs: Sequence[ModelSpec], first: ModelSpec) -> None:
        """Take both faces of each model, as it stands live and in the sandbox."""
        self.first = first
        every = (first, *specs)
        self._every: dict[Slot, list[Param]] = {slot: [] for slot in in_order(every)}
        for spec in every:
            for param in spec.params:
                self._every[slot_of(param)].append(param)
        self._made: dict[Slot, gr.components.Component] = {}
        self._addresses: dict[Slot, gr.Textbox] = {}

    def draw(self, *, advanced: bool) -> None:
        """Draw the plain or the advanced widgets where the caller stands in the page."""
        for slot, params in self._every.items():
            if slot.advanced == advanced:
                self._draw(slot, params)

    @property
    def components(self) -> list[gr.components.Component]:
        """Every widget: those of `slots`, then an address box for each that takes a file."""
        return [*self._made.values(), *self._addresses.values()]

    @property
    def ids(self) -> list[str]:
        """The ids of `components`, in their order."""
        return [slot.id for slot in self._made] + [address_id(slot) for slot in self._addresses]

    def read(self, spec: ModelSpec, held: Iterable[Any]) -> dict[str, Any]:
        """Return what the form holds for `spec`, by the parameters' names."""
        by_id = dict(zip(self.ids, held, strict=True))
        values = {}
        for param in spec.params:
            slot = slot_of(param)
            values[param.name] = by_id.get(slot.id) or by_id.get(address_id(slot)) or by_id[slot.id]
        return {name: value for name, value in values.items() if value not in (None, "")}

    def _draw(self, slot: Slot, params: list[Param]) -> None:
        widget = widget_of(params[0])
        mine = next((param for param in self.first.params if slot_of(param) == slot), None)
        visible = mine is not None
        self._made[slot] = widget.make(
            [widget.props(param) for param in ([mine] if mine else []) + params],
            value=shown(mine or params[0]),
            visible=visible,
            elem_id=slot.id,
            elem_classes=["field", "wide" if widget.wide else "half"],
        )
        if isinstance(params[0], Media):
            self._addresses[slot] = _address(slot, params[0], visible=visible)


def address_id(slot: Slot) -> str:
    """Return the id of the box that takes an https address in place of a file."""
    return f"{slot.id}-address"


def _address(slot: Slot, param: Param, *, visible: bool) -> gr.Textbox:
    return gr.Textbox(
        label=f"{param.label}: address",
        show_label=False,
        placeholder="or an https address",
        visible=visible,
        interactive=True,
        elem_id=address_id(slot),
        elem_classes=["field", "address", "wide" if widget_of(param).wide else "half"],
    )


def sheets(specs: Iterable[ModelSpec]) -> Json:
    """Return, by model and then by `live` or `sandbox`, all that the browser needs of it."""
    return {
        spec.key: {
            "sandbox": sheet(spec.when(live=False)),
            "live": sheet(spec.when(live=True)),
        }
        for spec in specs
    }


def sheet(spec: ModelSpec) -> Json:
    """Return one face of a model as the browser needs it."""
    return {
        "key": spec.key,
        "name": spec.name,
        "task": spec.task.replace("-", " "),
        "provider": spec.provider,
        "sizes": {ratio: list(size) for ratio, size in spec.sizes.items()},
        "fps": spec.fps,
        "wait": spec.wait,
        "sound": spec.sound,
        "withdrawn": _withdrawn(spec),
        "examples": list(spec.examples),
        "fields": [_field(spec, param) for param in spec.params],
    }


def _field(spec: ModelSpec, param: Param) -> Json:
    widget: Widget = widget_of(param)
    slot = slot_of(param)
    return {
        "name": param.name,
        "slot": slot.id,
        "look": slot.look,
        "advanced": param.advanced,
        "unit": param.unit,
        "help": param.help,
        "shown": shown(param),
        "props": widget.props(param),
        "rule": rule_of(spec, param),
    }


def _withdrawn(spec: ModelSpec) -> Mapping[str, str] | None:
    if spec.withdrawn is None:
        return None
    return {"since": spec.withdrawn.since, "instead": spec.withdrawn.replaced_by}
