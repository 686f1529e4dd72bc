"""Many takes, many owners, many orders at once: what one costs does not grow, and nobody waits."""

import asyncio
import sqlite3
import threading
import time
from datetime import UTC, datetime

import pytest
from postgres import running_postgres
from vendor import Vendor, make_workflow, task

from core.jobs.daily_limits import DailyLimits
from core.jobs.store import JobStore
from core.providers.protocol import State

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def replicas():
    """Two processes' stores on one PostgreSQL."""
    with running_postgres() as url:
        if url is None:
            pytest.skip("there is no PostgreSQL here")
        stores = [JobStore(url), JobStore(url)]
        yield stores
        for store in stores:
            store.close()


def waiting(store):
    """Return how many of the server's connections wait for a lock."""
    with store._engine.connect() as db:
        return db.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).scalar()


def until(what, seconds=20):
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.01)


class Held:
    """An order that stands between its writing and its commit, in a thread of its own."""

    def __init__(self, store, job, **how):
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.kept = None
        self._thread = threading.Thread(target=self._add, args=[store, job], kwargs=how)
        self._thread.start()

    def _add(self, store, job, **how):
        self.kept = store.add(job, self._stop, **how)

    def _stop(self, _day):
        self.reached.set()
        assert self.go_on.wait(30)

    def end(self):
        self.go_on.set()
        self._thread.join(30)
        return self.kept


@pytest.mark.fault(
    265,
    "one owner's order is being written on PostgreSQL; others order and are carried on",
    "none waits for it; that owner's next write does, so no page ever misses a change",
)
def test_owners_do_not_wait_for_each_other(replicas, make_job):
    here, there = replicas
    first = Held(here, make_job(owner="ann"), everybody=False)
    assert first.reached.wait(20)
    # Would this wait, it would wait for ever: the first goes on only after it.
    other = there.add(make_job(owner="ben"), DailyLimits().check_day, everybody=False)
    assert there.change(other.id, note="carried on")
    late = Held(there, make_job(owner="ann"), everybody=False)
    until(lambda: waiting(here) == 1)
    assert not late.reached.is_set()
    assert here.revision("ann") == 0, "neither is to be seen yet"
    early = first.end()
    assert late.reached.wait(20)
    seen = here.revision("ann")
    assert seen == early.revision
    assert [job.id for job in here.changed("ann", seen, among=9)] == []
    second = late.end()
    assert [job.id for job in here.changed("ann", seen, among=9)] == [second.id]


@pytest.mark.fault(
    266,
    "two replicas take orders of two owners at once, with room for one under the cap in all",
    "the second waits for the first, sees its sum, and is refused",
)
def test_a_cap_in_all_is_looked_at_one_order_at_a_time(replicas, make_job):
    here, there = replicas
    first = Held(here, make_job(owner="ann", created_at=DAY))
    assert first.reached.wait(20)
    days = []
    second = threading.Thread(
        target=lambda: there.add(make_job(owner="ben", created_at=DAY), days.append)
    )
    second.start()
    until(lambda: waiting(here) == 1)
    assert days == []
    first.end()
    second.join(20)
    assert [day.everybody.takes for day in days] == [2]


@pytest.mark.fault(
    267,
    "2,000 takes of a day, then one more order, and a page that asks what a month cost",
    "as many steps of the database as on the first day: sums are kept, not summed up",
)
def test_an_order_takes_no_more_steps_among_many_takes(store, make_job):
    def steps(work):
        count = 0

        def tick():
            nonlocal count
            count += 1

        with store._engine.connect() as db:
            raw = db.connection.driver_connection
        raw.set_progress_handler(tick, 10)
        work()
        raw.set_progress_handler(None, 10)
        return count

    cap = DailyLimits(takes_in_all=9000, dollars_per_person=1e6).check_day

    def work():
        store.add(make_job(), cap)
        store.charged("", datetime(2026, 10, 20, tzinfo=UTC))

    steps(work)
    few = steps(work)
    rows = [make_job() for _ in range(2000)]
    for job in rows:
        store.add(job)
    assert steps(work) <= 1.3 * few


@pytest.mark.anyio
@pytest.mark.fault(
    268,
    "another program locks the SQLite file while one take has to be written and another is polled",
    "the one waits for the file; the other is asked after on its schedule",
)
async def test_a_locked_database_stalls_no_other_take(store, new_job, tmp_path, clock, clip_bytes):
    vendor = Vendor(clip_bytes)
    vendor.polls = [task("generating")]
    polled = new_job(state=State.RUNNING, generation_id="task-1", provider_status="generating")
    other = new_job()
    workflow = make_workflow(store, tmp_path, clock, vendor)
    locker = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
    try:
        locker.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.off_loop.change(other.id, note="written"))
        carrying = asyncio.create_task(workflow.carry(polled.id))
        ends = time.monotonic() + 8
        while len(vendor.seen["polls"]) < 5:
            assert time.monotonic() < ends
            await asyncio.sleep(0.01)
        assert not writing.done()
        locker.execute("ROLLBACK")
        assert (await writing).note == "written"
    finally:
        locker.close()
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        store.close()


@pytest.mark.anyio
async def test_a_write_that_is_cut_off_is_finished_and_its_end_is_heard_first(store, new_job):
    job, heard = new_job(), []

    async def write():
        heard.append(await store.off_loop.change(job.id, note="kept"))
        heard.append("not cut off before it heard")
        await asyncio.sleep(1)
        heard.append("went on")

    writing = asyncio.create_task(write())
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert [getattr(one, "note", one) for one in heard] == ["kept", "not cut off before it heard"]
    store.close()
