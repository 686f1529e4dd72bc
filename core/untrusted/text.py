"""The one place that judges a text from outside, alone or inside JSON; pure functions only.

Python and JSON can hold what UTF-8 cannot say: half of a surrogate pair, which is what is left of
an emoji that was cut in two. PostgreSQL takes no NUL in a text, and JSON has no NaN or infinity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

DEEPEST_VALUE = 64
"""Levels of lists and objects in a value; more is an attack on whoever walks through it."""

LARGEST_WHOLE = 10**300
"""Whole numbers beyond it become no float, which is what every other program reads them as."""

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")

HALF = "has half a letter in it, such as a part of an emoji: type that place again"
NUL = "has a zero character in it: type it again"
DEEP = f"is nested deeper than {DEEPEST_VALUE} levels"
NO_NUMBER = "has a number in it that is too large, or none at all"


def text_flaw(text: str) -> str:
    """Return what is wrong with a text, as the rest of a sentence; nothing where it is sound."""
    if not text.isascii() and _HALF.search(text):
        return HALF
    return NUL if "\x00" in text else ""


def cleaned_text(text: str) -> str:
    """Return the text with two halves joined, a lone one replaced by �, and without NULs."""
    if not text.isascii() and _HALF.search(text):
        text = _HALF.sub("�", _PAIR.sub(_joined, text))
    return text.replace("\x00", "")


def flaw(value: Any) -> str:
    """Return what is wrong anywhere in a JSON value, names of members included, as `text_flaw`."""
    level = [value]
    for _ in range(DEEPEST_VALUE + 1):
        if found := next(filter(None, map(_flaw_of_one, level)), ""):
            return found
        level = [inner for outer in level for inner in _parts(outer)]
        if not level:
            return ""
    return DEEP


def cleaned(value: Any, *, depth: int = DEEPEST_VALUE) -> Any:
    """Return a JSON value that every reader and every database takes: see `cleaned_text`.

    A number that is not finite, or beyond `LARGEST_WHOLE`, becomes None, and so does what lies
    deeper than `depth`, and what is no JSON at all.
    """
    match value:
        case str():
            return cleaned_text(value)
        case None | bool():
            return value
        case int() | float():
            return None if _is_no_number(value) else value
        case dict() | Mapping() if depth:
            return {
                cleaned_text(str(name)): cleaned(inner, depth=depth - 1)
                for name, inner in value.items()
            }
        case list() | tuple() if depth:
            return [cleaned(inner, depth=depth - 1) for inner in value]
        case _:
            return None


def _flaw_of_one(value: Any) -> str:
    match value:
        case str():
            return text_flaw(value)
        case bool():
            return ""
        case int() | float():
            return NO_NUMBER if _is_no_number(value) else ""
        case dict():
            return next(filter(None, (text_flaw(str(name)) for name in value)), "")
        case _:
            return ""


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def _is_no_number(number: float) -> bool:
    if isinstance(number, int):
        return abs(number) > LARGEST_WHOLE
    return not math.isfinite(number)


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
