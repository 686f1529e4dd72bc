"""Questions with one key stay within a rate, in order, and one that is told to wait tells all."""

import asyncio

import pytest
from pydantic import SecretStr

from core.client import Clock, ConnectionPool, Route
from core.client.rate_limiter import RateLimiter
from core.providers import PROVIDERS

pytestmark = pytest.mark.anyio


async def test_a_burst_goes_at_once_and_the_rest_at_the_rate(clock):
    pace = RateLimiter(clock.as_clock, rate=4, burst=8)
    for _ in range(8):
        await pace.turn()
    assert clock.passed == 0
    for _ in range(8):
        await pace.turn()
    assert clock.passed == pytest.approx(2.0)


async def test_a_silence_earns_one_burst_and_no_more(clock):
    pace = RateLimiter(clock.as_clock, rate=4, burst=8)
    await clock.sleep(3600)
    for _ in range(16):
        await pace.turn()
    assert clock.passed == pytest.approx(3602.0)


async def test_a_provider_that_asks_for_quiet_gets_it_from_all_jobs(clock):
    pace = RateLimiter(clock.as_clock)
    pace.hold(30)
    await pace.turn()
    assert clock.passed == pytest.approx(30.0)


async def test_jobs_with_one_key_share_a_line_and_others_do_not(clock):
    def route(key):
        return Route(provider=PROVIDERS["krea"], key=SecretStr(key), base_url="http://127.0.0.1:9")

    connections = ConnectionPool(clock.as_clock)
    lines = [connections.connection(route(key)) for key in ("a", "a", "b")]
    async with lines[0] as one, lines[1] as same, lines[2] as other:
        assert one is same
        assert one is not other
    async with connections.connection(route("a")) as later:
        assert later is not one


class PatientClock:
    """A clock whose sleepers sleep until it is moved on to the next of them."""

    def __init__(self):
        self.passed, self._sleepers = 0.0, []

    async def sleep(self, seconds):
        woken = asyncio.Event()
        self._sleepers.append((self.passed + seconds, woken))
        await woken.wait()

    async def run(self):
        for _ in range(20):
            await asyncio.sleep(0)
        while self._sleepers:
            first = min(self._sleepers, key=lambda one: one[0])
            self._sleepers.remove(first)
            self.passed = max(self.passed, first[0])
            first[1].set()
            for _ in range(20):
                await asyncio.sleep(0)

    @property
    def as_clock(self):
        return Clock(sleep=self.sleep, monotonic=lambda: self.passed)


async def test_who_was_due_first_goes_first_also_past_whoever_waits_already():
    clock, gone = PatientClock(), []
    limiter = RateLimiter(clock.as_clock, rate=10, burst=1)
    await limiter.turn()

    async def ask(due):
        await limiter.turn(due)
        gone.append((due, round(clock.passed, 3)))

    asking = [asyncio.create_task(ask(due)) for due in (0.9, 0.5, 0.7, -30.0)]
    await clock.run()
    await asyncio.gather(*asking)
    assert gone == [(-30.0, 0.1), (0.5, 0.2), (0.7, 0.3), (0.9, 0.4)]


async def test_who_keeps_the_watch_and_is_cut_off_leaves_it_to_another():
    clock, gone = PatientClock(), []
    limiter = RateLimiter(clock.as_clock, rate=10, burst=1)
    await limiter.turn()

    async def ask(due):
        await limiter.turn(due)
        gone.append(due)

    first, second, third = (asyncio.create_task(ask(due)) for due in (1.0, 2.0, 3.0))
    for _ in range(20):
        await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    await clock.run()
    await third
    assert gone == [3.0]
    assert first.cancelled()


async def test_a_rest_of_adding_floats_is_no_wait(clock):
    limiter = RateLimiter(clock.as_clock, rate=3, burst=1)
    for _ in range(1000):
        await limiter.turn()
    assert clock.passed == pytest.approx(333.0, abs=0.1)
    assert len(clock.slept) == 999
