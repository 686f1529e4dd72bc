"""Turns a job into a row and a row into a job; it alone knows what a row may be made of.

A row is written clean. It is read as what can be read of it, since rows of older and newer
versions, of other programs and of broken disks come by: one of them must not take a list down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from core.errors import Charged, ErrorReport
from core.jobs.job import Job, KeyFrom
from core.providers.protocol import State
from core.untrusted import cleaned, cleaned_text, read_leniently
from core.untrusted.figures import MOST, figure

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""When a job was made whose row does not tell."""

LARGEST = MOST
"""A larger figure in a row is no price, size or number of seconds, and sums would overflow."""

_WORDS = (
    *("id", "token", "owner", "model", "provider", "request_id"),
    *("provider_status", "note", "runner"),
)
_MOMENTS = ("submitted_at", "finished_at", "completed_at")
_OBJECTS = ("params", "facts")
_FIELDS = frozenset(field.name for field in fields(Job))


class _SqliteMoment(sqlite.DATETIME):
    """SQLite keeps moments as text, and text may be anything."""

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        read = super().result_processor(dialect, coltype)

        def lenient(value: Any) -> datetime | None:
            try:
                return read(value) if read else value
            except (TypeError, ValueError):
                return None

        return lenient


class Moment(sql.TypeDecorator[datetime]):
    """A moment in UTC, None where it cannot be read; SQLite forgets the zone, so it is put back."""

    impl = sql.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        kept: TypeEngine[Any] = self.impl_instance
        if dialect.name == "sqlite":
            kept = _SqliteMoment()  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Return what is written."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Return what was read."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=value.tzinfo or UTC)


def lenient_timestamps() -> type[Any]:
    """Return psycopg's reader of moments, giving None for those beyond a Python date's years."""
    from psycopg import DataError  # noqa: PLC0415  a driver that SQLite needs none of
    from psycopg.types.datetime import TimestamptzLoader  # noqa: PLC0415

    class Lenient(TimestamptzLoader):
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except DataError:
                return None

    return Lenient


def stored_json(text: Any) -> Any:
    """Return what a JSON column holds, None where that is no JSON."""
    try:
        return read_leniently(text if isinstance(text, str | bytes) else str(text))
    except (ValueError, RecursionError):
        return None


def row_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written of a job's fields: no text that a database refuses, no infinity."""
    row = {name: value for name, value in values.items() if name != "revision"}
    if isinstance(row.get("error"), ErrorReport):
        row["error"] = row["error"].as_json()
    if "dollars" in row:
        row["dollars"] = figure(row["dollars"])
    if "usage" in row:
        row["usage"] = _amounts(dict(row["usage"]))
    return {
        name: value if isinstance(value, datetime) else cleaned(value)
        for name, value in row.items()
    }


def job_of(row: Mapping[Any, Any]) -> Job:
    """Return the job in a row, as far as it can be read."""
    values = {name: row[name] for name in _FIELDS}
    state = _state(values["state"])
    alike: dict[str, Any] = {name: _word(values[name]) or "" for name in _WORDS}
    alike |= {name: _moment(values[name]) for name in _MOMENTS}
    alike |= {name: _object(values[name]) for name in _OBJECTS}
    return Job(
        **alike,
        # What may have cost money is never taken for free.
        live=values["live"] is not False,
        key_from=_key_from(values["key_from"]),
        request_key=_word(values["request_key"]),
        generation_id=_word(values["generation_id"]),
        account=_word(values["account"]),
        order_digest=_word(values["order_digest"]),
        state=state or State.UNCONFIRMED,
        progress=figure(values["progress"], most=1.0),
        dollars=figure(values["dollars"]),
        usage=_amounts(values["usage"]),
        files=_texts(values["files"]),
        error=_error(values["error"]) if state else _unheard_of(values["state"]),
        created_at=_moment(values["created_at"]) or EPOCH,
        revision=whole(values["revision"]),
    )


def whole(value: Any) -> int:
    """Return a whole number, 0 where there is none."""
    return value if isinstance(value, int) and abs(value) <= 2**63 else 0


def _word(value: Any) -> str | None:
    if value is None:
        return None
    words = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return cleaned_text(words)


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _amounts(value: Any) -> dict[str, float]:
    told = {name: figure(amount) for name, amount in _object(value).items()}
    return {name: amount for name, amount in told.items() if amount is not None}


def _texts(value: Any) -> dict[str, str]:
    return {name: word for name, word in _object(value).items() if isinstance(word, str)}


def _state(value: Any) -> State | None:
    try:
        return State(value)
    except ValueError:
        return None


def _key_from(value: Any) -> KeyFrom:
    match value:
        case "sandbox" | "visitor":
            return value  # type: ignore[no-any-return]
        case _:
            return "operator"


def _error(value: Any) -> ErrorReport | None:
    if value is None:
        return None
    told = {name: str(word) for name, word in _object(value).items() if word is not None}
    charged: dict[str, Charged] = {"yes": "yes", "no": "no"}
    return ErrorReport(
        kind=told.get("kind", "error"),
        message=told.get("message", "Why it failed cannot be read any more."),
        charged=charged.get(told.get("charged", ""), "unknown"),
        next_step=told.get("next_step", "Look for it again: nothing is ordered by that."),
        provider_message=told.get("provider_message"),
    )


def _unheard_of(state: Any) -> ErrorReport:
    return ErrorReport(
        kind="unknown_state",
        message=f"This take is “{_word(state) or ''}”, which this version of Dailies cannot read.",
        charged="unknown",
        next_step="Start the version that made it, or look at the provider's page.",
    )
