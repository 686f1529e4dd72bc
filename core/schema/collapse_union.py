"""What a tidied schema comes to for a widget: one plain kind, a little looser than the letter.

The letter is checked where an order is; here a union becomes the one thing that it mostly is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.schema.merge import Schema, merge, types

_MEANT: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "additionalProperties", "required", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
    "string": ("minLength", "maxLength", "pattern", "format"),
}


def collapse_union(schema: Schema) -> Schema | None:
    """Return a schema with no union in it, or None where no single widget could hold the values."""
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return _flat_union(schema, key)
    return None if set(schema) & {"if", "patternProperties"} else _without_null(schema)


def kind(schema: Schema) -> str:
    """Return `choice`, a JSON type, or `any`, for a flat schema."""
    values = choices(schema)
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values:
        return "choice" if all(_is_plain(value) for value in values) else "any"
    told = types(schema)
    if set(told) == {"integer", "number"}:
        return "number"
    if told:
        return told[0] if len(told) == 1 else "any"
    return _meant(schema)


def choices(schema: Schema) -> list[Any]:
    """Return the values that the schema lists, null left out."""
    told = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return [value for value in told if value is not None]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _meant(schema: Schema) -> str:
    for kind_, marks in _MEANT.items():
        if any(mark in schema for mark in marks):
            return kind_
    for value in (schema.get("default"), *schema.get("examples", [])[:1]):
        for python, named in _PYTHON:
            if isinstance(value, python):
                return named
    return "any"


_PYTHON: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def _without_null(schema: Schema) -> Schema:
    found = dict(schema)
    told = [name for name in types(schema) if name != "null"]
    if told:
        found["type"] = told[0] if len(told) == 1 else told
    return found


def _flat_union(schema: Schema, key: str) -> Schema | None:
    rest = {name: value for name, value in schema.items() if name != key}
    real = [branch for branch in schema[key] if types(branch) != ["null"]]
    branches = [collapse_union(merge(rest, branch)) for branch in real]
    told = [branch for branch in branches if branch is not None]
    if not told or len(told) < len(real):
        return None
    joined = _joined(told)
    return None if joined is None else {**joined, **_words(rest)}


def _words(schema: Schema) -> Schema:
    return {k: schema[k] for k in ("title", "description", "default", "examples") if k in schema}


def _joined(branches: list[Schema]) -> Schema | None:
    kinds = {kind(branch) for branch in branches}
    if kinds == {"choice"}:
        return {"enum": [value for branch in branches for value in choices(branch)]}
    if kinds == {"boolean"}:
        return {"type": "boolean"}
    found = {_kind_of_value(branch) for branch in branches}
    if found == {"string"}:
        return _loosened(branches, "string")
    if found and found <= {"integer", "number"}:
        return _loosened(branches, "number" if "number" in found else "integer")
    arrays = [branch for branch in branches if kind(branch) == "array"]
    if found == {"string", "array"} and len(arrays) == 1:
        # One address or several: several can be one.
        return arrays[0] if _holds_strings(arrays[0]) else None
    return None


def _kind_of_value(branch: Schema) -> str:
    told = kind(branch)
    if told != "choice":
        return told
    values = choices(branch)
    if all(isinstance(value, str) for value in values):
        return "string"
    if any(isinstance(value, str) for value in values):
        return "any"
    return "integer" if all(isinstance(value, int) for value in values) else "number"


def _holds_strings(array: Schema) -> bool:
    items = array.get("items")
    return isinstance(items, dict) and types(items) == ["string"]


def _loosened(branches: list[Schema], named: str) -> Schema:
    found: Schema = {"type": named}
    for key, widest in (("minimum", min), ("maximum", max), ("maxLength", max)):
        bounds = [_bound(branch, key) for branch in branches]
        if all(bound is not None for bound in bounds):
            found[key] = widest(bound for bound in bounds if bound is not None)
    for key in ("multipleOf", "format"):
        told = [branch.get(key) for branch in branches]
        if told[0] is not None and all(one == told[0] for one in told):
            found[key] = told[0]
    if "format" not in found and any(branch.get("format") in {"uri", "url"} for branch in branches):
        found["format"] = "uri"
    return found


def _bound(branch: Schema, key: str) -> float | None:
    values = choices(branch)
    if values and key == "maxLength":
        return max(len(value) for value in values) if isinstance(values[0], str) else None
    if values:
        figures = [value for value in values if not isinstance(value, str)]
        return (min(figures) if key == "minimum" else max(figures)) if figures else None
    exclusive = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}.get(key, key)
    told: float | None = branch.get(key, branch.get(exclusive))
    return told
