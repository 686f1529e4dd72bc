"""Reads a time that came from outside; it knows nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from core import InvalidInput


def moment(said: str | None) -> datetime | None:
    """Return the moment that ISO 8601 words name, or None. Raises `InvalidInput`."""
    if not said:
        return None
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        raise InvalidInput({"before": "must be a time such as 2026-01-31T12:00:00Z."}) from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
