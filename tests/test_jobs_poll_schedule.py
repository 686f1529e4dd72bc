"""Asking is rare before a clip can be ready, frequent when it should be, and never hectic."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.poll_schedule import LATE_GAP, LOST_AFTER, LOST_GAP, PATIENCE, Schedule


def simulate(schedule, duration, answer=0.25):
    """Return (seconds from the end to our noticing it, requests made)."""
    now, requests = 0.0, 0
    while True:
        now += schedule.wait(now) + answer
        requests += 1
        if now - answer / 2 >= duration:
            return now - duration, requests


def runs(middle, spread, count, seed):
    chance = random.Random(seed)
    return [max(0.5, chance.gauss(middle, spread * middle)) for _ in range(count)]


@pytest.mark.parametrize(
    ("middle", "spread", "late", "requests"), [(11.5, 0.1, 0.5, 12), (186, 0.15, 2.6, 42)]
)
def test_a_learned_schedule_notices_soon_with_few_requests(middle, spread, late, requests):
    schedule = Schedule.learned(runs(middle, spread, 50, seed=1))
    results = [simulate(schedule, took) for took in runs(middle, spread, 400, seed=2)]
    overheads = [overhead for overhead, _ in results]
    counts = sorted(count for _, count in results)
    assert sum(overheads) / len(overheads) <= late
    assert counts[int(0.95 * len(counts))] <= requests


def test_without_history_it_still_asks_less_often_as_time_goes_by():
    cold = Schedule.learned([11.0, 12.0])
    assert cold.window is None
    waits = [cold.wait(elapsed) for elapsed in (0, 5, 20, 60, 120, 300)]
    assert waits == sorted(waits, key=lambda wait: (wait != 1.0, wait))
    assert waits[0] == 1.0
    assert waits[-1] == 5.0


def test_a_deadline_makes_it_wait_more_slowly_and_for_ever():
    schedule = Schedule.learned([11.5] * 5)
    assert schedule.wait(PATIENCE - 1) <= 10
    assert schedule.wait(PATIENCE) == LATE_GAP
    assert schedule.wait(LOST_AFTER) == LOST_GAP
    assert schedule.is_late(PATIENCE)
    assert not schedule.is_late(PATIENCE - 1)


def test_a_slow_model_is_not_called_late_by_a_fast_one_s_measure():
    assert not Schedule.learned([250.0] * 10).is_late(1200)
    assert Schedule.learned([250.0] * 10).is_late(1250)


@given(
    st.lists(st.floats(0.01, 5000), max_size=60),
    st.floats(0, 1e6),
)
def test_a_wait_is_never_negative_and_never_a_storm(past, elapsed):
    wait = Schedule.learned(past).wait(elapsed)
    assert 0 < wait <= LOST_GAP
    assert wait >= 0.04 or elapsed < 5000


def test_only_the_latest_runs_count():
    old, new = [100.0] * 50, [10.0] * 50
    assert Schedule.learned(old + new).expected == 10.0


def test_hearsay_opens_a_window_around_itself():
    schedule = Schedule.guessed(186.0)
    assert schedule.expected == 186.0
    assert schedule.wait(30) > 5
    assert schedule.wait(186.0) == pytest.approx(0.02 * 186)
