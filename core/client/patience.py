"""How long and at what distances a paid clip is asked for; it waits, and fetches nothing."""

from __future__ import annotations

from core.client.backoff import backoff
from core.client.clock import Clock
from core.errors import DownloadFailed

ATTEMPTS = 5
PATIENCE = 180.0
"""Seconds for which a clip is asked for at the least, however often it fails: an address may be
handed out before the file is there, and a storage server may be down for a minute."""

SHORTEST_WAIT, LONGEST_WAIT = 0.25, 60.0
"""Seconds between two attempts; a server that asks for longer is asked again all the same."""


class Passing(DownloadFailed):
    """It did not come this time, and may at another attempt; `wait` is what was asked for."""

    def __init__(self, why: str, *, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class Expired(Passing):
    """The address is not good (401, 403, 404, 410): no longer, or not yet."""


class Patience:
    """Waits between the attempts at one clip, and says when there were enough of them."""

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._attempts = 0
        self._waited = 0.0
        self._began = clock.monotonic()

    async def rest(self, failed: Passing) -> None:
        """Wait until the next attempt; raise what failed where there is to be none."""
        lasted = max(self._waited, self._clock.monotonic() - self._began)
        if self._attempts >= ATTEMPTS - 1 and lasted >= self._patience:
            raise failed
        usual = SHORTEST_WAIT + backoff(self._attempts, self._clock.random)
        wait = max(failed.wait, usual)
        self._attempts += 1
        self._waited += wait
        await self._clock.sleep(wait)
