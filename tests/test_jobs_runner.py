"""The runner carries what is unfinished, and leaves alone what no wait would mend."""

import time

import pytest
import sqlalchemy
from vendor import Vendor, make_workflow

from core.jobs.runner import Runner
from core.providers.protocol import State


@pytest.fixture
def runner(store, tmp_path, clock, clip_bytes):
    carriers = [make_workflow(store, tmp_path, clock, Vendor(clip_bytes))]
    runner = Runner(store, carriers.pop, lambda: clock.now, beat=0.02)
    runner.start()
    yield runner
    runner.stop()


def statements(store, *, for_seconds):
    """Return what the database is asked to write in that time."""
    seen = []
    sqlalchemy.event.listen(
        store._engine, "before_cursor_execute", lambda *said: seen.append(said[2])
    )
    time.sleep(for_seconds)
    return [text for text in seen if "UPDATE jobs" in text]


def test_a_job_that_the_database_refuses_is_tried_once_and_kept(store, runner, new_job, caplog):
    with store._engine.begin() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE UPDATE ON jobs BEGIN INSERT INTO nowhere VALUES (1); END"
        )
    job = new_job(runner=runner.id)
    runner.begin(job.id)
    ends = time.monotonic() + 5
    while "carried no further" not in caplog.text and time.monotonic() < ends:
        time.sleep(0.01)
    assert "nowhere" in caplog.text, "the log has the database's own words"
    assert statements(store, for_seconds=0.2) == [], "ten beats, and not tried again"
    assert store.get(job.id).state is State.QUEUED
    with store._engine.begin() as db:
        db.exec_driver_sql("DROP TRIGGER broken")
    runner.again(job.id)
    while not store.get(job.id).state.is_final and time.monotonic() < ends:
        time.sleep(0.01)
    assert store.get(job.id).state is State.COMPLETED
