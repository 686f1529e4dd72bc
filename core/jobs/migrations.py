"""Brings a database's tables from any earlier shape to today's; it alone may change a table.

Each migration stands frozen as of its day: it names its tables and columns itself and never reads
today's definitions in `core.jobs.tables`, which go on changing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StorageError
from core.jobs.day_sums_migration import day_sums
from core.jobs.rows import stored_json
from core.jobs.search_words import words_of
from core.jobs.store_troubles import is_passing

log = logging.getLogger(__name__)


class MigrationFailed(StorageError):
    """The tables could not be brought to today's shape; they are as they were before."""

    next_step = "Nothing was changed. Start the version that made it, or report this with the log."


def _jobs_and_runners(db: Connection) -> None:
    """2026-11-21: the first shape."""
    tables = sql.MetaData()
    moment = sql.DateTime(timezone=True)
    jobs = sql.Table(
        "jobs",
        tables,
        sql.Column("id", sql.String, primary_key=True),
        sql.Column("token", sql.String, nullable=False, unique=True),
        sql.Column("owner", sql.String, nullable=False),
        sql.Column("model", sql.String, nullable=False),
        sql.Column("provider", sql.String, nullable=False),
        sql.Column("live", sql.Boolean, nullable=False),
        sql.Column("key_from", sql.String, nullable=False),
        sql.Column("params", sql.JSON, nullable=False),
        sql.Column("request_id", sql.String, nullable=False, unique=True),
        sql.Column("request_key", sql.String),
        sql.Column("state", sql.String, nullable=False),
        sql.Column("provider_status", sql.String, nullable=False),
        sql.Column("generation_id", sql.String),
        sql.Column("progress", sql.Float),
        sql.Column("note", sql.String, nullable=False),
        sql.Column("dollars", sql.Float),
        sql.Column("usage", sql.JSON, nullable=False),
        sql.Column("files", sql.JSON, nullable=False),
        sql.Column("facts", sql.JSON, nullable=False),
        sql.Column("error", sql.JSON),
        sql.Column("created_at", moment, nullable=False),
        sql.Column("submitted_at", moment),
        sql.Column("finished_at", moment),
        sql.Column("completed_at", moment),
        sql.Column("runner", sql.String, nullable=False),
        sql.Column("revision", sql.BigInteger, nullable=False),
        sql.UniqueConstraint("owner", "request_key"),
    )
    sql.Index("jobs_by_age", jobs.c.owner, jobs.c.created_at)
    sql.Index("jobs_by_state", jobs.c.state)
    sql.Index("jobs_by_revision", jobs.c.revision)
    sql.Table(
        "runners",
        tables,
        sql.Column("id", sql.String, primary_key=True),
        sql.Column("host", sql.String, nullable=False),
        sql.Column("pid", sql.Integer, nullable=False),
        sql.Column("beat_at", moment, nullable=False),
    )
    tables.create_all(db)


def _index_for_news(db: Connection) -> None:
    """2026-11-21: finds what changed for one owner. An earlier first shape brought it along."""
    if "jobs_by_news" not in _indexes(db, "jobs"):
        db.exec_driver_sql("CREATE INDEX jobs_by_news ON jobs (owner, revision)")


def _dollars_of_the_first_day(db: Connection) -> None:
    """2026-11-25: some tables of the first day were made before this column was in the shape."""
    if "dollars" not in _columns(db, "jobs"):
        db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN dollars FLOAT")


def _households(db: Connection) -> None:
    """2026-11-25: from which network an order without a log-in came, as a keyed hash."""
    tables = sql.MetaData()
    households = sql.Table(
        "households",
        tables,
        sql.Column("job_id", sql.String, primary_key=True),
        sql.Column("household", sql.String, nullable=False),
        sql.Column("created_at", sql.DateTime(timezone=True), nullable=False),
    )
    sql.Index("households_by_day", households.c.household, households.c.created_at)
    sql.Index("households_by_age", households.c.created_at)
    tables.create_all(db)


def _words_to_search(db: Connection) -> None:
    """2026-11-25: what a take is found by, folded. How, a later step may say anew."""
    db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN words TEXT")
    page = sql.text(
        "SELECT id, model, CAST(params AS TEXT) AS params FROM jobs WHERE id > :last "
        "ORDER BY id LIMIT 1000"
    )
    filling = sql.text("UPDATE jobs SET words = :words WHERE id = :id")
    last = ""
    while rows := db.execute(page, {"last": last}).all():
        last = rows[-1].id
        db.execute(filling, [{"id": row.id, "words": _words(row)} for row in rows])


def _words(row: Any) -> str:
    params = stored_json(row.params)
    return words_of(str(row.model), params if isinstance(params, dict) else {})


def _bound_orders(db: Connection) -> None:
    """2026-11-25: whose key ordered a job and what exactly it ordered; whose each task is.

    Older jobs know neither, so any key of their owner's serves them, and any order is the same.
    """
    db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN account VARCHAR")
    db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN order_digest VARCHAR")
    tables = sql.MetaData()
    sql.Table(
        "tasks",
        tables,
        sql.Column("provider", sql.String, primary_key=True),
        sql.Column("live", sql.Boolean, primary_key=True),
        sql.Column("generation_id", sql.String, primary_key=True),
        sql.Column("job_id", sql.String, nullable=False),
    )
    tables.create_all(db)
    db.exec_driver_sql(
        "INSERT INTO tasks (provider, live, generation_id, job_id)"
        " SELECT provider, live, generation_id, MIN(id) FROM jobs"
        " WHERE generation_id IS NOT NULL GROUP BY provider, live, generation_id"
    )


def _boot_of_a_runner(db: Connection) -> None:
    """2026-11-25: which start of which machine a runner is, since names and numbers repeat."""
    if "boot" not in _columns(db, "runners"):
        db.exec_driver_sql("ALTER TABLE runners ADD COLUMN boot VARCHAR")


MIGRATIONS: Sequence[Callable[[Connection], None]] = (
    _jobs_and_runners,
    _index_for_news,
    _dollars_of_the_first_day,
    _households,
    _words_to_search,
    _bound_orders,
    _boot_of_a_runner,
    day_sums,
)
"""In order; each runs once in a database's life, and is never edited after a release."""


def migrate(db: Connection) -> None:
    """Run what this database has not had yet, inside the caller's transaction.

    Raises `MigrationFailed`; what is passing (locked, connection lost, disk full) comes through.
    """
    done = _done(db)
    if done and max(done) > len(MIGRATIONS):
        raise MigrationFailed("The database was made by a newer version of Dailies than this one.")
    for number, change in enumerate(MIGRATIONS, start=1):
        if number not in done:
            _run(db, number, change)


def _run(db: Connection, number: int, change: Callable[[Connection], None]) -> None:
    try:
        change(db)
        db.execute(sql.text("INSERT INTO versions (number) VALUES (:number)"), {"number": number})
    except SQLAlchemyError as error:
        if is_passing(error):
            raise
        log.exception("migration %s failed", number)
        raise MigrationFailed(
            f"The database could not be brought to this version's shape: step {number} failed."
        ) from error


def _done(db: Connection) -> set[int]:
    if not sql.inspect(db).has_table("versions"):
        tables = sql.MetaData()
        sql.Table("versions", tables, sql.Column("number", sql.Integer, primary_key=True))
        tables.create_all(db)
    return set(db.scalars(sql.text("SELECT number FROM versions")))


def _columns(db: Connection, table: str) -> set[str]:
    return {column["name"] for column in sql.inspect(db).get_columns(table)}


def _indexes(db: Connection, table: str) -> set[str | None]:
    return {index["name"] for index in sql.inspect(db).get_indexes(table)}
