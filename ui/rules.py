"""The rules of a model as data that a browser can apply, with every word asked of the model.

The browser decides only *whether* a value is in order; the sentence it shows is one that
`ModelSpec.check` gave here, so page and server cannot say different things.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.models import ModelSpec
from core.params import SAFE_INTEGER, Choice, Integer, Media, Number, Param, Text

Json = dict[str, Any]

GIVEN = "{given}"


def rule_of(spec: ModelSpec, param: Param) -> Json:
    """Return the rule of one parameter: its limits and its words for each way to break them."""
    rule: Json = {"required": param.required, "missing": _problem(spec, param, None)}
    if isinstance(param, Text):
        return rule | _text(spec, param)
    if isinstance(param, Number):
        return rule | _number(spec, param)
    if isinstance(param, Media):
        return rule | {"kind": "file", "insecure": _problem(spec, param, "http://x")}
    if isinstance(param, Choice):
        return rule | {"kind": "choice"}
    return rule | {"kind": "any"}


def _text(spec: ModelSpec, param: Text) -> Json:
    most = param.max_length
    long = _problem(spec, param, "x" * (most + 1)).replace(f"{most + 1:,}", GIVEN, 1)
    return {"kind": "text", "most": most, "long": long}


def _number(spec: ModelSpec, param: Number) -> Json:
    whole = isinstance(param, Integer) and not param.step
    words: Json = {"number": _problem(spec, param, "x")}
    if whole:
        words["whole_words"] = _problem(spec, param, 0.5)
    if isinstance(param, Integer):
        words["safe"] = _problem(spec, param, float(2 * SAFE_INTEGER))
    return {
        "kind": "number",
        "minimum": param.minimum,
        "maximum": param.maximum,
        "whole": whole,
        "safe_integer": SAFE_INTEGER if isinstance(param, Integer) else None,
        "range": _range(spec, param),
        "grid": _grid(spec, param),
        **words,
    }


def _range(spec: ModelSpec, param: Number) -> str:
    if param.minimum is not None:
        return _problem(spec, param, param.minimum - 1)
    if param.maximum is not None:
        return _problem(spec, param, param.maximum + 1)
    return ""


def _grid(spec: ModelSpec, param: Number) -> Json | None:
    """Return every point with the words for it, and the note for a value beside the grid."""
    if not param.step or param.minimum is None or param.maximum is None:
        return None
    points: dict[str, str] = {}
    note = ""
    at, most = param.snap(param.minimum), param.snap(param.maximum)
    while at <= most:
        beside = at - param.step / 4 if at > param.minimum else at + param.step / 4
        note, points[f"{at:g}"] = _note(spec, param, beside)
        at += param.step
    return {"points": points, "step": param.step, "offset": param.offset, "note": note}


def _note(spec: ModelSpec, param: Number, beside: float) -> tuple[str, str]:
    said = spec.check({param.name: beside}).notes[param.name]
    before, length = said.rsplit(": ", 1)
    return before.replace(f"{beside}", GIVEN, 1), length


def _problem(spec: ModelSpec, param: Param, value: Any) -> str:
    problems: Mapping[str, str] = spec.check({param.name: value}).problems
    return problems.get(param.name, "")
