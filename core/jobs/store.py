"""Keeps the jobs in SQLite or PostgreSQL; it alone reads and writes their rows."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from core.errors import OtherOrder, TaskTaken, UnknownJob
from core.jobs.async_store import AsyncJobStore
from core.jobs.daily_limits import Check, midnight
from core.jobs.day_sums import charged_since, day_of, forget_households
from core.jobs.job import Job
from core.jobs.liveness import ENDED, Sign
from core.jobs.migrations import migrate
from core.jobs.rows import (
    EPOCH,
    job_of,
    lenient_timestamps,
    row_of,
    stored_json,
    whole,
)
from core.jobs.search_words import SHORTEST_ID, Sought, words_of
from core.jobs.store_troubles import StoreAway, told_apart
from core.jobs.tables import HOUSEHOLDS, JOBS, RUNNERS, TASKS
from core.providers.protocol import FINAL, State
from core.untrusted import text_flaw
from core.untrusted.figures import figure

_SHOWN = [column for column in JOBS.c if column.name not in ("words", "charged")]
"""What a job is made of; the words are only searched in, what was charged only summed up."""

# Not "all but the final ones": a word that only a newer version knows is nothing to carry on.
_UNFINISHED = JOBS.c.state.in_([str(state) for state in State if state not in FINAL])


PATIENCE = 10.0
"""Seconds to wait for another process that writes to the same SQLite file."""


_WRITERS = 8
"""Threads that write to PostgreSQL for the jobs under way."""

_MIGRATING, _CAPS, _OWNERS = 4115, 4117, 4116
"""Numbers of PostgreSQL's advisory locks; the last one seeds the numbers of the owners' locks."""

LONGEST_TAKE = 7 * 24 * 3600.0
"""Seconds: what a row tells of a longer one is a clock that was set, and nothing to learn from."""


class JobStore:
    """The table of jobs; every change is one short transaction."""

    def __init__(
        self,
        url: str,
        *,
        patience: float = PATIENCE,
        ring: Callable[[str], None] = lambda _owner: None,
    ) -> None:
        """Open the database at a SQLAlchemy address and bring its tables up to date.

        `ring` is told whose job this process has changed. Raises `MigrationFailed`. Every method
        may raise `StoreAway`, and `StoreBroken` where waiting would not help.
        """
        self._ring = ring
        self._turn, self._patience = threading.Lock(), patience
        self._engine = _engine(url, patience)
        self._has_many_writers = self._engine.dialect.name == "postgresql"
        if self._engine.dialect.name == "sqlite":
            with told_apart():
                _write_ahead(self._engine, patience)
        with self._writing() as db:
            # Two that start at once on an empty database would both make its tables.
            if self._has_many_writers:
                _lock(db, sql.literal(_MIGRATING))
            else:
                db.exec_driver_sql("BEGIN IMMEDIATE")
            migrate(db)

    def close(self) -> None:
        """Give the connections back, once what is being written for an event loop is written."""
        if "off_loop" in vars(self):
            self.off_loop.close()
        self._engine.dispose()

    @cached_property
    def off_loop(self) -> AsyncJobStore:
        """The same store for whoever stands on an event loop; all share its threads."""
        return AsyncJobStore(self, writers=_WRITERS if self._has_many_writers else 1)

    def add(
        self,
        job: Job,
        check: Check | None = None,
        *,
        household: str = "",
        everybody: bool = True,
    ) -> Job:
        """Write a new job down. With a request key that this owner used before: that job.

        Raises `OtherOrder` where that key was used for another order.
        `check` sees the day's sums with the job counted in; what it raises undoes the writing.
        `household` says where a caller without a log-in came from, and counts him by that too.
        Without `everybody`, the check is not told their sums, and waits for nobody else's order.
        """
        try:
            with self._writing() as db:
                self._lock_owner(db, sql.literal(job.owner))
                db.execute(JOBS.insert().values(**_new_row(job), revision=self._next()))
                if household:
                    _note_household(db, job, household)
                if check:
                    if everybody:
                        self._lock_caps(db)
                    check(day_of(db, job, household, everybody=everybody))
        except IntegrityError:
            twin = self._one(JOBS.c.owner == job.owner, JOBS.c.request_key == job.request_key)
            if job.request_key is None or twin is None:
                raise
            if None not in (twin.order_digest, job.order_digest) and (
                twin.order_digest != job.order_digest
            ):
                raise OtherOrder(
                    "This request key was used for another order: nothing was ordered now."
                ) from None
            return twin
        self._ring(job.owner)
        return self.get(job.id)

    def get(self, job_id: str) -> Job:
        """Return a job. Raises `UnknownJob`."""
        job = None if text_flaw(job_id) else self._one(JOBS.c.id == job_id)
        if job is None:
            raise UnknownJob("There is no such job here.")
        return job

    def by_token(self, token: str) -> Job | None:
        """Return the job whose files have that token in their addresses."""
        return None if text_flaw(token) else self._one(JOBS.c.token == token)

    def change(
        self,
        job_id: str,
        *,
        when: Iterable[State] = (),
        durable: bool = True,
        exclusive: bool = False,
        **changes: Any,
    ) -> Job | None:
        """Change a job, if its state is one of `when` (any, if empty); None if it is not.

        The test and the change are one statement, so of two that try, one succeeds. Without
        `durable` a power cut may undo the change, until the next durable one of whatever job: that
        is for what would be found out again.

        A `generation_id` becomes the job's own. `exclusive` is for one that was found or typed
        rather than told by the provider: raises `TaskTaken` where it is another job's.
        """
        here = [JOBS.c.id == job_id]
        if states := [str(state) for state in when]:
            here.append(JOBS.c.state.in_(states))
        statement = JOBS.update().where(*here).values(**row_of(changes), revision=self._next())
        with self._writing(durable=durable) as db:
            self._lock_owner(db, JOBS.c.owner, JOBS.c.id == job_id)
            row = db.execute(statement.returning(*_SHOWN, JOBS.c.charged)).mappings().first()
            if row is None:
                return None
            job = job_of(row)
            if row["charged"] != job.charged:
                db.execute(JOBS.update().where(JOBS.c.id == job_id).values(charged=job.charged))
            if changes.get("generation_id"):
                _claim(db, row, exclusive=exclusive)
        self._ring(job.owner)
        return job

    def recent(
        self,
        owner: str,
        *,
        limit: int,
        before: datetime | None = None,
        sought: Sequence[Sought] = (),
    ) -> list[Job]:
        """Return an owner's jobs, newest first; `before` leaves out those not older.

        With words `sought`, those that have all of them.
        """
        here = [JOBS.c.owner == owner, *map(_has, sought)]
        if before:
            here.append(JOBS.c.created_at < before)
        newest = sql.select(*_SHOWN).where(*here).order_by(JOBS.c.created_at.desc(), JOBS.c.id)
        return self._all(newest.limit(limit))

    def changed(self, owner: str, after: int, *, among: int) -> list[Job]:
        """Return which of so many newest jobs of an owner's changed after that revision."""
        every = JOBS.alias()
        ages = sql.select(every.c.created_at).where(every.c.owner == owner)
        last = ages.order_by(every.c.created_at.desc()).limit(1).offset(among - 1).scalar_subquery()
        news = sql.select(*_SHOWN).where(JOBS.c.owner == owner, JOBS.c.revision > after)
        newest = news.where(sql.or_(last.is_(None), JOBS.c.created_at >= last))
        return self._all(newest.order_by(JOBS.c.created_at.desc(), JOBS.c.id))

    def charged(self, owner: str, since: datetime) -> float:
        """Return the dollars that an owner's takes since then cost, as far as told."""
        with self._reading() as db:
            return charged_since(db, owner, since)

    def revision(self, owner: str) -> int:
        """Return a number that grows whenever one of the owner's jobs changes."""
        newest = sql.select(sql.func.max(JOBS.c.revision)).where(JOBS.c.owner == owner)
        with self._reading() as db:
            return whole(db.scalar(newest))

    def last_end(self, owner: str, *, among: int) -> datetime | None:
        """Return when the last of an owner's live takes ended, `among` so many of the newest."""
        ends = sql.select(JOBS.c.completed_at).where(JOBS.c.owner == owner, JOBS.c.live)
        newest = ends.order_by(JOBS.c.created_at.desc()).limit(among).subquery()
        with self._reading() as db:
            ended: datetime | None = db.scalar(sql.select(sql.func.max(newest.c.completed_at)))
            return ended

    def unfinished(self, runner: str) -> list[Job]:
        """Return the jobs that a runner has to carry on, oldest first."""
        mine = sql.select(*_SHOWN).where(_UNFINISHED, JOBS.c.runner == runner)
        return self._all(mine.order_by(JOBS.c.created_at))

    def under_way(self) -> dict[bool, int]:
        """Return how many jobs are under way, live ones and those of the sandbox."""
        counts = sql.select(JOBS.c.live, sql.func.count()).where(_UNFINISHED)
        with self._reading() as db:
            return {
                bool(live): whole(count) for live, count in db.execute(counts.group_by(JOBS.c.live))
            }

    def unfinished_ids(self, runner: str) -> list[str]:
        """Return the ids of the jobs that a runner has to carry on, oldest first."""
        mine = sql.select(JOBS.c.id).where(_UNFINISHED, JOBS.c.runner == runner)
        with self._reading() as db:
            return list(db.scalars(mine.order_by(JOBS.c.created_at)))

    def generation_ids(self, provider: str, since: datetime) -> set[str]:
        """Return the provider's tasks that are some job's already, ordered since then."""
        ids = sql.select(JOBS.c.generation_id).where(
            JOBS.c.provider == provider,
            JOBS.c.created_at >= since,
            JOBS.c.generation_id.is_not(None),
        )
        with self._reading() as db:
            return set(db.scalars(ids))

    def adrift(self, provider: str, since: datetime, until: datetime) -> set[str]:
        """Return the jobs whose orders went out then, and are still without a task."""
        ids = sql.select(JOBS.c.id).where(
            JOBS.c.provider == provider,
            JOBS.c.submitted_at.between(since, until),
            JOBS.c.generation_id.is_(None),
            JOBS.c.state.in_([str(State.SUBMITTING), str(State.UNCONFIRMED)]),
        )
        with self._reading() as db:
            return set(db.scalars(ids))

    def durations(self, model: str, *, live: bool, limit: int) -> list[tuple[Any, float]]:
        """Return (params, seconds at the provider) of the latest takes of a model, oldest first."""
        latest = (
            sql.select(*_SHOWN)
            .where(
                JOBS.c.model == model,
                JOBS.c.live == live,
                JOBS.c.state == str(State.COMPLETED),
                JOBS.c.finished_at.is_not(None),
            )
            .order_by(JOBS.c.created_at.desc())
            .limit(limit)
        )
        jobs = reversed(self._all(latest))
        took = ((job.params, job.provider_seconds or 0.0) for job in jobs)
        return [(params, seconds) for params, seconds in took if 0 < seconds < LONGEST_TAKE]

    def beat(self, runner: str, host: str, pid: int, now: datetime, boot: str = "") -> bool:
        """Note that a runner lives; True where nothing was known of it (any more)."""
        with self._writing(durable=False) as db:
            mine = RUNNERS.c.id == runner
            if db.execute(RUNNERS.update().where(mine).values(beat_at=now)).rowcount:
                return False
            facts = {"id": runner, "host": host, "pid": pid, "beat_at": now, "boot": boot}
            db.execute(RUNNERS.insert().values(**facts))
            return True

    def retire(self, runner: str) -> None:
        """Note that a runner has ended, so that its jobs are taken up without a wait."""
        with self._writing() as db:
            db.execute(RUNNERS.update().where(RUNNERS.c.id == runner).values(boot=ENDED))

    def runners(self) -> list[Sign]:
        """Return the last sign of every runner known."""
        with self._reading() as db:
            return [
                Sign(
                    runner=row.id,
                    host=row.host,
                    pid=whole(row.pid),
                    boot=row.boot or "",
                    beat_at=row.beat_at or EPOCH,
                )
                for row in db.execute(RUNNERS.select())
            ]

    def adopt(self, dead: str, heir: str) -> int:
        """Hand a dead runner's unfinished jobs to another and forget it; returns how many."""
        with self._writing() as db:
            forgotten = db.execute(RUNNERS.delete().where(RUNNERS.c.id == dead)).rowcount
            if not forgotten:
                return 0  # another survivor was quicker
            orphans = JOBS.update().where(_UNFINISHED, JOBS.c.runner == dead)
            return db.execute(orphans.values(runner=heir)).rowcount

    def _lock_owner(
        self, db: Connection, owner: sql.ColumnElement[str], *here: sql.ColumnElement[bool]
    ) -> None:
        """Let one transaction at a time change an owner's jobs, to its end.

        A sequence's numbers are given in one order and may be committed in another: a page that
        has seen the later one would never ask for the earlier. Pages read one owner's jobs, so
        it is enough that these are committed in order. SQLite has one writer anyway.
        """
        if self._has_many_writers:
            _lock(db, sql.func.hashtextextended(owner, _OWNERS), *here)

    def _lock_caps(self, db: Connection) -> None:
        """Let one order at a time be held against everybody's sums, which are in several rows.

        Taken last, so whoever holds it waits for nobody. A person's and a household's sums are a
        row each, which their own change locks.
        """
        if self._has_many_writers:
            _lock(db, sql.literal(_CAPS))

    def _next(self) -> sql.ColumnElement[int]:
        """Return the next revision, as part of a statement."""
        if self._has_many_writers:
            return sql.func.nextval("job_revisions")
        others = JOBS.alias()
        newest = sql.select(sql.func.coalesce(sql.func.max(others.c.revision), 0) + 1)
        return newest.scalar_subquery()

    @contextmanager
    def _writing(self, *, durable: bool = True) -> Iterator[Connection]:
        begun = self._engine.begin() if durable else _unsynced(self._engine)
        with self._turn_to_write(), told_apart(), begun as db:
            yield db

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """Have one writer at a time where the database has no more; `StoreAway` after a while.

        SQLite lets two writers of one process poll for each other's end, with growing pauses.
        """
        if self._has_many_writers:
            yield
            return
        if not self._turn.acquire(timeout=self._patience):
            raise StoreAway("The database does not answer just now.")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told_apart(), self._engine.connect() as db:
            yield db

    def _one(self, *here: sql.ColumnElement[bool]) -> Job | None:
        found = self._all(sql.select(*_SHOWN).where(*here).limit(1))
        return found[0] if found else None

    def _all(self, statement: sql.Select[Any]) -> list[Job]:
        with self._reading() as db:
            return [job_of(row) for row in db.execute(statement).mappings()]


def _engine(url: str, patience: float) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "postgresql" and "+" not in address.drivername:
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        engine = sql.create_engine(
            address, pool_pre_ping=True, hide_parameters=True, json_deserializer=stored_json
        )
        sql.event.listen(engine, "connect", _prepare_postgres)
        return engine
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sql.create_engine(
        address,
        connect_args={"timeout": patience},
        hide_parameters=True,
        json_deserializer=stored_json,
    )
    sql.event.listen(engine, "connect", _prepare_sqlite)
    sql.event.listen(engine, "connect", _read_any_text)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # A committed order survives a power cut.
    connection.execute("PRAGMA synchronous = FULL")


def _read_any_text(connection: Any, _record: Any) -> None:
    # SQLite keeps bytes that are no UTF-8 as text, and its driver gives up a whole list for them.
    connection.text_factory = lambda raw: raw.decode(errors="replace")


def _prepare_postgres(connection: Any, _record: Any) -> None:
    connection.adapters.register_loader("timestamptz", lenient_timestamps())


@contextmanager
def _unsynced(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that is not waited for until it is on the disk."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as db:
            db.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
            yield db
        return
    with engine.connect() as db:
        # SQLite takes no such word inside a transaction, and keeps it after.
        connection: Any = db.connection.driver_connection
        connection.execute("PRAGMA synchronous = NORMAL")
        try:
            with db.begin():
                yield db
        finally:
            _prepare_sqlite(connection, None)


def _write_ahead(engine: Engine, patience: float) -> None:
    """Let readers not wait for the writer, from now on and for whoever opens the file."""
    ends = time.monotonic() + patience
    with engine.connect() as db:
        # Two that change a new file's mode at once would each wait for the other to the end.
        db.exec_driver_sql("PRAGMA busy_timeout = 0")
        while True:
            try:
                db.exec_driver_sql("PRAGMA journal_mode = WAL")
                break
            except OperationalError:
                if time.monotonic() > ends:
                    raise
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311  chance parts the two, no secret
        db.exec_driver_sql(f"PRAGMA busy_timeout = {patience * 1000:.0f}")


def _new_row(job: Job) -> dict[str, Any]:
    row = row_of(asdict(job))
    words = words_of(row["model"], row["params"])
    return row | {"words": words, "charged": figure(job.charged)}


def _lock(db: Connection, number: sql.ColumnElement[Any], *here: sql.ColumnElement[bool]) -> None:
    """Wait for a lock of PostgreSQL's that has a number, and hold it to the transaction's end."""
    db.execute(sql.select(sql.func.pg_advisory_xact_lock(number)).where(*here))


def _has(sought: Sought) -> sql.ColumnElement[bool]:
    """Return whether a job has a word in its texts or its model's name, or as part of an id."""
    word = sought.word
    here = [JOBS.c.words.contains(word, autoescape=True), JOBS.c.model.in_(sought.models)]
    if len(word) >= SHORTEST_ID:
        here += [
            JOBS.c.id.startswith(word, autoescape=True),
            JOBS.c.id.endswith(word, autoescape=True),
            sql.func.lower(JOBS.c.generation_id).contains(word, autoescape=True),
        ]
    return sql.or_(*here)


def _claim(db: Connection, row: Mapping[Any, Any], *, exclusive: bool) -> None:
    task = {name: row[name] for name in ("provider", "live", "generation_id")}
    # Of two that claim one task at once, the table's key lets one in, whatever else is locked.
    db.execute(
        sql.text(
            "INSERT INTO tasks (provider, live, generation_id, job_id)"
            " VALUES (:provider, :live, :generation_id, :job_id) ON CONFLICT DO NOTHING"
        ),
        {**task, "job_id": row["id"]},
    )
    if not exclusive:
        return
    # A provider may know its ids in whatever case.
    same = sql.func.lower(TASKS.c.generation_id) == task["generation_id"].lower()
    here = [TASKS.c.provider == task["provider"], TASKS.c.live == task["live"], same]
    if set(db.scalars(sql.select(TASKS.c.job_id).where(*here))) - {row["id"]}:
        raise TaskTaken("That task belongs to another take already.")


def _note_household(db: Connection, job: Job, household: str) -> None:
    old = HOUSEHOLDS.c.created_at < midnight(job.created_at)
    # Nobody asks where an earlier day's orders came from
    forget_households(db, job.created_at)
    db.execute(HOUSEHOLDS.delete().where(old))
    db.execute(
        HOUSEHOLDS.insert().values(job_id=job.id, household=household, created_at=job.created_at)
    )
