"""Reads the running sums of each day's orders; the database itself keeps them beside the jobs.

Triggers, made by `core.jobs.day_sums_migration`, count each row of `jobs` in and out, whoever has
written it: so the sums are exact in every transaction, under race, and when a price is told late.
Money is in billionths of a dollar: whole numbers come back to what they were, floats do not.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from core.jobs.daily_limits import NOTHING, Day, Spent, midnight
from core.jobs.job import Job
from core.jobs.tables import DAY_SUMS, HOUSEHOLDS, JOBS
from core.untrusted.figures import MOST

BILLIONTHS = 1e9

PERSON, HOUSEHOLD, EVERYBODY = "owner", "household", "all"
"""Scopes. Everybody's sums are in 64 rows by a hash of the owner, so that on PostgreSQL two owners
seldom wait for one row; a household is named by its hash."""


def day_of(db: Connection, job: Job, household: str, *, everybody: bool) -> Day:
    """Return the sums of a new job's day, and of later ones, should the clock have been put back.

    Those of all together are only read where `everybody`.
    """
    day = _name(job.created_at)
    return Day(
        own=_spent(db, day, PERSON, job.owner),
        household=_spent(db, day, HOUSEHOLD, household) if household else NOTHING,
        everybody=_spent(db, day, EVERYBODY, *_SHARES) if everybody else NOTHING,
    )


def charged_since(db: Connection, owner: str, since: datetime) -> float:
    """Return the dollars that an owner's takes since then cost, as far as told.

    The rest of the first day is summed from its rows, by an index that has all of it.
    """
    first = since.astimezone(UTC)
    last = first.replace(hour=23, minute=59, second=59, microsecond=999999)
    told = sql.case((JOBS.c.charged.between(0, MOST), JOBS.c.charged), else_=0.0)
    rows = sql.select(sql.func.sum(told)).where(
        JOBS.c.owner == owner, JOBS.c.created_at.between(first, last)
    )
    days = sql.select(sql.func.sum(DAY_SUMS.c.charged)).where(
        DAY_SUMS.c.scope == PERSON, DAY_SUMS.c.name == owner, DAY_SUMS.c.day > _name(since)
    )
    return float(db.scalar(rows) or 0.0) + float(db.scalar(days) or 0) / BILLIONTHS


def forget_households(db: Connection, now: datetime) -> None:
    """Remove the sums of households of earlier days, while their orders can still be told."""
    earlier = HOUSEHOLDS.c.created_at < midnight(now)
    names = sql.select(HOUSEHOLDS.c.household).where(earlier)
    db.execute(
        DAY_SUMS.delete().where(
            DAY_SUMS.c.scope == HOUSEHOLD, DAY_SUMS.c.name.in_(names), DAY_SUMS.c.day < _name(now)
        )
    )


_SHARES = [str(number) for number in range(64)]


def _spent(db: Connection, day: str, scope: str, *names: str) -> Spent:
    sums = sql.select(sql.func.sum(DAY_SUMS.c.takes), sql.func.sum(DAY_SUMS.c.ordered))
    here = [DAY_SUMS.c.scope == scope, DAY_SUMS.c.name.in_(names), DAY_SUMS.c.day >= day]
    takes, ordered = db.execute(sums.where(*here)).one()
    return Spent(takes=int(takes or 0), dollars=float(ordered or 0) / BILLIONTHS)


def _name(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
