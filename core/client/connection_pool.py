"""Lends one open line to all jobs with the same provider and key; opened by the first of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from core.client.clock import Clock
from core.client.connection import Connection, Route, connect
from core.client.rate_limiter import RATE, RateLimiter

_Caller = tuple[str, str, SecretStr]

IN_PROCESS_RATE = 500.0
"""Questions a second to the sandbox in this process, which nobody needs to be spared."""


@dataclass(kw_only=True)
class _Shared:
    connection: Connection
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    users: int = 0


class ConnectionPool:
    """Belongs to one event loop, as the connections in it do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[_Caller, _Shared] = {}
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def connection(self, route: Route) -> AsyncIterator[Connection]:
        """Lend the line of a route; the last one to give it back closes its connections."""
        caller = (route.provider.name, route.base_url, route.key)
        async with self._lock:
            shared = self._open.get(caller) or await self._dial(caller, route)
            shared.users += 1
        try:
            yield shared.connection
        finally:
            shared.users -= 1
            if not shared.users:
                self._open.pop(caller, None)
                await shared.closing.aclose()

    async def _dial(self, caller: _Caller, route: Route) -> _Shared:
        closing = AsyncExitStack()
        rate_limiter = RateLimiter(self._clock, rate=RATE if route.app is None else IN_PROCESS_RATE)
        connection = await closing.enter_async_context(
            connect(route, clock=self._clock, rate_limiter=rate_limiter)
        )
        self._open[caller] = _Shared(connection=connection, closing=closing)
        return self._open[caller]
