"""Reads one keyword of a stranger's schema: a legal value of it, or None to leave it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from core.schema.merge import same
from core.schema.safe_regex import is_safe_regex

LONGEST_WORDS = 2000
LONGEST_LIST = 1000
LONGEST_NAME = 200

TYPES: Mapping[str, str] = {
    **{kind: kind for kind in ("string", "number", "integer", "boolean", "array", "object")},
    **dict.fromkeys(("null", "none", "nil"), "null"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    **dict.fromkeys(("int", "int32", "int64", "long", "short"), "integer"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("str", "text", "char", "varchar", "uuid", "date", "datetime"), "string"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("dict", "map", "json", "record"), "object"),
    **dict.fromkeys(("file", "binary", "url", "uri", "image", "video", "audio"), "string"),
}
"""What vendors write for a type, and what they mean; every other word leaves the type open."""

FILE_TYPES = frozenset({"file", "url", "uri", "image", "video", "audio"})


def types(value: Any) -> list[str] | None:
    """Return the types meant, as a list without repeats."""
    told = value if isinstance(value, list) else [value]
    found = [TYPES.get(word.strip().lower(), "") if isinstance(word, str) else "" for word in told]
    return None if not found or "" in found else list(dict.fromkeys(found))


def number(value: Any) -> float | int | None:
    """Return the number, which may stand in a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = _number_in(value)
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    return None


def count(value: Any) -> int | None:
    """Return the number of things."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**53 else None


def step(value: Any) -> float | int | None:
    """Return the number that others must be multiples of."""
    found = number(value)
    return found if found is not None and found > 0 else None


def words(value: Any) -> str | None:
    """Return the words, cut where they are very long."""
    return value[:LONGEST_WORDS] if isinstance(value, str) else None


def truth(value: Any) -> bool | None:
    """Return yes, or None for everything else."""
    return True if value is True or value == "true" else None


def listed(value: Any) -> list[Any] | None:
    """Return the values once each."""
    told = value if isinstance(value, list) else [value]
    found: list[Any] = []
    for one in told[:LONGEST_LIST]:
        if not any(same(one, other) for other in found):
            found.append(one)
    return found or None


def names(value: Any) -> list[str] | None:
    """Return the names that a list gives; a single name may stand alone."""
    told = [value] if isinstance(value, str) else value
    if not isinstance(told, list):
        return None
    found = [name for name in told if isinstance(name, str) and is_name(name)]
    return list(dict.fromkeys(found)) or None


def needs(value: Any) -> dict[str, list[str]] | None:
    """Return which names need which others."""
    if not isinstance(value, Mapping):
        return None
    found = {name: names(others) or [] for name, others in value.items() if is_name(name)}
    return {name: others for name, others in found.items() if others} or None


def is_name(name: str) -> bool:
    """Tell whether a parameter can have that name."""
    # A page's script would take __proto__ for something else.
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name != "__proto__"


def pattern(value: Any) -> str | None:
    """Return the pattern where it is safe to try."""
    return value if is_safe_regex(value) else None


KEYWORDS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), count),
    **dict.fromkeys(("title", "description", "format"), words),
    **dict.fromkeys(("uniqueItems", "deprecated"), truth),
    "multipleOf": step,
    "pattern": pattern,
    "enum": listed,
    "required": names,
    "dependentRequired": needs,
    "examples": listed,
}
"""The keywords that hold no schema, with the reader of each."""


def as_type(value: Any, kind: str) -> Any:
    """Return `value` as that type where it plainly means one of it, else `value` itself."""
    if kind in {"number", "integer"} and isinstance(value, str):
        found = number(value)
        return value if found is None or (kind == "integer" and found != int(found)) else found
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(number(value))
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    if kind == "boolean" and value in (0, 1):
        return bool(value)
    return value


def _number_in(text: str) -> float | int | None:
    text = text.strip()
    try:
        return float(text) if len(text) <= 40 else None
    except ValueError:
        return None
