"""Checks an order's body against a model's schema, to the letter; it changes nothing.

`ModelSpec.check` is kinder than the vendors: it reads "5" as 5 and moves a number to its grid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.models import ModelSpec
from core.params import SAFE_INTEGER, Several, violations

Schema = Mapping[str, Any]
Problems = dict[str, str]

UNKNOWN = "is not a field of this model"
MISSING = "is required"
BAD_ADDRESS = "must be an https address or a data URI"

MOST_FILES = 24
"""Files that one order may bring: no vendor's model takes as many."""

DEEPEST = 24
"""Levels of a body: what lies deeper is no order, and would tire the schema's own recursion."""


def strict_problems(spec: ModelSpec, body: Mapping[str, Any]) -> Problems:
    """Return what the vendor's own schema forbids in a body, by the name of the field.

    An entry without such a schema is held against the schema of its form.
    """
    if not _is_json(body):
        return {name: "must be JSON" for name, value in body.items() if not _is_json(value)}
    schema = spec.schema()
    missing = [name for name in schema.get("required", ()) if name not in body]
    found = dict.fromkeys(missing, MISSING)
    found |= dict.fromkeys(_unknown(schema, body), UNKNOWN)
    for place, why in violations(schema, body).items():
        name, _, rest = place.partition(".")
        found.setdefault(name or "body", f"{why} (at {rest})" if rest else why)
    for name, why in _file_problems(spec, body).items():
        found.setdefault(name, why)
    return found


def problems_in(schema: Schema, body: Mapping[str, Any]) -> Problems:
    """Return what is wrong with each field, by its name; empty means nothing is."""
    found = {name: MISSING for name in schema["required"] if name not in body}
    for name, value in body.items():
        field = schema["properties"].get(name)
        why = _problem(field, value) if field else UNKNOWN
        if why:
            found[name] = why
    return found


def files_in(spec: ModelSpec, body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the addresses of the files that a body names, by the name of the field."""
    found: dict[str, list[str]] = {}
    for param in spec.media_params():
        if (given := body.get(param.name)) not in (None, "", []):
            several = isinstance(param, Several) and isinstance(given, list)
            found[param.name] = list(given) if several else [given]
    return found


def _file_problems(spec: ModelSpec, body: Mapping[str, Any]) -> Problems:
    files = files_in(spec, body)
    if sum(map(len, files.values())) > MOST_FILES:
        return dict.fromkeys(files, f"must not bring more than {MOST_FILES} files")
    return {
        name: BAD_ADDRESS
        for name, addresses in files.items()
        if not all(isinstance(address, str) and _is_address(address) for address in addresses)
    }


def _unknown(schema: Schema, body: Mapping[str, Any]) -> list[str]:
    if schema.get("additionalProperties") is not False or schema.get("patternProperties"):
        return []
    return [name for name in body if name not in schema.get("properties", {})]


def _is_json(value: Any, depth: int = 0) -> bool:
    # Python's reader takes NaN and the endless ones, and digits without end.
    if depth > DEEPEST:
        return False
    if isinstance(value, dict):
        return all(_is_json(inner, depth + 1) for inner in value.values())
    if isinstance(value, list):
        return all(_is_json(inner, depth + 1) for inner in value)
    return not isinstance(value, float) or math.isfinite(value)


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
    if field.get("format") == "uri" and not _is_address(text):
        return BAD_ADDRESS
    return ""


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://", "data:"))


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
