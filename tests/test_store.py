"""Rows come back as they were written, and of two that try the same change one succeeds."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from core.contract import State
from core.errors import ErrorReport, UnknownJob
from core.store import MIGRATIONS, JobStore

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
    assert [job.id for job in store.unfinished("one")] == [running.id]


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


def test_an_old_database_is_brought_up_to_date_and_keeps_its_jobs(tmp_path, new_job, store):
    job = new_job()
    again = JobStore(f"sqlite:///{tmp_path / 'jobs.db'}")
    assert again.get(job.id) == job
    again.close()
    assert len(MIGRATIONS) >= 1
