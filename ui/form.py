"""The form: a fixed set of widgets, in which each model shows its own parameters.

The widgets are made once: one for each parameter of the built-in models, and a few spare ones of
every look for whatever other models take. Which of them are seen, in what order, with what limits
and labels, is changed in the browser from the table that `ui.catalog` makes, so that a switch needs
no answer from the server and two hundred models need no more widgets than five.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    JSON,
    MENU,
    NUMBER,
    SEGMENTS,
    SLIDER,
    TEXT,
    Widget,
    shown,
    widget_of,
)

Json = dict[str, Any]
Make = Callable[..., Any]

SPARE: tuple[tuple[Widget, int], ...] = (
    (TEXT, 8),
    (FILE, 1),
    (FILES, 2),
    (SEGMENTS, 3),
    (MENU, 3),
    (SLIDER, 2),
    (NUMBER, 2),
)
"""Each makes the page slower to open, so there are no more than a model may need at once."""

_NO_OBJECT = "Further parameters must be one JSON object."
REST = "field-rest-json"
"""The widget for what finds no other: one JSON object by the parameters' names."""

_INSTEAD = {SEGMENTS.component: MENU}
"""What stands in for a component of which none is left, before what is written by hand."""


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
        self._kinds: dict[str, Make] = {}

    def draw(self) -> None:
        """Draw every widget where the caller stands in the page."""
        own = {slot_of(param): param for param in self.first.params}
        for slot, other in self._named.items():
            mine = own.get(slot)
            self._draw(slot.id, widget_of(other), mine or other, visible=mine is not None)
        for widget, count in SPARE:
            for number in range(1, count + 1):
                self._draw(f"field-spare{number}-{widget.look}", widget, None)
        self._draw(REST, JSON, None)

    @property
    def components(self) -> list[gr.components.Component]:
        """Every widget."""
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
        places = self._places(spec.params)
        placed = [(param, places[param.name]) for param in spec.params if param.name in places]
        fields = [_field(spec, param, at, self._kinds[at]) for param, at in placed]
        rest = [param for param in spec.params if param.name not in places]
        return [*fields, _rest(rest)] if rest else fields

    def _places(self, params: Sequence[Param]) -> dict[str, str]:
        """Return the widget for each parameter by name; those that find none are left out.

        What has a widget of its own takes that; the others take any that is left of their kind.
        """
        free = [name for name in self._made if name != REST]
        places = {param.name: own for param in params if (own := slot_of(param).id) in free}
        free = [name for name in free if name not in places.values()]
        for param in params:
            if param.name not in places and (found := self._left(widget_of(param), free)):
                places[param.name] = found
                free.remove(found)
        return places

    def _left(self, widget: Widget, free: Sequence[str]) -> str | None:
        """Return a free widget of the same component, or of one that can stand in for it."""
        stand_in = _INSTEAD.get(widget.component, widget)
        wanted = (widget.component, stand_in.component, TEXT.component)
        return next((name for make in wanted for name in free if self._kinds[name] is make), None)

    def _draw(
        self, name: str, widget: Widget, param: Param | None, *, visible: bool = False
    ) -> None:
        self._kinds[name] = widget.component
        self._made[name] = widget.make(
            widget.props(param) if param else widget.bare,
            value=shown(param) if param else widget.blank,
            visible=visible,
            elem_id=name,
            elem_classes=["field", "wide" if widget.wide else "half"],
        )


def _any(specs: Sequence[ModelSpec], slot: Slot) -> Param:
    return next(p for spec in specs for p in spec.params if slot_of(p) == slot)


def _field(spec: ModelSpec, param: Param, place: str, made: Make) -> Json:
    widget = widget_of(param)
    fallen = made is TEXT.component is not widget.component
    return {
        "name": param.name,
        "slot": place,
        "look": _look(widget, made),
        "wide": widget.wide,
        "advanced": param.advanced,
        "unit": param.unit,
        "help": param.help,
        "media": param.item().media if isinstance(param, Several) else getattr(param, "media", ""),
        "shown": _as_text(shown(param)) if fallen else shown(param),
        "props": {"label": param.label} if fallen else widget.props(param),
        "rule": rule_of(spec, param),
    }


def _look(widget: Widget, made: Make) -> str:
    if made is widget.component:
        return widget.look
    stand_in = _INSTEAD.get(widget.component, TEXT)
    return stand_in.look if made is stand_in.component else TEXT.look


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
        "props": {
            "label": "Further parameters",
            "lines": 4,
            "max_lines": 4,
            "placeholder": ", ".join(names),
        },
        "rule": {"kind": "json", "required": False, "missing": "", "broken": _NO_OBJECT},
    }


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _withdrawn(spec: ModelSpec) -> Mapping[str, str] | None:
    if spec.withdrawn is None:
        return None
    return {"since": spec.withdrawn.since, "instead": spec.withdrawn.replaced_by}
