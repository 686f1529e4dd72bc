"""How long to wait before a free request is sent again; arithmetic, no sleeping."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_ASKED = 120.0
"""Seconds; a provider that asks for more is not waited for, but quoted."""

FIRST, LONGEST = 0.5, 8.0


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """Return seconds with full jitter, growing with the number of attempts made."""
    return random() * min(LONGEST, FIRST * 2.0 ** min(attempt, 10))


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that an answer asks to be left alone for, if it says so in sense.

    A date is read against the answer's own `Date`, so that a wrong clock here does no harm.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    given = headers.get("retry-after")
    seconds = _number(given)
    if seconds is not None or given is None:
        return seconds
    until, then = _date(given), _date(headers.get("date", "")) or now
    return max(0.0, (until - then).total_seconds()) if until else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
