"""Questions with one key stay within a rate, in order, and one that is told to wait tells all."""

import pytest
from pydantic import SecretStr

from core.client import ConnectionPool, Route
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
