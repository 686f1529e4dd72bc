"""Makes the smallest value that a tidied schema takes, for what a form must not leave empty."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

from core.params import violations
from core.schema.merge import Schema, merge, types

MOST_ITEMS = 20
MOST_TRIES = 40
DEEPEST = 8
ADDRESS = "https://example.com/source"


def example_value(schema: Schema) -> Any:
    """Return a value that `schema` takes, or None where none could be made.

    Never the empty text, which is no value in a form.
    """
    tries = (value for value in islice(_tries(schema, 0), MOST_TRIES) if value != "")
    return next((value for value in tries if not violations(schema, value)), None)


def _tries(schema: Schema, depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        return
    for key in ("const", "default"):
        if key in schema:
            yield schema[key]
    yield from (value for value in schema.get("enum", []) if value is not None)
    yield from schema.get("examples", [])
    for key in ("oneOf", "anyOf"):
        rest = {name: value for name, value in schema.items() if name != key}
        for branch in schema.get(key, [])[:MOST_ITEMS]:
            yield from islice(_tries(merge(rest, branch), depth + 1), 6)
    for kind in types(schema) or _meant(schema):
        yield from _OF_TYPE[kind](schema, depth)


def _legal(schema: Schema, depth: int) -> Iterator[Any]:
    tries = islice(_tries(schema, depth), MOST_TRIES)
    return (value for value in tries if not violations(schema, value))


def _meant(schema: Schema) -> list[str]:
    if "properties" in schema or "required" in schema:
        return ["object"]
    if "items" in schema or "prefixItems" in schema:
        return ["array"]
    return ["object", "string", "number"]


def _objects(schema: Schema, depth: int) -> Iterator[Any]:
    known = schema.get("properties", {})
    yield {
        name: next(_legal(known.get(name, {}), depth + 1), "")
        for name in schema.get("required", [])[:MOST_ITEMS]
    }


def _arrays(schema: Schema, depth: int) -> Iterator[Any]:
    least = schema.get("minItems", 0)
    if least > MOST_ITEMS:
        return
    first = [next(_legal(one, depth + 1), "") for one in schema.get("prefixItems", [])][:least]
    items = schema.get("items", {})
    rest = list(islice(_legal(items if isinstance(items, dict) else {}, depth + 1), MOST_ITEMS))
    if not schema.get("uniqueItems") and rest:
        rest = rest[:1] * MOST_ITEMS
    yield (first + rest)[:least]


def _strings(schema: Schema, depth: int) -> Iterator[Any]:
    del depth
    if schema.get("format") in {"uri", "url"}:
        yield ADDRESS
    least = schema.get("minLength", 0)
    if least <= 1000:
        yield "a" * least
        yield from ("a" * max(1, least), "0" * max(1, least), "#000000", "16:9", "2026-01-01")


def _numbers(schema: Schema, depth: int) -> Iterator[Any]:
    del depth
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None:
        yield low
        try:
            yield from (_tidy((math.ceil(low / step) + n) * step) for n in (0, 1))
        except (OverflowError, ValueError):
            yield low + 1
    yield from (0, 1)
    if low is not None and high is not None:
        yield _tidy(low / 2 + high / 2)
    if high is not None:
        yield from (high, _tidy(high - step))


def _tidy(number: float) -> float | int:
    return int(number) if float(number).is_integer() else round(number, 6)


def _booleans(schema: Schema, depth: int) -> Iterator[Any]:
    del schema, depth
    yield from (False, True)


def _nulls(schema: Schema, depth: int) -> Iterator[Any]:
    del schema, depth
    yield from ()


_OF_TYPE = {
    "object": _objects,
    "array": _arrays,
    "string": _strings,
    "number": _numbers,
    "integer": _numbers,
    "boolean": _booleans,
    "null": _nulls,
}
