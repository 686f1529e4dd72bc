"""What is expected of the next take: learned from the last ones, else what is said of the model."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.jobs.durations import SANDBOX_WAIT, Durations
from core.models import MODELS
from core.providers.protocol import State

KLING = MODELS["aimlapi:kling-video/v1.6/standard/text-to-video"]


@pytest.fixture
def durations(store):
    return Durations(store)


def finished(store, make_job, seconds, **changes):
    job = make_job(KLING.key, live=True, **changes)
    store.add(job)
    ended = job.created_at + timedelta(seconds=seconds)
    store.change(
        job.id,
        state=State.COMPLETED,
        submitted_at=job.created_at,
        finished_at=ended,
        completed_at=ended,
    )


def test_a_built_in_model_that_was_never_used_takes_as_long_as_is_said(durations):
    assert durations.expected(KLING, {"duration": 5}, live=True) == KLING.wait
    assert durations.expected(KLING, {"duration": 5}, live=False) == SANDBOX_WAIT


def test_its_first_task_is_asked_after_around_that_time(durations, make_job):
    schedule = durations.schedule(make_job(KLING.key, live=True), KLING)
    assert schedule.window.opens < KLING.wait < schedule.window.closes


def test_of_an_unknown_model_nothing_is_assumed(durations, make_job):
    unknown = replace(KLING, built_in=False)
    assert durations.schedule(make_job(KLING.key, live=True), unknown).window is None


def test_one_take_is_better_than_hearsay_and_three_are_better_still(durations, store, make_job):
    params = {"prompt": "a", "duration": 5}
    finished(store, make_job, 100.0, params=params)
    assert Durations(store).expected(KLING, params, live=True) == pytest.approx(100.0)
    finished(store, make_job, 80.0, params=params)
    finished(store, make_job, 90.0, params=params)
    assert Durations(store).expected(KLING, params, live=True) == pytest.approx(90.0)


def test_a_longer_clip_is_another_measure(store, make_job):
    for _ in range(3):
        finished(store, make_job, 300.0, params={"prompt": "a", "duration": 10})
    assert Durations(store).expected(KLING, {"duration": 5}, live=True) == KLING.wait


def test_a_model_may_call_a_list_what_others_call_a_length(store, make_job):
    params = {"prompt": "a", "resolution": [832, 480]}
    for _ in range(3):
        finished(store, make_job, 70.0, params=params)
    assert Durations(store).expected(KLING, params, live=True) == pytest.approx(70.0)
    assert Durations(store).expected(KLING, {"resolution": [480, 832]}, live=True) == KLING.wait


def test_five_and_five_point_nought_are_one_length(store, make_job):
    for _ in range(3):
        finished(store, make_job, 70.0, params={"prompt": "a", "duration": 5.0})
    assert Durations(store).expected(KLING, {"duration": 5}, live=True) == pytest.approx(70.0)
