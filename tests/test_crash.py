"""kill -9 at any moment, then a new start: one order at the provider, one clip, nothing lost."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from served import served_sandbox

from core.jobs.store import JobStore
from core.providers.protocol import State

CHILD = Path(__file__).with_name("child.py")
WAN = "aimlapi:krea/krea-wan-14b/text-to-video"
KLING = "krea:kling/kling-2.5"


@pytest.fixture
def provider(tmp_path):
    with served_sandbox(tmp_path / "provider") as (gate, url):
        yield gate, url


@contextmanager
def running(folder, url, *order):
    """A child with a live key for the served sandbox; killed without mercy at the end."""
    environment = os.environ | {
        "AIMLAPI_API_KEY": "key",
        "AIMLAPI_BASE_URL": url,
        "KREA_API_KEY": "key",
        "KREA_BASE_URL": url,
    }
    command = [sys.executable, str(CHILD), str(folder), *order]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=folder
    ) as child:
        try:
            yield child.stdout.readline().strip()
        finally:
            child.send_signal(signal.SIGKILL)


def until(condition, seconds=30.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)
    return value


def restart_and_finish(folder, url, store, job_id):
    with running(folder, url):
        until(lambda: store.get(job_id).state.is_final)
    return store.get(job_id)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def rows(data):
    store = JobStore(f"sqlite:///{data / 'dailies.db'}")
    yield store
    store.close()


def assert_one_clip(job, gate, data):
    assert job.state is State.COMPLETED, job.error
    assert gate.tally["create"] == 1
    assert gate.keyed_files == 0
    clips = list((data / "takes").glob("*/clip.mp4"))
    assert [clip.parent.name for clip in clips] == [job.id]
    left = {path.name for path in clips[0].parent.iterdir()}
    assert left == {"clip.mp4", "poster.jpg", "preview.webp", "preview.gif"}


@pytest.mark.parametrize(
    ("held", "model"),
    [
        ("after create", WAN),
        ("after create", KLING),
        ("before poll", WAN),
        ("before poll", KLING),
        ("before file", WAN),
    ],
)
def test_a_job_outlives_a_kill_while_a_request_is_under_way(provider, data, rows, held, model):
    gate, url = provider
    gate.closed.add(held)
    with running(data, url, model, "a fox") as job_id:
        until(lambda: gate.tally[f"held {held}"])
    gate.closed.clear()
    job = restart_and_finish(data, url, rows, job_id)
    assert_one_clip(job, gate, data)


def test_an_order_that_was_lost_before_the_provider_saw_it_is_unconfirmed(provider, data, rows):
    gate, url = provider
    job = rows.add(_row(rows, State.SUBMITTING))
    done = restart_and_finish(data, url, rows, job.id)
    assert done.state is State.UNCONFIRMED
    assert done.error.charged == "unknown"
    assert gate.tally["create"] == 0


def test_a_job_that_was_only_written_down_is_ordered_once(provider, data, rows):
    gate, url = provider
    job = rows.add(_row(rows, State.QUEUED))
    assert_one_clip(restart_and_finish(data, url, rows, job.id), gate, data)


def test_a_take_is_shown_before_its_previews_and_outlives_a_kill_between(provider, data, rows):
    gate, url = provider
    with running(data, url, WAN, "a fox") as job_id:
        until(lambda: rows.get(job_id).files)
        assert rows.get(job_id).state in (State.SAVING, State.COMPLETED)
    files = gate.tally["file"]
    job = restart_and_finish(data, url, rows, job_id)
    assert_one_clip(job, gate, data)
    assert gate.tally["file"] == files


def test_a_restart_takes_up_a_running_job_within_a_second_or_two(provider, data, rows):
    gate, url = provider
    gate.closed.add("before poll")
    with running(data, url, WAN, "a fox") as job_id:
        until(lambda: gate.tally["held before poll"])
    polls = gate.tally["poll"]
    with running(data, url) as ready:
        assert ready == "ready"
        until(lambda: gate.tally["poll"] > polls, seconds=2)
    assert rows.get(job_id).state is State.RUNNING


def _row(rows, state):
    """A job of a runner that died here, as its last write left it."""
    import secrets
    from datetime import UTC, datetime

    from core.jobs.job import Job

    now = datetime.now(UTC)
    rows.beat("dead", socket.gethostname(), 2**22 - 1, now)
    return Job(
        id=secrets.token_hex(16),
        token=secrets.token_hex(16),
        owner="",
        model=WAN,
        provider="aimlapi",
        live=True,
        key_from="operator",
        params={"prompt": "a fox", "num_frames": 18},
        request_id="dailies-dead",
        state=state,
        created_at=now,
        submitted_at=now if state is State.SUBMITTING else None,
        runner="dead",
    )
