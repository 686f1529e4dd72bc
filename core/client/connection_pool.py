"""Lends one open line to all jobs with the same provider and key; opened by the first of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from core.client.clock import Pauses
from core.client.connection import Line, Route, dial
from core.client.rate_limiter import RATE, Pace

_Caller = tuple[str, str, SecretStr]

IN_PROCESS_RATE = 500.0
"""Questions a second to the sandbox in this process, which nobody needs to be spared."""


@dataclass(kw_only=True)
class _Shared:
    line: Line
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    users: int = 0


class Switchboard:
    """Belongs to one event loop, as the connections in it do."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._open: dict[_Caller, _Shared] = {}
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def line(self, route: Route) -> AsyncIterator[Line]:
        """Lend the line of a route; the last one to give it back closes its connections."""
        caller = (route.provider.name, route.base_url, route.key)
        async with self._lock:
            shared = self._open.get(caller) or await self._dial(caller, route)
            shared.users += 1
        try:
            yield shared.line
        finally:
            shared.users -= 1
            if not shared.users:
                self._open.pop(caller, None)
                await shared.closing.aclose()

    async def _dial(self, caller: _Caller, route: Route) -> _Shared:
        closing = AsyncExitStack()
        pace = Pace(self._pauses, rate=RATE if route.app is None else IN_PROCESS_RATE)
        line = await closing.enter_async_context(dial(route, pauses=self._pauses, pace=pace))
        self._open[caller] = _Shared(line=line, closing=closing)
        return self._open[caller]
