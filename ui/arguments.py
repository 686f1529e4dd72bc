"""Judges what a caller gave for one argument of a call: its kind, its text, its bounds.

Each function raises `InvalidInput` under the argument's own name, whichever door it came by: a
route of the page's, or Gradio's API. What a model takes is judged by `core.models` alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import InvalidInput
from core.untrusted import flaw, text_flaw

Json = dict[str, Any]

LONGEST_TEXT = 2000
"""Characters of an id, a model's name, a moment; texts for a model are bounded by the model."""


def text(name: str, given: Any, *, longest: int = LONGEST_TEXT) -> str:
    """Return a text; nothing given is the empty one."""
    if given is None:
        return ""
    if not isinstance(given, str):
        raise InvalidInput({name: f"{name} must be text."})
    if len(given) > longest:
        raise InvalidInput({name: f"{name} must have at most {longest:,} characters."})
    if why := text_flaw(given):
        raise InvalidInput({name: f"{name} {why}."})
    return given


def members(name: str, given: Any) -> Json:
    """Return a JSON object; nothing given is the empty one."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InvalidInput({name: f"{name} must be a JSON object."})
    if not all(isinstance(key, str) for key in given):
        raise InvalidInput({name: f"{name} must have texts for names."})
    return given


def values(given: Any) -> Json:
    """Return the `params` of an order; a text or number in them that is none is named."""
    told = members("params", given)
    problems = {
        name: f"{name} {why}." for name, value in told.items() if (why := flaw({name: value}))
    }
    if problems:
        raise InvalidInput(problems)
    return told


def whole(name: str, given: Any, *, least: int, most: int) -> int:
    """Return a whole number, brought into the bounds."""
    is_whole = isinstance(given, int | float) and not isinstance(given, bool)
    # A float that is infinite or NaN has no whole part, and its remainder is no number either.
    if not is_whole or given % 1 != 0:
        raise InvalidInput({name: f"{name} must be a whole number."})
    return int(max(least, min(given, most)))


def switch(name: str, given: Any) -> bool:
    """Return yes or no; nothing given is no."""
    if given is None or isinstance(given, bool):
        return bool(given)
    raise InvalidInput({name: f"{name} must be true or false."})


def moment(name: str, given: Any) -> datetime | None:
    """Return the moment in UTC that ISO 8601 words name; None where nothing is given."""
    words = text(name, given)
    if not words:
        return None
    try:
        # "+" in an address is a space; and at the ends of time another zone has no such year.
        when = datetime.fromisoformat(words.replace(" ", "+") if "T" in words else words)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        said = f"{name} must be a time such as 2026-01-31T12:00:00Z."
        raise InvalidInput({name: said}) from None
