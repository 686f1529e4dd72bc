"""Two tidied schemas that both hold, as one; where they contradict, the second is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Schema = dict[str, Any]


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> Schema:
    """Return the schema that asks what both ask."""
    merged, rest = dict(first), dict(second)
    beside: list[Schema] = []
    if "if" in first and "if" in second:
        # A condition and its two outcomes are one rule.
        beside.append({key: rest.pop(key) for key in ("if", "then", "else") if key in rest})
    for key, new in rest.items():
        if key not in merged or merged[key] == new or key in _NO_RULE:
            merged[key] = new
        elif key in _TOGETHER:
            merged[key] = _TOGETHER[key](merged[key], new)
        else:
            beside.append({key: new})
    _join_objects(merged, first, second)
    if beside:
        merged["allOf"] = [*merged.get("allOf", []), *beside]
    return merged


def types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that the schema names, none where it names none."""
    told = schema.get("type", [])
    return [told] if isinstance(told, str) else list(told)


def set_types(schema: Schema, wanted: list[str]) -> None:
    """Name those types in the schema; none at all leaves it open."""
    schema.pop("type", None)
    if wanted:
        schema["type"] = wanted[0] if len(wanted) == 1 else wanted


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same: 1 is 1.0, but not true."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _types(first: Any, second: Any) -> Any:
    one, two = types({"type": first}), types({"type": second})
    both = [kind for kind in one if kind in two or (kind == "integer" and "number" in two)]
    both += [kind for kind in two if kind == "integer" and "number" in one and kind not in both]
    found: Schema = {}
    set_types(found, both or two)
    return found["type"]


def _enums(first: list[Any], second: list[Any]) -> list[Any]:
    return [one for one in first if any(same(one, two) for two in second)] or second


def _properties(first: Schema, second: Schema) -> Schema:
    both = {name: merge(first[name], second[name]) for name in first if name in second}
    return {**first, **second, **both}


def _required(first: list[str], second: list[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _closed(first: Any, second: Any) -> Any:
    if first is False or second is False:
        return False
    return merge(first, second) if isinstance(first, dict) and isinstance(second, dict) else second


def _all(first: list[Any], second: list[Any]) -> list[Any]:
    return [*first, *second]


def _lower(first: float, second: float) -> float:
    return max(first, second)


def _upper(first: float, second: float) -> float:
    return min(first, second)


_TOGETHER: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": _enums,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _closed,
    "items": merge,
    "allOf": _all,
    "uniqueItems": lambda first, second: first or second,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), _lower),
    **dict.fromkeys(("minProperties", "minContains"), _lower),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), _upper),
    **dict.fromkeys(("maxProperties", "maxContains"), _upper),
}
_NO_RULE = frozenset({"title", "description", "default", "examples", "format", "deprecated"})


def _join_objects(merged: Schema, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    # Two closed halves forbid each other's properties by the letter, which no vendor means. But
    # then no default of theirs is sent unasked either.
    for closed, other in ((first, second), (second, first)):
        if closed.get("additionalProperties") is not False or "properties" not in other:
            continue
        known = closed.get("properties", {})
        for name in set(other["properties"]) - set(known):
            merged["properties"] = {
                **merged["properties"],
                name: {k: v for k, v in merged["properties"][name].items() if k != "default"},
            }
