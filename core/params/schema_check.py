"""Says in our words where a JSON value breaks a JSON Schema; it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend

MOST = 20
LONGEST_MATCHED = 2000
"""Characters of a text that a provider's pattern is tried on; a longer one fits none."""

KNOWN_TYPES = frozenset(["null", "boolean", "object", "array", "number", "string", "integer"])

_LONGEST = 120
_WHY = {
    "type": "it must be of type {}",
    "enum": "it must be one of {}",
    "const": "it must be {}",
    "minimum": "it must be at least {}",
    "maximum": "it must be at most {}",
    "exclusiveMinimum": "it must be above {}",
    "exclusiveMaximum": "it must be below {}",
    "multipleOf": "it must be a multiple of {}",
    "minLength": "it must have at least {} characters",
    "maxLength": "it must have at most {} characters",
    "minItems": "it must have at least {} entries",
    "maxItems": "it must have at most {} entries",
    "uniqueItems": "its entries must differ",
    "additionalProperties": "it has a name in it that is not known",
}


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and (
        len(value) > LONGEST_MATCHED or re.search(pattern, value) is None
    ):
        yield ValidationError(f"it must match {pattern}")


def _type(validator: Any, told: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    names = [told] if isinstance(told, str) else told
    # Vendors write `int` or `file`: nobody can say what such a type forbids.
    if isinstance(names, list) and KNOWN_TYPES.issuperset(names):
        yield from Draft202012Validator.VALIDATORS["type"](validator, told, value, schema)


_Validator = extend(Draft202012Validator, {"pattern": _pattern, "type": _type})


def find_violations(schema: Mapping[str, Any], value: Any) -> dict[str, str]:
    """Return what is wrong with `value`, by place: `a.0.b`, or the empty text for the whole.

    A schema that is itself broken forbids nothing.
    """
    found: dict[str, str] = {}
    try:
        for error in _Validator(schema).iter_errors(value):
            for place, why in _told(error):
                found.setdefault(place, why)
            if len(found) >= MOST:
                break
    except (SchemaError, RecursionError, TypeError, AttributeError, ArithmeticError, re.error):
        return {}
    return found


def _told(error: ValidationError) -> Iterator[tuple[str, str]]:
    place = ".".join(str(part) for part in error.absolute_path)
    match error.validator:
        case "required":
            for name in _missing(error):
                yield f"{place}.{name}".lstrip("."), "it is needed"
        case "dependentRequired":
            for name, other in _left_out(error):
                yield f"{place}.{other}".lstrip("."), f"it is needed beside {name}"
        case "additionalProperties":
            known = error.schema.get("properties", {})
            for name in (name for name in error.instance if name not in known):
                yield f"{place}.{name}".lstrip("."), "the model has no such parameter"
        case "anyOf" | "oneOf" if error.context:
            yield from _nearest(place, best_match(error.context))
        case _:
            yield place, _why(error)


def _nearest(place: str, error: ValidationError) -> Iterator[tuple[str, str]]:
    if error.validator == "required":
        # One of several ways to be right: each thing that it lacks is named on its own field.
        yield from _told(error)
        return
    inner = ".".join(str(part) for part in error.absolute_path)
    yield inner or place, _why(error)


def _missing(error: ValidationError) -> list[str]:
    return [name for name in error.validator_value if name not in error.instance]


def _left_out(error: ValidationError) -> Iterator[tuple[str, str]]:
    for name, others in error.validator_value.items():
        if name in error.instance:
            yield from ((name, other) for other in others if other not in error.instance)


def _why(error: ValidationError) -> str:
    if error.validator == "required":
        return _short(f"{', '.join(_missing(error))} is needed")
    words = _WHY.get(str(error.validator), "it breaks the provider's rule “{rule}”")
    return _short(words.format(_listed(error.validator_value), rule=error.validator))


def _listed(wanted: Any) -> str:
    return ", ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
