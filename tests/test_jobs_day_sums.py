"""The day's sums that the database keeps are those of its rows, whatever was written, and when."""

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sql
from postgres import running_postgres

from core.errors import Charged, ErrorReport, NotAllowed
from core.jobs.daily_limits import ASSUMED_PRICE, DailyLimits
from core.jobs.store import JobStore
from core.providers.protocol import State

DAY = datetime(2026, 11, 20, tzinfo=UTC)
FREE: Charged = "no"
REFUSED = ErrorReport(kind="x", message="No.", charged=FREE, next_step="Again.")


@pytest.fixture(scope="module")
def server():
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request, store, server):
    if request.param == "sqlite":
        yield store
        return
    if server is None:
        pytest.skip("there is no PostgreSQL here")
    kept = JobStore(server)
    with kept._engine.begin() as db:
        for table in ("jobs", "tasks", "households", "day_sums"):
            db.exec_driver_sql(f"DELETE FROM {table}")
    yield kept
    kept.close()


def sums_of(store, job, household=""):
    """Return the day's sums as a check of an order sees them, and undo that order."""

    class Seen(Exception):
        pass

    def look(day):
        raise Seen(day)

    with pytest.raises(Seen) as seen:
        store.add(job, look, household=household)
    return seen.value.args[0]


def counted(jobs):
    paid = [job for job in jobs if job.key_from == "operator"]
    dollars = sum(ASSUMED_PRICE if job.dollars is None else job.dollars for job in paid)
    return len(paid), pytest.approx(dollars, abs=1e-6)


def told(spent):
    return spent.takes, spent.dollars


def test_whatever_happens_to_takes_the_sums_are_those_of_their_rows(any_store, make_job):
    chance, jobs, homes = random.Random(7), {}, {}
    for _ in range(120):
        match chance.choice(["add", "add", "bill", "fail", "again"]):
            case "add":
                job = make_job(
                    owner=chance.choice(["ann", "ben", "cleo"]),
                    key_from=chance.choice(["operator", "operator", "visitor", "sandbox"]),
                    live=chance.random() < 0.9,
                    dollars=chance.choice([None, 0.1, 0.13, 0.7]),
                    created_at=DAY + timedelta(hours=chance.choice([1, 5, 23, 25, 40])),
                )
                homes[job.id] = chance.choice(["", "here", "there"])
                jobs[job.id] = any_store.add(job, household=homes[job.id])
                continue
            case _ if not jobs:
                continue
            case "bill":
                usd = chance.choice([0.0, 0.1, 0.3, 2.5])
                change = {"usage": {"usd": usd}, "dollars": usd}
            case "fail":
                change = {"state": State.FAILED, "error": REFUSED, "dollars": 0.0}
            case "again":
                change = {"state": State.RUNNING, "error": None}
        job_id = chance.choice(sorted(jobs))
        jobs[job_id] = any_store.change(job_id, **change)
    for day in (DAY, DAY + timedelta(days=1)):
        late = [job for job in jobs.values() if job.created_at >= day]
        for owner in ("ann", "ben", "cleo"):
            new = make_job(owner=owner, created_at=day, dollars=0.25)
            day_s = sums_of(any_store, new, "elsewhere")
            assert told(day_s.own) == counted([*(j for j in late if j.owner == owner), new])
            assert told(day_s.everybody) == counted([*late, new])
            assert told(day_s.household) == counted([new])
            mine = [job for job in jobs.values() if job.owner == owner]
            for since in (day, day + timedelta(hours=4), day + timedelta(hours=24)):
                costs = sum(job.charged or 0.0 for job in mine if job.created_at >= since)
                assert any_store.charged(owner, since) == pytest.approx(costs, abs=1e-6)
    kept = [job for job in jobs.values() if homes[job.id] == "here" and job.created_at >= DAY]
    # An order of a later day has the earlier days' households forgotten.
    last = DAY + timedelta(days=1)
    here = make_job(owner="x", created_at=last)
    late = [job for job in kept if job.created_at >= last]
    assert told(sums_of(any_store, here, "here").household) == counted([*late, here])


@pytest.mark.parametrize("worth", ["'NaN'", "'Infinity'", "1e300", "-5", "NULL"])
def test_a_row_without_a_figure_counts_a_dollar_and_comes_out_again(any_store, make_job, worth):
    job = any_store.add(make_job(owner="ann", dollars=0.3, created_at=DAY))
    with any_store._engine.begin() as db:
        db.exec_driver_sql(f"UPDATE jobs SET dollars = {worth}, charged = {worth}")
    new = make_job(owner="ann", dollars=0.3, created_at=DAY)
    assert told(sums_of(any_store, new).own) == (2, pytest.approx(1.3))
    assert any_store.charged("ann", DAY - timedelta(days=1)) == 0
    any_store.change(job.id, dollars=0.1, usage={"usd": 0.1})
    assert told(sums_of(any_store, new).own) == (2, pytest.approx(0.4))
    assert any_store.charged("ann", DAY - timedelta(days=1)) == pytest.approx(0.1)
    with any_store._engine.begin() as db:
        db.exec_driver_sql("DELETE FROM jobs")
    assert told(sums_of(any_store, new).everybody) == (1, pytest.approx(0.3))


def test_a_dear_mistake_does_not_blur_the_sums_when_it_is_put_right(any_store, make_job):
    job = any_store.add(make_job(owner="ann", dollars=1e15, created_at=DAY))
    new = make_job(owner="ann", dollars=0.1, created_at=DAY)
    assert sums_of(any_store, new).own.dollars > 100_000
    any_store.change(job.id, dollars=0.2)
    assert sums_of(any_store, new).own.dollars == pytest.approx(0.3, abs=1e-9)


def test_everybody_s_sums_hold_under_race_though_they_lie_in_several_rows(any_store, make_job):
    cap, refused = DailyLimits(takes_in_all=3), []
    assert cap.caps_everybody

    def press(owner):
        try:
            any_store.add(make_job(owner=owner, created_at=DAY), cap.check_day)
        except NotAllowed:
            refused.append(owner)

    threads = [threading.Thread(target=press, args=[owner]) for owner in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5


def test_without_a_cap_in_all_nobody_waits_for_everybody_s_sums(any_store, make_job):
    assert not DailyLimits(takes_per_person=3, dollars_per_person=1.0).caps_everybody
    seen = []
    any_store.add(make_job(), seen.append, everybody=False)
    assert (seen[0].own.takes, seen[0].everybody.takes) == (1, 0)


def test_old_takes_are_summed_when_their_database_is_brought_up_to_date(tmp_path):
    from test_jobs_migrations import made_as

    url = made_as("before-the-day-sums", f"sqlite:///{tmp_path / 'old.db'}")
    engine = sql.create_engine(url)
    with engine.begin() as db:
        db.exec_driver_sql("UPDATE jobs SET dollars = 0.4, usage = '{\"usd\": 0.25}'")
        db.exec_driver_sql("INSERT INTO households VALUES ('old', 'here', '2026-11-21')")
    store = JobStore(url)
    with store._reading() as db:
        rows = db.exec_driver_sql("SELECT * FROM day_sums ORDER BY scope").all()
    day, nanos = "2026-11-21", 1_000_000_000
    assert [tuple(row) for row in rows] == [
        ("all", "0", day, 1, int(0.4 * nanos), 0),
        ("household", "here", day, 1, int(0.4 * nanos), 0),
        ("owner", "a", day, 1, int(0.4 * nanos), int(0.25 * nanos)),
    ]
    assert store.charged("a", DAY) == pytest.approx(0.25)
    store.close()


def plans(store, work):
    """Return how SQLite goes about each statement of a piece of work."""
    seen = []

    def note(_db, _cursor, statement, parameters, _context, many):
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")) and not many:
            seen.append((statement, parameters))

    sql.event.listen(store._engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sql.event.remove(store._engine, "before_cursor_execute", note)
    with store._engine.connect() as db:
        return [
            (statement, row[3])
            for statement, parameters in seen
            for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.parametrize("household", ["", "here"])
def test_an_order_reads_one_take_and_no_more_however_many_there_are(store, make_job, household):
    held = DailyLimits(takes_in_all=9, dollars_per_person=9.0).check_day
    found = plans(store, lambda: store.add(make_job(), held, household=household))
    steps = [step for _, step in found if "jobs" in step]
    assert steps
    by_key = ("(id=?)", "jobs_by_revision", "sqlite_autoindex_jobs")
    assert all(any(key in step for key in by_key) for step in steps), steps
    assert not [step for _, step in found if step.startswith("SCAN") and "jobs_by" not in step]


def test_what_a_month_cost_is_read_from_days_and_one_index(store, make_job):
    found = plans(store, lambda: store.charged("ann", DAY))
    assert [step for _, step in found] == [
        "SEARCH jobs USING COVERING INDEX jobs_by_age (owner=? AND created_at>? AND created_at<?)",
        "SEARCH day_sums USING INDEX sqlite_autoindex_day_sums_1 (scope=? AND name=? AND day>?)",
    ]


def test_past_takes_of_a_model_are_found_without_reading_the_others(store):
    found = plans(store, lambda: store.durations("m", live=True, limit=50))
    assert [step for _, step in found] == [
        "SEARCH jobs USING INDEX jobs_alike (model=? AND live=? AND state=?)"
    ]
