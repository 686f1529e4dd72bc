"""Today's tables, which `core.jobs.migrations` leads to; a test holds the two together."""

from __future__ import annotations

import sqlalchemy as sql

from core.jobs.rows import Moment

METADATA = sql.MetaData()

JOBS = sql.Table(
    "jobs",
    METADATA,
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
    sql.Column("created_at", Moment, nullable=False),
    sql.Column("submitted_at", Moment),
    sql.Column("finished_at", Moment),
    sql.Column("completed_at", Moment),
    sql.Column("runner", sql.String, nullable=False),
    sql.Column("revision", sql.BigInteger, nullable=False),
    sql.Column("words", sql.Text),
    sql.Column("account", sql.String),
    sql.Column("order_digest", sql.String),
    sql.Column("charged", sql.Float),
    sql.UniqueConstraint("owner", "request_key"),
)
sql.Index("jobs_by_age", JOBS.c.owner, JOBS.c.created_at, JOBS.c.charged)
sql.Index("jobs_by_state", JOBS.c.state)
sql.Index("jobs_by_revision", JOBS.c.revision)
sql.Index("jobs_by_news", JOBS.c.owner, JOBS.c.revision)
sql.Index("jobs_alike", JOBS.c.model, JOBS.c.live, JOBS.c.state, JOBS.c.created_at)

TASKS = sql.Table(
    "tasks",
    METADATA,
    sql.Column("provider", sql.String, primary_key=True),
    sql.Column("live", sql.Boolean, primary_key=True),
    sql.Column("generation_id", sql.String, primary_key=True),
    sql.Column("job_id", sql.String, nullable=False),
)

RUNNERS = sql.Table(
    "runners",
    METADATA,
    sql.Column("id", sql.String, primary_key=True),
    sql.Column("host", sql.String, nullable=False),
    sql.Column("pid", sql.Integer, nullable=False),
    sql.Column("beat_at", Moment, nullable=False),
    sql.Column("boot", sql.String),
)

HOUSEHOLDS = sql.Table(
    "households",
    METADATA,
    sql.Column("job_id", sql.String, primary_key=True),
    sql.Column("household", sql.String, nullable=False),
    sql.Column("created_at", Moment, nullable=False),
)
sql.Index("households_by_day", HOUSEHOLDS.c.household, HOUSEHOLDS.c.created_at)
sql.Index("households_by_age", HOUSEHOLDS.c.created_at)

DAY_SUMS = sql.Table(
    "day_sums",
    METADATA,
    sql.Column("scope", sql.String, primary_key=True),
    sql.Column("name", sql.String, primary_key=True),
    sql.Column("day", sql.String, primary_key=True),
    sql.Column("takes", sql.BigInteger, nullable=False),
    sql.Column("ordered", sql.BigInteger, nullable=False),
    sql.Column("charged", sql.BigInteger, nullable=False),
)
"""What `core.jobs.day_sums` reads; the database's own triggers keep it."""
