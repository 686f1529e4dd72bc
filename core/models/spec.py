"""One model of one provider, as data, and the check of what a person asks of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import InvalidInput
from core.models.price import Price
from core.params import Media, Number, Param, Several, violations

Values = Mapping[str, Any]

MOST_DIGITS = 12
"""Of a length; a longer figure is none, and would end in an infinite price."""

STAND_IN = "https://example.com/source"
"""The address that stands for a file of this app while an order is checked."""


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """A model that its vendor no longer runs: since when, and what to use instead."""

    since: str
    replaced_by: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Values after the check: what will be sent, what was moved and why, what is refused."""

    values: dict[str, Any]
    notes: dict[str, str]
    problems: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One model of one provider: what it takes, where its orders go, and what is known of it.

    `sizes` maps an aspect ratio to (width, height) in pixels; `fps` is frames a second;
    `wait` the seconds that a clip usually takes. `live_params`, where given, replace `params`
    when the provider itself is asked rather than the sandbox. `wire` is the vendor's own JSON
    Schema of the order's body, without the model's name, where its document has been read;
    `updated` tells in sentences what that document changed of an entry that is built in.
    `called` is the name that orders give to the model, where that is not its id.
    """

    id: str
    provider: str
    name: str
    task: str
    params: tuple[Param, ...]
    path: str
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fps: int | None = None
    wait: float = 60.0
    sound: bool = False
    price: Price | None = None
    withdrawn: Withdrawal | None = None
    live_params: tuple[Param, ...] | None = None
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    developer: str = ""
    about: str = ""
    wire: Mapping[str, Any] | None = None
    updated: tuple[str, ...] = ()
    built_in: bool = True
    called: str = ""

    @property
    def key(self) -> str:
        """The name that is unique among all providers."""
        return f"{self.provider}:{self.id}"

    def when(self, *, live: bool) -> ModelSpec:
        """Return the entry as it stands at the provider (`live`) or in the sandbox."""
        if live and self.live_params is not None:
            return replace(self, params=self.live_params, live_params=None)
        # What the vendor's document says binds whoever asks the vendor.
        return self if live or not self.built_in else replace(self, wire=None, updated=())

    def param(self, name: str) -> Param | None:
        """Return the parameter of that name, if the model has it."""
        return next((param for param in self.params if param.name == name), None)

    def check(self, values: Values) -> Checked:
        """Tidy `values`, fill in the defaults, and say of each what was moved or refused."""
        checked = Checked(values={}, notes={}, problems={})
        for param in self.params:
            self._check_one(param, values.get(param.name), checked)
        for name in values:
            if self.param(name) is None:
                checked.problems[name] = f"{self.name} has no such parameter."
        for name, why in self._broken_rules(checked).items():
            checked.problems.setdefault(name, why)
        return checked

    def clean(self, values: Values) -> dict[str, Any]:
        """Return the values to send, or raise `InvalidInput` naming every field in the wrong."""
        checked = self.check(values)
        if checked.problems:
            raise InvalidInput(checked.problems)
        return checked.values

    def fit(self, values: Values) -> dict[str, Any]:
        """Return a value for each parameter: the given one where it fits, else the default."""
        return {param.name: param.fit(values.get(param.name)) for param in self.params}

    def seconds(self, values: Values) -> float | None:
        """Return the length in seconds of the clip that `values` ask for, where they tell it."""
        for param in self.params:
            figure = _figure(values.get(param.name))
            if figure is None:
                continue
            if param.unit == "frames" and (fps := self._fps(values)):
                return figure / fps
            if param.unit == "s" or param.name == "duration":
                return figure
        return None

    def dollars(self, values: Values) -> float | None:
        """Return what a clip made with `values` should cost; None: unknown."""
        return self.price.of(values, self.seconds(values)) if self.price else None

    def media_params(self) -> tuple[Media | Several, ...]:
        """Return the parameters that take a file, or several."""
        return tuple(param for param in self.params if isinstance(param, Media | Several))

    @property
    def inputs(self) -> tuple[str, ...]:
        """What goes in: of `text`, `image`, `video`, `audio` those that the model takes."""
        kinds = {param.kind.removesuffix("s") for param in self.params}
        kinds |= {"image", "video", "audio"} if "file" in kinds else set()
        return tuple(kind for kind in ("text", "image", "video", "audio") if kind in kinds)

    def on_wire(self, values: Values) -> dict[str, Any]:
        """Return `values` with an address in place of each file of this app's own."""
        shown = dict(values)
        for param in self.media_params():
            if param.name in shown:
                shown[param.name] = _address(shown[param.name])
        return shown

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameters, as they travel on the wire."""
        if self.wire is not None:
            return dict(self.wire)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.key,
            "type": "object",
            "properties": {param.name: param.schema() for param in self.params},
            "required": [param.name for param in self.params if param.required],
            "additionalProperties": False,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the model as the public API describes it."""
        return {
            "key": self.key,
            "id": self.id,
            "provider": self.provider,
            "name": self.name,
            "kind": self.task,
            "params": [param.as_json() for param in self.params],
            "schema": self.schema(),
            "withdrawn": bool(self.withdrawn),
            "replaced_by": self.withdrawn.replaced_by if self.withdrawn else None,
            "inputs": list(self.inputs),
            "developer": self.developer,
            "aliases": list(self.aliases),
            "updated": list(self.updated),
            "built_in": self.built_in,
        }

    def _broken_rules(self, checked: Checked) -> dict[str, str]:
        if self.wire is None:
            return {}
        found: dict[str, str] = {}
        for place, why in violations(self.wire, self.on_wire(checked.values)).items():
            name, _, rest = place.partition(".")
            label = param.label if (param := self.param(name)) else self.name
            at = f", at {rest}" if rest else ""
            found.setdefault(name or "form", f"{label}{at}: {why}.")
        return found

    def _fps(self, values: Values) -> float | None:
        asked = (_figure(values.get(p.name)) for p in self.params if p.unit == "fps")
        return self.fps or next((rate for rate in asked if rate), None)

    def _check_one(self, param: Param, given: Any, checked: Checked) -> None:
        try:
            # What a model must be told and has a default for, it is told.
            unset = given in (None, "") and param.default is not None
            value = None if unset else param.clean(given)
        except ValueError as error:
            checked.problems[param.name] = str(error)
            return
        if value is None:
            value = param.default
        if value is not None:
            checked.values[param.name] = value
        if note := self.note(param, given, value):
            checked.notes[param.name] = note

    def note(self, param: Param, given: Any, value: Any) -> str:
        """Return why `given` was moved to `value`, or nothing where it was not."""
        if not isinstance(param, Number) or not param.step or given in (None, "", value):
            return ""
        if float(given) == value:
            return ""
        grid = f"{param.step:g}n+{param.offset:g}" if param.offset else f"steps of {param.step:g}"
        return f"{given} is not on this model's grid of {grid}: {self._length(param, value)}"

    def _length(self, param: Param, value: Any) -> str:
        if param.unit == "frames" and self.fps:
            return f"{value} frames, {value / self.fps:.1f} s"
        return f"{value} {param.unit}".strip()


def _address(value: Any, stand_in: str = STAND_IN) -> Any:
    if isinstance(value, list):
        # Two files are two addresses, where a model wants its inputs to differ.
        return [_address(item, f"{STAND_IN}/{place}") for place, item in enumerate(value)]
    return value if str(value).startswith("https://") else stand_in


def _figure(value: Any) -> float | None:
    """Return the number in `5`, `"5"` or `"5s"`; what is no length, such as `auto`, has none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:s|sec|seconds?)?", str(value).strip().lower())
    return float(found[1]) if found and len(found[1]) <= MOST_DIGITS else None
