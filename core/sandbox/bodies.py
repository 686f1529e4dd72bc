"""Checks an order's body against a model's schema, to the letter; it changes nothing.

`ModelSpec.check` is kinder than the vendors: it reads "5" as 5 and moves a number to its grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.params import SAFE_INTEGER

Schema = Mapping[str, Any]
Problems = dict[str, str]

UNKNOWN = "is not a field of this model"


def problems_in(schema: Schema, body: Mapping[str, Any]) -> Problems:
    """Return what is wrong with each field, by its name; empty means nothing is."""
    found = {name: "is required" for name in schema["required"] if name not in body}
    for name, value in body.items():
        field = schema["properties"].get(name)
        why = _problem(field, value) if field else UNKNOWN
        if why:
            found[name] = why
    return found


def _problem(field: Schema, value: Any) -> str:
    if not _is(field["type"], value):
        return f"must be of type {field['type']}"
    if "enum" in field and value not in field["enum"]:
        return f"must be one of {', '.join(map(str, field['enum']))}"
    if isinstance(value, str):
        return _text_problem(field, value)
    if "minimum" in field and value < field["minimum"]:
        return f"must be at least {field['minimum']:g}"
    if "maximum" in field and value > field["maximum"]:
        return f"must be at most {field['maximum']:g}"
    return ""


def _text_problem(field: Schema, text: str) -> str:
    if not text.strip() and field.get("minLength"):
        return "must not be empty"
    if len(text) > field.get("maxLength", len(text)):
        return f"must have at most {field['maxLength']} characters"
    if field.get("format") == "uri" and not text.startswith(("https://", "http://", "data:")):
        return "must be an https address or a data URI"
    return ""


def _is(kind: str, value: Any) -> bool:
    number = _is_number(value)
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return number and float(value).is_integer()
        case _:
            return number


def _is_number(value: Any) -> bool:
    # NaN and the endless ones pass through Python's JSON reader, and no other.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= SAFE_INTEGER
