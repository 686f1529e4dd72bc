"""How long to wait before a free request is sent again; arithmetic, no sleeping."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_ASKED = 120.0
"""Seconds; a provider that asks for more is not waited for, but quoted."""

LONGEST_HELD = 60.0
"""Seconds for which one job's 429 keeps all those quiet that share its key."""

FIRST, LONGEST = 0.5, 8.0

_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after")
_EPOCH = 1e9
"""Seconds: a number beyond it is no wait but a date, counted from 1970."""


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """Return seconds with full jitter, growing with the number of attempts made."""
    return random() * min(LONGEST, FIRST * 2.0 ** min(attempt, 10))


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that an answer asks to be left alone for, if it says so in sense.

    A date is read against the answer's own `Date`, so that a wrong clock here does no harm.
    """
    then = _date(headers.get("date", "")) or now
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    if (given := headers.get("retry-after") or headers.get("x-retry-after")) is not None:
        return _wait(given, then)
    # When a new allowance begins; it is a wait only where nothing of the old one is left.
    if (_number(headers.get("x-ratelimit-remaining", "0")) or 0) > 0:
        return None
    resets = [_wait(headers[name], then) for name in _RESETS if name in headers]
    return next((wait for wait in resets if wait is not None), None)


def _wait(given: str, then: datetime) -> float | None:
    seconds = _number(given)
    if seconds is None:
        until = _date(given)
        return max(0.0, (until - then).total_seconds()) if until else _length(given)
    if seconds < _EPOCH:
        return seconds
    # Some count the milliseconds since 1970.
    date = seconds / 1000 if seconds > 100 * _EPOCH else seconds
    return max(0.0, date - then.timestamp())


def _length(given: str) -> float | None:
    """Return the seconds of a time as Go writes it, such as `6m0.5s`."""
    parts = re.fullmatch(
        r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", given.strip()
    )
    if not parts or not any(parts.groups()):
        return None
    hours, minutes, seconds, thousandths = (float(part or 0) for part in parts.groups())
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def spoken(seconds: float) -> str:
    """Return a wait in the unit that people would say it in."""
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
        if seconds >= 1.5 * length or unit == "second":
            break
    count = max(1, round(min(seconds, 1e10) / length))
    return f"{count:,} {unit}" + ("s" if count != 1 else "")


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
