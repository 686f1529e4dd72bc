"""The rules of a model as data that a browser can apply, with every word asked of the model.

The browser decides only *whether* a value is in order; the sentence it shows is one that the
parameter or `ModelSpec.check` gave here, so page and server cannot say different things.
"""

from __future__ import annotations

from typing import Any

from core.models import ModelSpec
from core.params import (
    SAFE_INTEGER,
    Choice,
    Integer,
    Json,
    Media,
    Number,
    Param,
    Seed,
    Several,
    Text,
    violations,
)

Rule = dict[str, Any]

GIVEN = "{given}"

MOST_POINTS = 400
"""Of a grid that is sent to the browser; a finer one is left to the server."""


def rule_of(spec: ModelSpec, param: Param) -> Rule:
    """Return the rule of one parameter: its limits and its words for each way to break them."""
    needed = param.required and not isinstance(param, Seed)
    rule: Rule = {"required": needed, "missing": _problem(param, None)}
    if isinstance(param, Text):
        return rule | _text(param)
    if isinstance(param, Number):
        drawn = {"drawn": _drawn(param)} if isinstance(param, Seed) else {}
        return rule | _number(spec, param) | drawn
    if isinstance(param, Media | Several):
        return rule | _file(param)
    if isinstance(param, Choice):
        return rule | {"kind": "choice"}
    if isinstance(param, Json):
        return rule | _json(param)
    return rule | {"kind": "any"}


def _text(param: Text) -> Rule:
    most = param.max_length
    long = _problem(param, "x" * (most + 1)).replace(f"{most + 1:,}", GIVEN, 1)
    return {"kind": "text", "most": most, "long": long}


def _file(param: Media | Several) -> Rule:
    several = isinstance(param, Several)
    insecure = _problem(param.item() if isinstance(param, Several) else param, "http://x")
    return {"kind": "file", "insecure": insecure, "several": several}


def _json(param: Json) -> Rule:
    takes_words = not violations(param.shape, "words that are no JSON")
    return {"kind": "json", "broken": "" if takes_words else _problem(param, "{")}


def _number(spec: ModelSpec, param: Number) -> Rule:
    whole = isinstance(param, Integer) and not param.step
    words: Rule = {"number": _problem(param, "x")}
    if whole:
        words["whole_words"] = _problem(param, 0.5)
    if isinstance(param, Integer):
        words["safe"] = _problem(param, float(2 * SAFE_INTEGER))
    return {
        "kind": "number",
        "minimum": param.minimum,
        "maximum": param.maximum,
        "whole": whole,
        "safe_integer": SAFE_INTEGER if isinstance(param, Integer) else None,
        "range": _range(param),
        "grid": _grid(spec, param),
        **words,
    }


def _drawn(param: Seed) -> Rule:
    """Return the seeds among which a press of the dice chooses, both ends included."""
    low, high = param.bounds()
    step = int(param.step or 1)
    return {"first": low + (int(param.offset) - low) % step, "last": high, "step": step}


def _range(param: Number) -> str:
    if param.minimum is not None:
        return _problem(param, param.minimum - 1)
    if param.maximum is not None:
        return _problem(param, param.maximum + 1)
    return ""


def _grid(spec: ModelSpec, param: Number) -> Rule | None:
    """Return every point with the words for it, and the note for a value beside the grid."""
    if not param.step or param.minimum is None or param.maximum is None:
        return None
    if (param.maximum - param.minimum) / param.step > MOST_POINTS:
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
    said = spec.note(param, beside, param.clean(beside))
    before, length = said.rsplit(": ", 1)
    return before.replace(f"{beside}", GIVEN, 1), length


def _problem(param: Param, value: Any) -> str:
    try:
        param.clean(value)
    except ValueError as error:
        return str(error)
    return ""
