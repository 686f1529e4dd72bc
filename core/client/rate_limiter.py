"""Keeps the free requests made with one key within a rate that a provider bears; it only waits."""

from __future__ import annotations

from core.client.clock import Clock

RATE = 10.0
"""Requests a second. No vendor publishes a figure for asking after tasks; this one is ours."""

BURST = 10
"""Requests that may go at once after a silence."""


class RateLimiter:
    """One for each key: jobs take their turns in the order in which they came."""

    def __init__(self, clock: Clock, *, rate: float = RATE, burst: int = BURST) -> None:
        self._clock = clock
        self._gap = 1 / rate
        self._slack = burst / rate
        self._next = float("-inf")
        self._held_until = 0.0

    async def turn(self) -> None:
        """Wait until one more request may go."""
        now = self._clock.monotonic()
        self._next = max(self._next, now - self._slack) + self._gap
        wait = max(self._next, self._held_until) - now
        if wait > 0:
            await self._clock.sleep(wait)

    def hold(self, seconds: float) -> None:
        """Let nobody go for so long: what one job was told holds for all with the same key."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)
