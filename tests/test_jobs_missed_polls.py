"""What a missed poll means: how long it is waited, what is said, and what is never an end."""

import pytest

from core.client.backoff import asked_wait, spoken
from core.errors import (
    Forbidden,
    MissingKey,
    NotFound,
    OutOfCredit,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Unintelligible,
    Unreachable,
)
from core.jobs.missed_polls import FORGOTTEN_AFTER, MissedPolls


def refused(kind, status, *, asked=None):
    error = kind("It said no.", status=status, provider_message="still in progress")
    error.retry_after = asked
    return error


@pytest.fixture
def missed(clock):
    return MissedPolls(label="Krea", clock=clock.as_clock)


def keep_missing(missed, clock, error, seconds):
    ends = clock.passed + seconds
    while clock.passed < ends:
        missed.meet(error)
        clock.passed += missed.wait


@pytest.mark.parametrize(
    "error",
    [
        refused(Rejected, 400),
        refused(Rejected, 408),
        refused(Forbidden, 403),
        refused(OutOfCredit, 402),
        refused(Unauthorized, 401),
        refused(RateLimited, 429, asked=86400),
        refused(Unavailable, 502),
        Unreachable("It could not be reached."),
        Unintelligible("It answered with a page."),
    ],
    ids=lambda error: error.kind,
)
def test_nothing_but_a_forgotten_task_is_an_end(missed, clock, error):
    keep_missing(missed, clock, error, 50_000)
    assert 0 < missed.wait <= 60
    assert "watch" in missed.meet(error) or error.next_step in missed.meet(error)


def test_a_task_is_forgotten_only_after_long(missed, clock):
    error = refused(NotFound, 404)
    keep_missing(missed, clock, error, FORGOTTEN_AFTER - 61)
    clock.passed += 62
    with pytest.raises(NotFound) as caught:
        missed.meet(error)
    assert caught.value.charged == "unknown"


def test_another_trouble_in_between_is_no_sign_of_being_forgotten(missed, clock):
    for _ in range(100):
        missed.meet(refused(NotFound, 404))
        missed.meet(refused(Unavailable, 502))
        clock.passed += 60
    missed.clear()
    assert (missed.wait, missed.count, missed.since) == (0.0, 0, None)


def test_what_is_no_trouble_of_the_provider_s_is_raised(missed):
    with pytest.raises(MissingKey):
        missed.meet(MissingKey("No key."))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": "30", "x-ratelimit-remaining": "5"}, None),
        ({"x-ratelimit-reset": "30", "x-ratelimit-remaining": "0"}, 30),
        ({"ratelimit-reset": "6m0.5s"}, 360.5),
        ({"x-ratelimit-reset": "120ms"}, 0.12),
        ({"x-ratelimit-reset": "soon"}, None),
        ({"x-ratelimit-reset": "1", "retry-after": "9"}, 9),
        ({"x-retry-after": "7"}, 7),
    ],
    ids=str,
)
def test_vendors_hints_are_read(clock, headers, seconds):
    assert asked_wait(headers, clock.now) == seconds


def test_a_moment_of_reset_is_a_wait_until_then(clock):
    then = clock.now.timestamp()
    for reset in (str(int(then) + 90), str((int(then) + 90) * 1000)):
        assert asked_wait({"x-ratelimit-reset": reset}, clock.now) == 90


def test_a_wait_is_said_in_its_own_unit():
    said = [spoken(seconds) for seconds in (1, 60, 120, 5400, 86400, 200_000, 1e15)]
    assert said[:6] == ["1 second", "60 seconds", "2 minutes", "2 hours", "24 hours", "2 days"]
    assert len(said[6]) < 20
