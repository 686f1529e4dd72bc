"""Keeps the free requests made with one key within a rate that a provider bears; it only waits."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field

from core.client.clock import Clock

RATE = 10.0
"""Requests a second. No vendor publishes a figure for asking after tasks; this one is ours."""

BURST = 10
"""Requests that may go at once after a silence."""

_NOW = 1e-9
"""Seconds: a wait that is shorter is none, but what is left of adding floats."""


@dataclass(order=True)
class _Waiter:
    due: float
    number: int
    called: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    goes: bool = field(default=False, compare=False)


class RateLimiter:
    """One for each key. Who was due first goes first, so none waits for ever.

    One of those who wait keeps the watch for all: it sleeps until the next request may go, and
    calls whoever is due soonest then, itself or one that came later and is due before it.
    """

    def __init__(self, clock: Clock, *, rate: float = RATE, burst: int = BURST) -> None:
        self._clock = clock
        self._gap = 1 / rate
        self._slack = burst / rate
        self._next = float("-inf")
        self._held_until = 0.0
        self._waiting: list[_Waiter] = []
        self._came = 0
        self._is_watched = False

    async def turn(self, due: float | None = None) -> None:
        """Wait until one more request may go.

        `due` is when it should have gone, by the clock's `monotonic`: now, where it is not told.
        """
        if not self._waiting and self._wait() <= _NOW:
            self._take()
            return
        self._came += 1
        waiter = _Waiter(self._clock.monotonic() if due is None else due, self._came)
        heapq.heappush(self._waiting, waiter)
        try:
            while not waiter.goes:
                await (waiter.called.wait() if self._is_watched else self._watch())
                waiter.called.clear()
        except BaseException:
            self._leave(waiter)
            raise

    def hold(self, seconds: float) -> None:
        """Let nobody go for so long: what one job was told holds for all with the same key."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    async def _watch(self) -> None:
        self._is_watched = True
        try:
            while (wait := self._wait()) > _NOW:
                await self._clock.sleep(wait)
            first = heapq.heappop(self._waiting)
            first.goes = True
            self._take()
            first.called.set()
        finally:
            self._is_watched = False
            self._call_first()

    def _leave(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            heapq.heapify(self._waiting)
        self._call_first()

    def _call_first(self) -> None:
        """Let whoever is due first see that nobody keeps the watch."""
        if self._waiting:
            self._waiting[0].called.set()

    def _earliest(self) -> float:
        return max(self._next, self._clock.monotonic() - self._slack) + self._gap

    def _wait(self) -> float:
        return max(self._earliest(), self._held_until) - self._clock.monotonic()

    def _take(self) -> None:
        self._next = self._earliest()
