"""Reads figures that others wrote; what comes out is finite and within bounds, or None."""

from __future__ import annotations

import re
from typing import Any

MOST_DOLLARS = 100_000.0
"""No clip costs so much: what is above is a mistake, and would spend a cap for good."""

MOST = 1e15

_DECIMAL = re.compile(r"\d{1,15}(\.\d{1,15})?")


def figure(value: Any, *, least: float = 0.0, most: float = MOST) -> float | None:
    """Return a JSON number between the two bounds as a float; None for all else.

    A text is none, and neither is a truth value, which Python counts among the integers.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Before it becomes a float: a whole number of 400 digits has none.
    return float(value) if least <= value <= most else None


def dollars(value: Any) -> float | None:
    """Return what a clip is said to cost, in dollars; a plain decimal in a text counts."""
    return figure(written(value) if isinstance(value, str) else value, most=MOST_DOLLARS)


def written(text: str | None) -> float | None:
    """Return the number in a header, where numbers can only be texts: `0.060000000`."""
    plain = (text or "").strip()
    return float(plain) if _DECIMAL.fullmatch(plain) else None
