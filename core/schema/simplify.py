"""Makes one tidied schema agree with itself: unions, types, choices, bounds and default."""

from __future__ import annotations

from typing import Any

from core.params import violations
from core.schema.keywords import as_type
from core.schema.merge import Schema, merge, same, set_types, types

_RANGES = (
    ("minimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)


def simplify(schema: Schema) -> Schema:
    """Return `schema` in its plainest form; settling it again changes nothing."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            schema = _united(schema, key)
    _match_types(schema)
    for low, high in _RANGES:
        if low in schema and high in schema and schema[low] > schema[high]:
            # Nothing could ever be sent; the vendor cannot mean it.
            del schema[low], schema[high]
    if schema.get("prefixItems") == []:
        del schema["prefixItems"]
    if schema.get("required") == []:
        del schema["required"]
    _mend_default(schema)
    return schema


def _united(schema: Schema, key: str) -> Schema:
    rest = {name: value for name, value in schema.items() if name != key}
    branches = _distinct(schema[key])
    if {} in branches:
        return rest
    nulls = [branch for branch in branches if _is_null(branch)]
    real = [branch for branch in branches if not _is_null(branch)]
    if real and all(_is_choice(branch) for branch in real):
        real = [_one_choice(real)]
    if not real:
        return merge(rest, {"type": "null"})
    if len(real) == 1:
        return _or_null(simplify(merge(real[0], rest))) if nulls else simplify(merge(real[0], rest))
    return {**rest, key: [*real, *nulls]}


def _distinct(branches: list[Schema]) -> list[Schema]:
    found: list[Schema] = []
    for branch in branches:
        if branch not in found:
            found.append(branch)
    return found


def _is_null(schema: Schema) -> bool:
    return types(schema) == ["null"] or schema.get("enum") == [None] or _const_is_null(schema)


def _const_is_null(schema: Schema) -> bool:
    return "const" in schema and schema["const"] is None


def _is_choice(schema: Schema) -> bool:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    rules = set(schema) - {"enum", "const", "type", "title", "description", "default", "examples"}
    return bool(values) and not rules and not any(isinstance(v, dict | list) for v in values)


def _one_choice(branches: list[Schema]) -> Schema:
    values: list[Any] = []
    kinds: list[str] = []
    for branch in branches:
        for value in branch.get("enum", [branch.get("const")]):
            if not any(same(value, other) for other in values):
                values.append(value)
        kinds += types(branch)
    found: Schema = {"enum": values}
    if all(types(branch) for branch in branches):
        set_types(found, list(dict.fromkeys(kinds)))
    return found


def _or_null(schema: Schema) -> Schema:
    if kinds := types(schema):
        set_types(schema, list(dict.fromkeys([*kinds, "null"])))
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "const" in schema:
        schema["enum"] = [schema.pop("const"), None]
    return schema


def _match_types(schema: Schema) -> None:
    kinds = [kind for kind in types(schema) if kind != "null"]
    if len(kinds) != 1:
        return
    kind = kinds[0]
    written = schema.get("enum")
    if "enum" in schema:
        legal = _legal([as_type(value, kind) for value in schema["enum"]], schema)
        if legal and legal != [None]:
            schema["enum"] = legal
        else:
            # The choices were written with more care than the type.
            del schema["type"]
    if "const" in schema:
        schema["const"] = as_type(schema["const"], kind)
        if violations({"type": schema.get("type", kind)}, schema["const"]):
            schema.pop("type", None)
    if "default" in schema:
        schema["default"] = _as_offered(as_type(schema["default"], kind), schema)
        if written is not None and not any(same(schema["default"], one) for one in written):
            # Type and choices exclude each other: a strict server takes nothing but silence.
            del schema["default"]


def _legal(values: list[Any], schema: Schema) -> list[Any]:
    found: list[Any] = []
    for value in values:
        fits = not violations({"type": schema["type"]}, value)
        if fits and not any(same(value, other) for other in found):
            found.append(value)
    return found


def _as_offered(value: Any, schema: Schema) -> Any:
    offered = schema.get("enum", [])
    if any(same(value, one) for one in offered):
        return value
    alike = [one for one in offered if str(one).lower() == str(value).lower()]
    return alike[0] if alike else value


def _mend_default(schema: Schema) -> None:
    if "default" not in schema:
        return
    rest = {key: value for key, value in schema.items() if key != "default"}
    if "enum" in rest and "type" not in rest:
        schema["default"] = _as_offered(schema["default"], schema)
    if schema["default"] is None or violations(rest, schema["default"]):
        del schema["default"]


def mean_the_same(one: Schema, other: Schema) -> bool:
    """Tell whether two schemas ask the same, whatever they say of it."""
    silent = {"title", "description", "default", "examples", "deprecated"}
    return {k: v for k, v in one.items() if k not in silent} == {
        k: v for k, v in other.items() if k not in silent
    }
