"""The form: a fixed set of widgets, in which each model shows its own parameters.

The widgets are made once: one for each parameter of the built-in models, and a few spare ones of
every look for whatever other models take. Which of them are seen, in what order, with what limits
and labels, is changed in the browser from the table that `ui.catalog` makes, so that a switch needs
no answer from the server and two hundred models need no more widgets than five.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.models import ModelSpec
from core.params import Param, Several
from ui.examples import examples
from ui.rules import rule_of
from ui.widgets import (
    FILE,
    FILES,
    GRID,
    IMAGE,
    JSON,
    LENGTH,
    MENU,
    NUMBER,
    ONOFF,
    SEED,
    SEGMENTS,
    SLIDER,
    TEXT,
    VIDEO,
    Widget,
    shown,
    widget_of,
)

Json = dict[str, Any]

SPARE: tuple[tuple[Widget, int], ...] = (
    (TEXT, 8),
    (FILE, 4),
    (FILES, 2),
    (SEGMENTS, 4),
    (MENU, 4),
    (GRID, 1),
    (LENGTH, 1),
    (SLIDER, 4),
    (NUMBER, 5),
    (ONOFF, 6),
)
"""Each costs a few milliseconds whenever the page is opened, so there are no more than are used."""

_NO_OBJECT = "Further parameters must be one JSON object."
REST = "field-rest-json"
"""The widget for what finds no other: one JSON object by the parameters' names."""

# One look that stands in for another.
_INSTEAD = {VIDEO.look: FILE.look, IMAGE.look: FILE.look, GRID.look: SLIDER.look}
_INSTEAD |= {LENGTH.look: SLIDER.look, SEGMENTS.look: MENU.look, SEED.look: NUMBER.look}
_WRITTEN = (TEXT, JSON)
"""Looks that are one component: what is written by hand."""


@dataclass(frozen=True)
class Slot:
    """A place in the form. Parameters of one name and one look share it in all models."""

    name: str
    look: str

    @property
    def id(self) -> str:
        """The widget's id in the page."""
        return f"field-{self.name}-{self.look}"


def slot_of(param: Param) -> Slot:
    """Return the place that a parameter has if its name is one of the built-in models'."""
    return Slot(param.name, widget_of(param).look)


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
    """The widgets on the page, in an order that is each built-in model's own."""

    def __init__(self, specs: Sequence[ModelSpec], first: ModelSpec) -> None:
        """Take both faces of each built-in model, as it stands live and in the sandbox."""
        self.first = first
        every = (first, *specs)
        self._named = {slot: _any(every, slot) for slot in in_order(every)}
        self._made: dict[str, gr.components.Component] = {}
        self._spare = {
            widget.look: [f"field-spare{number}-{widget.look}" for number in range(1, count + 1)]
            for widget, count in SPARE
        }

    def draw(self) -> None:
        """Draw every widget where the caller stands in the page."""
        own = {slot_of(param): param for param in self.first.params}
        for slot, other in self._named.items():
            mine = own.get(slot)
            self._draw(slot.id, widget_of(other), mine or other, visible=mine is not None)
        for widget, _ in SPARE:
            for name in self._spare[widget.look]:
                self._draw(name, widget, None)
        self._draw(REST, JSON, None)

    @property
    def components(self) -> list[gr.components.Component]:
        """Every widget, the address boxes beside those that take a file among them."""
        return list(self._made.values())

    @property
    def ids(self) -> list[str]:
        """The ids of `components`, in their order."""
        return list(self._made)

    def sheet(self, spec: ModelSpec) -> Json:
        """Return one face of a model as the browser needs it."""
        return {
            "key": spec.key,
            "name": spec.name,
            "task": spec.task.replace("-", " "),
            "provider": spec.provider,
            "sizes": {ratio: list(size) for ratio, size in spec.sizes.items()},
            "fps": spec.fps,
            # What is only guessed of a model is not told.
            "wait": spec.wait if spec.built_in else None,
            "sound": spec.sound if spec.built_in else None,
            "withdrawn": _withdrawn(spec),
            "updated": list(spec.updated),
            "examples": list(spec.examples or examples(spec.task)),
            "fields": self._fields(spec),
        }

    def _fields(self, spec: ModelSpec) -> list[Json]:
        free = set(self._made) - {REST}
        placed = [(param, self._place(param, free)) for param in spec.params]
        fields = [_field(spec, param, place) for param, place in placed if place != REST]
        rest = [param for param, place in placed if place == REST]
        return [*fields, _rest(rest)] if rest else fields

    def _place(self, param: Param, free: set[str]) -> str:
        """Return the widget for a parameter, and take it out of what is `free`."""
        look = widget_of(param).look
        looks = (look, _INSTEAD.get(look, look), TEXT.look)
        spare = [name for look in looks for name in self._spare.get(look, ())]
        place = next((name for name in (slot_of(param).id, *spare) if name in free), REST)
        free.discard(place)
        return place

    def _draw(
        self, name: str, widget: Widget, param: Param | None, *, visible: bool = False
    ) -> None:
        made = widget.make(
            widget.props(param) if param else widget.bare,
            value=shown(param) if param else widget.blank,
            visible=visible,
            elem_id=name,
            elem_classes=["field", "wide" if widget.wide else "half"],
        )
        self._made[name] = made
        if isinstance(made, gr.File):
            self._made[address_id(name)] = _address(name, widget, visible=visible)


def address_id(name: str) -> str:
    """Return the id of the box that takes an https address in place of a file."""
    return f"{name}-address"


def _any(specs: Sequence[ModelSpec], slot: Slot) -> Param:
    return next(p for spec in specs for p in spec.params if slot_of(p) == slot)


def _address(name: str, widget: Widget, *, visible: bool) -> gr.Textbox:
    several = widget is FILES
    return gr.Textbox(
        label="Address",
        show_label=False,
        placeholder="or https addresses, one a line" if several else "or an https address",
        lines=2 if several else 1,
        visible=visible,
        interactive=True,
        elem_id=address_id(name),
        elem_classes=["field", "address", "wide" if widget.wide else "half"],
    )


def _field(spec: ModelSpec, param: Param, place: str) -> Json:
    widget, look = widget_of(param), place.rsplit("-", 1)[1]
    fallen = look == TEXT.look and widget not in _WRITTEN
    return {
        "name": param.name,
        "slot": place,
        "look": JSON.look if widget is JSON else look,
        "wide": widget.wide,
        "advanced": param.advanced,
        "unit": param.unit,
        "help": param.help,
        "media": param.item().media if isinstance(param, Several) else getattr(param, "media", ""),
        "shown": _as_text(shown(param)) if fallen else shown(param),
        "props": {"label": param.label} if fallen else widget.props(param),
        "rule": rule_of(spec, param),
    }


def _rest(params: Sequence[Param]) -> Json:
    defaults = {param.name: param.default for param in params if param.default is not None}
    names = [param.name for param in params]
    return {
        "name": "",
        "names": names,
        "slot": REST,
        "look": "rest",
        "wide": True,
        "advanced": not any(param.required for param in params),
        "unit": "",
        "help": f"As JSON: {', '.join(names)}",
        "media": "",
        "shown": json.dumps(defaults, ensure_ascii=False, indent=1),
        "props": {"label": "Further parameters", "lines": 4, "placeholder": ", ".join(names)},
        "rule": {"kind": "json", "required": False, "missing": "", "broken": _NO_OBJECT},
    }


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _withdrawn(spec: ModelSpec) -> Mapping[str, str] | None:
    if spec.withdrawn is None:
        return None
    return {"since": spec.withdrawn.since, "instead": spec.withdrawn.replaced_by}
