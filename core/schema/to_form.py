"""The body of a model's orders as a form: its parameters, and the schema that binds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.models.spec import STAND_IN
from core.params import Json, Media, Param, Seed, Several, Text, violations
from core.schema.merge import Schema
from core.schema.model_body import properties, required
from core.schema.param_names import label, snake, tokens
from core.schema.to_param import to_param

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MOST_PARAMS = 200
MOST_PLAIN = 6
MOST_TRIES = 20

_PLAIN: Sequence[str] = (
    "negative_prompt",
    "duration",
    "aspect_ratio",
    "ratio",
    "resolution",
    "size",
    "num_frames",
    "seed",
    "mode",
    "style",
    "motion",
    "effect",
    "template",
    "voice",
    "strength",
    "generate_audio",
)
"""What a person looks for first, in the order in which it is shown openly."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The parameters, with defaults that are legal together, and the schema of the whole."""

    params: tuple[Param, ...]
    wire: Mapping[str, Any]


def to_form(body: Schema) -> Form:
    """Return the form of a body that is one model's."""
    told = list(properties(body).items())[:MOST_PARAMS]
    needed = required(body)
    read_ = [to_param(name, schema, required=name in needed) for name, schema in told]
    wire = _wire(body, read_)
    params = _legal_together(_ordered(_labelled(_folded(read_, body))), wire)
    return Form(params=tuple(params), wire=wire)


def _wire(body: Schema, params: Sequence[Param]) -> Schema:
    files = {param.name for param in params if isinstance(param, Media | Several)}
    loose = {name: _addressed(schema) for name, schema in properties(body).items() if name in files}
    wire = {"$schema": DRAFT, **body, "type": "object"}
    if "properties" in body:
        known = {name: loose.get(name, schema) for name, schema in body["properties"].items()}
        wire["properties"] = known
    return wire


def _addressed(schema: Schema) -> Schema:
    # A file of this app has no address before it is sent, so a stand-in for it must pass.
    found = dict(schema)
    if "pattern" in found and violations({"pattern": found["pattern"]}, STAND_IN):
        del found["pattern"]
    for key in ("anyOf", "oneOf"):
        if key in found:
            found[key] = [_addressed(branch) for branch in found[key]]
    if isinstance(found.get("items"), dict):
        found["items"] = _addressed(found["items"])
    return found


def _folded(params: Sequence[Param], body: Schema) -> list[Param]:
    told = properties(body)
    old = {name for name, schema in told.items() if schema.get("deprecated")}
    wanted = [p for p in params if not p.required and not _is_first(p) and p.name not in old]
    rank = {name: place for place, name in enumerate(_PLAIN)}
    known = sorted(
        (param for param in wanted if snake(param.name) in rank or _is_open(param)),
        key=lambda param: -1 if _is_open(param) else rank[snake(param.name)],
    )
    plain = {param.name for param in known[:MOST_PLAIN]}
    return [
        replace(
            param,
            advanced=not (param.required or _is_first(param) or param.name in plain),
            default=param.default if param.required or param.name not in old else None,
        )
        for param in params
    ]


def _is_first(param: Param) -> bool:
    return param.name == "prompt"


def _is_open(param: Param) -> bool:
    return isinstance(param, Media | Several) and "mask" not in tokens(param.name)


def _labelled(params: Sequence[Param]) -> list[Param]:
    seen: set[str] = set()
    found = []
    for param in params:
        told = param.label
        if told in seen:
            told = (
                param.name[:60] if param.name not in seen else f"{label(param.name)} ({param.name})"
            )
        seen.add(told)
        found.append(param if told == param.label else replace(param, label=told))
    return found


def _ordered(params: Sequence[Param]) -> list[Param]:
    def place(param: Param) -> tuple[bool, bool, bool, bool]:
        file = isinstance(param, Media | Several)
        return (param.name != "prompt", param.advanced, not param.required, not file)

    return sorted(params, key=place)


def _legal_together(params: Sequence[Param], wire: Schema) -> list[Param]:
    """Take away defaults that break a rule between fields; those that a form must have stay."""
    tried = list(params)
    for _ in range(MOST_TRIES):
        wrong = _broken(tried, wire)
        culprits = {place.split(".")[0] for place in wrong}
        fewer = [_bare(param) if param.name in culprits else param for param in tried]
        if fewer == tried:
            break
        tried = fewer
    if not _broken(tried, wire):
        return tried
    found = _broken(params, wire)
    for candidate in (tried, [_bare(param) for param in params]):
        if len(_broken(candidate, wire)) < len(found):
            return _given_back(candidate, params, wire)
    return list(params)


def _given_back(bare: Sequence[Param], params: Sequence[Param], wire: Schema) -> list[Param]:
    # Not all of the defaults need go: each that breaks nothing by itself comes back.
    found, wrong = list(bare), _broken(bare, wire)
    for place, param in enumerate(params):
        if found[place] != param:
            trial = [*found[:place], param, *found[place + 1 :]]
            if len(_broken(trial, wire)) <= len(wrong):
                found = trial
    return found


def _bare(param: Param) -> Param:
    return param if param.required or param.default is None else replace(param, default=None)


def _broken(params: Iterable[Param], wire: Schema) -> dict[str, str]:
    values: dict[str, Any] = {}
    for param in params:
        value = param.default
        if value is None and param.required:
            value = _stand_in(param)
        if value is not None:
            values[param.name] = value
    wrong = violations(wire, values)
    # What a person has yet to write can break a rule of its own, as can a seed that is not drawn
    # yet: neither is a default's fault.
    blank = {p.name for p in params if _is_unfilled(p)}
    return {place: why for place, why in wrong.items() if place.split(".")[0] not in blank}


def _is_unfilled(param: Param) -> bool:
    return param.default is None and (param.required or isinstance(param, Seed))


def _stand_in(param: Param) -> Any:
    if isinstance(param, Media):
        return STAND_IN
    if isinstance(param, Several):
        return [f"{STAND_IN}/{place}" for place in range(max(1, param.least))]
    if isinstance(param, Text | Json):
        return "text" if isinstance(param, Text) else {}
    return None


__all__ = ["DRAFT", "Form", "to_form"]
