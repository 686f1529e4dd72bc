"""The migration of 2026-11-25 that lets the database keep each day's sums; frozen as of its day.

A trigger takes a row of `jobs` out as it was and puts it in as it is. A row that holds no figure,
or an infinite one, counts a dollar, as an order of unknown price does.
"""

# ruff: noqa: S608  every statement here is made of words of this file

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from core.jobs.rows import stored_json
from core.untrusted.figures import figure

_MOST, _LARGEST = "1e15", "1e6"
"""What is above the first is no figure; above the second it counts as that many dollars, since
nine thousand of them must not overflow a whole number of 64 bits."""

_COUNTED = ("dollars", "charged", "key_from", "created_at", "owner")
"""The columns of `jobs` that sums are made of."""


def day_sums(db: Connection) -> None:
    """Keep what was ordered and charged by person, household and day, and of all together."""
    db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN charged FLOAT")
    _fill_charged(db)
    db.exec_driver_sql("DROP INDEX jobs_by_age")
    db.exec_driver_sql("CREATE INDEX jobs_by_age ON jobs (owner, created_at, charged)")
    db.exec_driver_sql("CREATE INDEX jobs_alike ON jobs (model, live, state, created_at)")
    tables = sql.MetaData()
    sql.Table(
        "day_sums",
        tables,
        sql.Column("scope", sql.String, primary_key=True),
        sql.Column("name", sql.String, primary_key=True),
        sql.Column("day", sql.String, primary_key=True),
        sql.Column("takes", sql.BigInteger, nullable=False),
        sql.Column("ordered", sql.BigInteger, nullable=False),
        sql.Column("charged", sql.BigInteger, nullable=False),
    )
    tables.create_all(db)
    making = _sqlite if db.dialect.name == "sqlite" else _postgres
    for statement in making():
        db.exec_driver_sql(statement)


def _fill_charged(db: Connection) -> None:
    page = sql.text(
        "SELECT id, state, CAST(usage AS TEXT) AS usage, CAST(error AS TEXT) AS error FROM jobs"
        " WHERE live AND id > :last ORDER BY id LIMIT 1000"
    )
    filling = sql.text("UPDATE jobs SET charged = :charged WHERE id = :id")
    last = ""
    while rows := db.execute(page, {"last": last}).all():
        last = rows[-1].id
        db.execute(filling, [{"id": row.id, "charged": _charged(row)} for row in rows])


def _charged(row: Any) -> float | None:
    error, usage = (_object(text) for text in (row.error, row.usage))
    if row.state in ("failed", "cancelled") and error.get("charged") == "no":
        return 0.0
    return figure(usage.get("usd"))


def _object(text: Any) -> dict[str, Any]:
    told = stored_json(text) if text else None
    return told if isinstance(told, dict) else {}


_ONE_SHARE = "'0'"
"""SQLite has one writer, so everybody's sums need not be parted for several to write at once."""

_SUMS = "day_sums (scope, name, day, takes, ordered, charged)"
_ADDED = (
    "ON CONFLICT (scope, name, day) DO UPDATE SET takes = {sums}.takes + excluded.takes,"
    " ordered = {sums}.ordered + excluded.ordered, charged = {sums}.charged + excluded.charged"
)
_BOTH_WAYS = {"insert": ("+NEW",), "update": ("-OLD", "+NEW"), "delete": ("-OLD",)}


def _sqlite() -> Iterator[str]:
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _COUNTED)
    for event, rows in _BOTH_WAYS.items():
        of, when = (
            (f" OF {', '.join(_COUNTED)}", f"WHEN {changed}") if event == "update" else ("", "")
        )
        body = " ".join(statement for row in rows for statement in _counted(row[1:], row[0]))
        yield f"CREATE TRIGGER jobs_{event}_sums AFTER {event}{of} ON jobs {when} BEGIN {body} END"
    yield (
        "CREATE TRIGGER households_insert_sums AFTER INSERT ON households BEGIN"
        f" INSERT INTO {_SUMS} SELECT 'household', NEW.household, {_day('j')}, 1, {_ordered('j')},"
        " 0 FROM jobs AS j WHERE j.id = NEW.job_id AND j.key_from = 'operator'"
        f" {_ADDED.format(sums='day_sums')}; END"
    )
    yield from _backfill(_day("j"), _ordered("j"), _amount("j.charged", "0"), _ONE_SHARE)


def _counted(row: str, sign: str) -> Iterator[str]:
    """Yield what counts a row of a trigger in or out, in SQLite's words."""
    day, ordered = _day(row), f"{sign}{_ordered(row)}"
    added, pays = _ADDED.format(sums="day_sums"), f"{row}.key_from = 'operator'"
    charged = f"{sign}{_amount(f'{row}.charged', '0')}"
    yield (
        f"INSERT INTO {_SUMS} SELECT 'owner', {row}.owner, {day}, ({pays}) * {sign}1,"
        f" ({pays}) * {ordered}, {charged}"
        f" WHERE {pays} OR {row}.charged IS NOT NULL {added};"
    )
    yield (
        f"INSERT INTO {_SUMS} SELECT 'all', {_ONE_SHARE}, {day}, {sign}1, {ordered}, 0"
        f" WHERE {pays} {added};"
    )
    yield (
        f"UPDATE day_sums SET takes = takes {sign} 1, ordered = ordered + {ordered}"
        f" WHERE scope = 'household' AND day = {day} AND {pays} AND name ="
        f" (SELECT household FROM households WHERE job_id = {row}.id);"
    )


def _day(row: str) -> str:
    return f"coalesce(substr(CAST({row}.created_at AS TEXT), 1, 10), '')"


def _ordered(row: str) -> str:
    return _amount(f"{row}.dollars", "1000000000")


def _amount(column: str, unknown: str) -> str:
    return (
        f"(CASE WHEN {column} BETWEEN 0 AND {_MOST}"
        f" THEN CAST(round(min({column}, {_LARGEST}) * 1e9) AS INTEGER) ELSE {unknown} END)"
    )


def _postgres() -> Iterator[str]:
    yield "CREATE SEQUENCE job_revisions"
    yield "SELECT setval('job_revisions', coalesce(max(revision), 0) + 1, false) FROM jobs"
    yield (
        "CREATE FUNCTION day_sums_amount(told double precision, unknown bigint) RETURNS bigint"
        f" LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN told BETWEEN 0 AND {_MOST}"
        f" THEN round(least(told, {_LARGEST}) * 1e9)::bigint ELSE unknown END $$"
    )
    yield (
        "CREATE FUNCTION day_sums_day(moment timestamptz) RETURNS text LANGUAGE sql STABLE AS"
        " $$ SELECT coalesce(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '') $$"
    )
    yield (
        "CREATE FUNCTION day_sums_share(owner text) RETURNS text LANGUAGE sql IMMUTABLE AS"
        " $$ SELECT mod(abs(hashtext(owner)::bigint), 64)::text $$"
    )
    yield _POSTGRES_COUNT
    for event, rows in _BOTH_WAYS.items():
        calls = " ".join(f"PERFORM day_sums_count({row[1:]}, {row[0]}1);" for row in rows)
        same = " AND ".join(f"OLD.{name} IS NOT DISTINCT FROM NEW.{name}" for name in _COUNTED)
        skip = f"IF {same} THEN RETURN NULL; END IF; " if event == "update" else ""
        yield (
            f"CREATE FUNCTION jobs_{event}_sums() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {skip}{calls} RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER jobs_{event}_sums AFTER {event} ON jobs"
            f" FOR EACH ROW EXECUTE FUNCTION jobs_{event}_sums()"
        )
    yield _POSTGRES_HOUSEHOLDS
    yield (
        "CREATE TRIGGER households_insert_sums AFTER INSERT ON households"
        " FOR EACH ROW EXECUTE FUNCTION households_insert_sums()"
    )
    yield from _backfill(
        "day_sums_day(j.created_at)",
        "day_sums_amount(j.dollars, 1000000000)",
        "day_sums_amount(j.charged, 0)",
        "day_sums_share(j.owner)",
    )


_POSTGRES_COUNT = f"""
CREATE FUNCTION day_sums_count(job jobs, sign int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    its_day text := day_sums_day(job.created_at);
    pays int := CASE WHEN job.key_from = 'operator' THEN sign ELSE 0 END;
    its_ordered bigint := day_sums_amount(job.dollars, 1000000000);
BEGIN
    IF pays = 0 AND job.charged IS NULL THEN RETURN; END IF;
    INSERT INTO day_sums AS sums (scope, name, day, takes, ordered, charged)
        VALUES ('owner', job.owner, its_day, pays, pays * its_ordered,
            sign * day_sums_amount(job.charged, 0))
        {_ADDED.format(sums="sums")};
    IF pays = 0 THEN RETURN; END IF;
    INSERT INTO day_sums AS sums (scope, name, day, takes, ordered, charged)
        VALUES ('all', day_sums_share(job.owner), its_day, pays, pays * its_ordered, 0)
        {_ADDED.format(sums="sums")};
    UPDATE day_sums SET takes = takes + pays, ordered = ordered + pays * its_ordered
        WHERE scope = 'household' AND day = its_day
        AND name = (SELECT household FROM households WHERE job_id = job.id);
END $$"""

_POSTGRES_HOUSEHOLDS = f"""
CREATE FUNCTION households_insert_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO day_sums AS sums (scope, name, day, takes, ordered, charged)
        SELECT 'household', NEW.household, day_sums_day(j.created_at), 1,
            day_sums_amount(j.dollars, 1000000000), 0
        FROM jobs AS j WHERE j.id = NEW.job_id AND j.key_from = 'operator'
        {_ADDED.format(sums="sums")};
    RETURN NULL;
END $$"""


def _backfill(day: str, ordered: str, charged: str, share: str) -> Iterator[str]:
    """Yield what sums up the rows that are there; each argument is an expression over `jobs j`."""
    pays = "CASE WHEN j.key_from = 'operator' THEN {} ELSE 0 END"
    yield (
        f"INSERT INTO {_SUMS} SELECT 'owner', j.owner, {day}, sum({pays.format(1)}),"
        f" sum({pays.format(ordered)}), sum({charged}) FROM jobs AS j"
        f" WHERE j.key_from = 'operator' OR j.charged IS NOT NULL GROUP BY j.owner, {day}"
    )
    yield (
        f"INSERT INTO {_SUMS} SELECT 'all', {share}, {day}, count(*), sum({ordered}), 0"
        f" FROM jobs AS j WHERE j.key_from = 'operator' GROUP BY {share}, {day}"
    )
    yield (
        f"INSERT INTO {_SUMS} SELECT 'household', h.household, {day}, count(*), sum({ordered}), 0"
        " FROM jobs AS j JOIN households AS h ON h.job_id = j.id"
        f" WHERE j.key_from = 'operator' GROUP BY h.household, {day}"
    )
