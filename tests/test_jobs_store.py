"""Rows come back as they were written, and of two that try the same change one succeeds."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy
from postgres import running_postgres
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from core.errors import ErrorReport, UnknownJob
from core.jobs.store import JobStore
from core.jobs.store_troubles import StoreAway
from core.providers.protocol import State

REPORT = ErrorReport(kind="rejected", message="No.", charged="no", next_step="Try again.")


def test_a_job_comes_back_as_it_was_written(store, new_job, clock):
    job = new_job(params={"prompt": "é\n\"'; DROP TABLE jobs", "seed": 2**53 - 1})
    store.change(job.id, error=REPORT, submitted_at=clock.now, usage={"usd": 0.1})
    kept = store.get(job.id)
    assert kept.params == job.params
    assert kept.error == REPORT
    assert kept.submitted_at == clock.now
    assert kept.submitted_at.tzinfo is not None
    assert kept.state is State.QUEUED


def test_an_unknown_job_is_called_so(store):
    with pytest.raises(UnknownJob):
        store.get("nobody")
    assert store.by_token("nobody") is None


def test_the_same_request_key_of_one_owner_is_one_job(store, new_job):
    one = new_job(request_key="k", owner="a")
    assert new_job(request_key="k", owner="a").id == one.id
    assert new_job(request_key="k", owner="b").id != one.id
    assert new_job().id != new_job().id


def test_two_jobs_never_share_a_request_id(new_job):
    new_job(request_id="same")
    with pytest.raises(IntegrityError):
        new_job(request_id="same")


def test_of_many_that_claim_a_job_exactly_one_gets_it(store, new_job):
    job, won = new_job(), []

    def claim():
        if store.change(job.id, when=[State.QUEUED], state=State.SUBMITTING):
            won.append(1)

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


def test_a_change_in_another_state_changes_nothing(store, new_job):
    job = new_job()
    assert store.change(job.id, when=[State.RUNNING], note="x") is None
    assert store.get(job.id) == job


def test_every_change_moves_the_owner_s_revision(store, new_job):
    job = new_job(owner="a")
    before = store.revision("a")
    store.change(job.id, note="x")
    assert store.revision("a") > before
    assert store.revision("b") == 0


def test_a_change_gives_the_job_as_it_is_then(store, new_job):
    job = new_job()
    changed = store.change(job.id, state=State.FAILED, error=REPORT, usage={"usd": 0.1})
    assert changed == store.get(job.id)
    assert (changed.state, changed.error) == (State.FAILED, REPORT)
    assert changed.revision > job.revision


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request, store):
    if request.param == "sqlite":
        yield store
        return
    with running_postgres() as url:
        if url is None:
            pytest.skip("there is no PostgreSQL here")
        server = JobStore(url)
        yield server
        server.close()


def test_only_a_change_that_may_be_lost_is_not_waited_for_on_the_disk(any_store, make_job):
    asked = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
    waits = {"2": True, "1": False, "on": True, "off": False}
    engine, seen = any_store._engine, []

    def look(db):
        seen.append(waits[str(db.exec_driver_sql(asked[engine.dialect.name]).scalar())])

    event.listen(engine, "commit", look)
    job = any_store.add(make_job())
    any_store.change(job.id, durable=False, note="a")
    any_store.change(job.id, note="b")
    with pytest.raises(sqlalchemy.exc.CompileError):
        any_store.change(job.id, durable=False, nothing="c")
    any_store.change(job.id, note="d")
    assert seen == [True, False, True, True]


def test_what_changed_is_told_of_the_newest_alone(store, new_job, clock):
    def made(minutes, owner="a"):
        return new_job(owner=owner, created_at=clock.now + timedelta(minutes=minutes))

    first, second, third, other = made(1), made(2), made(3), made(4, "b")
    assert store.changed("a", 0, among=9) == [third, second, first]
    assert store.changed("a", 0, among=2) == [third, second]
    since = store.revision("b")
    assert store.changed("a", since, among=9) == []
    first, _ = store.change(first.id, note="x"), store.change(other.id, note="x")
    assert store.changed("a", since, among=9) == [first]
    assert store.changed("a", since, among=3) == [first]
    assert store.changed("a", since, among=2) == []


def test_the_last_end_is_that_of_a_live_take_of_one_s_own(store, new_job, clock):
    def ended(minutes, **changes):
        at = clock.now + timedelta(minutes=minutes)
        new_job(created_at=at, completed_at=at, state=State.COMPLETED, **changes)
        return at

    assert store.last_end("a", among=2) is None
    ended(1, owner="a")
    last = ended(2, owner="a")
    ended(3, owner="a", live=False)
    ended(4, owner="b")
    new_job(owner="a", created_at=clock.now + timedelta(minutes=5))
    assert store.last_end("a", among=2) == last
    assert store.last_end("a", among=1) is None


def test_history_is_newest_first_in_pages_and_of_one_owner(store, new_job, clock):
    jobs = [new_job(created_at=clock.now + timedelta(seconds=n), owner="a") for n in range(5)]
    new_job(owner="b")
    first = store.recent("a", limit=2)
    assert [job.id for job in first] == [jobs[4].id, jobs[3].id]
    rest = store.recent("a", limit=9, before=first[-1].created_at)
    assert [job.id for job in rest] == [jobs[2].id, jobs[1].id, jobs[0].id]


def test_a_dead_runner_s_jobs_are_adopted_by_one_survivor(store, new_job, clock):
    running = new_job(runner="dead", state=State.RUNNING)
    new_job(runner="dead", state=State.COMPLETED)
    store.beat("dead", "host", 1, clock.now)
    assert store.adopt("dead", "one") == 1
    assert store.adopt("dead", "two") == 0
    new_job(runner="one", state=State.FAILED)
    assert [job.id for job in store.unfinished("one")] == [running.id]
    assert store.unfinished_ids("one") == [running.id]


def test_durations_are_those_of_finished_takes_oldest_first(store, new_job, clock):
    for took in (10, 12):
        new_job(
            state=State.COMPLETED,
            created_at=clock.now + timedelta(seconds=took),
            submitted_at=clock.now,
            finished_at=clock.now + timedelta(seconds=took),
        )
    new_job(state=State.FAILED, submitted_at=clock.now, finished_at=clock.now)
    found = store.durations("aimlapi:krea/krea-wan-14b/text-to-video", live=True, limit=9)
    assert [seconds for _, seconds in found] == [10.0, 12.0]


def test_one_writer_has_the_turn_and_who_waits_too_long_hears_that_the_database_is_away(
    tmp_path, make_job
):
    store = JobStore(f"sqlite:///{tmp_path / 'jobs.db'}", patience=0.2)
    waiting, waited = make_job(), make_job()
    store.add(waited)

    def while_it_writes(_sums):
        with pytest.raises(StoreAway), ThreadPoolExecutor(1) as other:
            other.submit(store.change, waited.id, note="late").result()

    store.add(waiting, while_it_writes)
    assert store.get(waited.id).note == ""
    assert store.change(waited.id, note="in time").note == "in time"
    store.close()
