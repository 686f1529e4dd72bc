"""The body of an order as one model must send it, out of a body that may be many models'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.params import violations
from core.schema.merge import Schema, merge
from core.schema.simplify import mean_the_same, simplify

MODEL = "model"


def named(body: Schema) -> list[str]:
    """Return the models that the body names, in its order."""
    return list(dict.fromkeys(name for name in _names(body) if isinstance(name, str)))


def for_model(body: Schema, name: str) -> Schema | None:
    """Return what the body asks of that model's orders beside the name; None: it takes none."""
    told = body.get("properties", {}).get(MODEL, {})
    if told and violations({k: told[k] for k in ("enum", "const") if k in told}, name):
        return None
    found = _without_model(body)
    for key in ("oneOf", "anyOf"):
        if key not in body:
            continue
        branches = [one for branch in body[key] if (one := for_model(branch, name)) is not None]
        if not branches:
            return None
        found[key] = branches
    found = _conditions(found, name)
    for part in found.pop("allOf", []):
        narrowed = for_model(part, name)
        if narrowed is None:
            return None
        found = merge(narrowed, found)
    return simplify(found)


def properties(body: Schema) -> dict[str, Schema]:
    """Return every property that the body can have, in its order, whichever branch has it."""
    found = dict(body.get("properties", {}))
    loose: dict[str, Schema] = {}
    for name, schema in _elsewhere(body):
        if name not in loose:
            loose[name] = schema
        elif not mean_the_same(loose[name], schema):
            loose[name] = simplify({"anyOf": [*_branches(loose[name]), schema]})
    for name, schema in loose.items():
        # A branch may say less of a property than the body itself, which then knows better.
        found[name] = found.get(name) or schema
    for name in sorted(required(body)):
        found.setdefault(name, {})
    return found


def required(body: Schema) -> set[str]:
    """Return the properties that no order can lack."""
    found = set(body.get("required", []))
    for part in body.get("allOf", []):
        found |= required(part)
    for key in ("oneOf", "anyOf"):
        if body.get(key):
            found |= set.intersection(*(required(branch) for branch in body[key]))
    return found


def _names(body: Schema) -> Iterator[Any]:
    told = body.get("properties", {}).get(MODEL, {})
    for branch in (told, *told.get("anyOf", []), *told.get("oneOf", [])):
        yield from branch.get("enum", [])
        if "const" in branch:
            yield branch["const"]
    for key in ("oneOf", "anyOf", "allOf"):
        for branch in body.get(key, []):
            yield from _names(branch)


def _without_model(body: Schema) -> Schema:
    found = dict(body)
    if MODEL in found.get("properties", {}):
        found["properties"] = {k: v for k, v in found["properties"].items() if k != MODEL}
    if MODEL in found.get("required", []):
        found["required"] = [one for one in found["required"] if one != MODEL]
    return found


def _conditions(body: Schema, name: str) -> Schema:
    if not _asks_for_the_model(body.get("if", {})):
        return body
    rest = {key: value for key, value in body.items() if key not in {"if", "then", "else"}}
    outcome = "else" if violations(body["if"], {MODEL: name}) else "then"
    narrowed = for_model(body.get(outcome, {}), name)
    return merge(narrowed or {}, rest)


def _asks_for_the_model(condition: Mapping[str, Any]) -> bool:
    return set(condition.get("properties", {})) == {MODEL} and set(condition) <= {
        "properties",
        "required",
        "type",
    }


def _elsewhere(body: Schema) -> Iterator[tuple[str, Schema]]:
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in body.get(key, [])]
    for part in [*parts, *(body[key] for key in ("then", "else") if key in body)]:
        yield from properties(part).items()


def _branches(schema: Schema) -> list[Schema]:
    return list(schema["anyOf"]) if set(schema) == {"anyOf"} else [schema]
