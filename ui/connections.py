"""Bounds the open connections in number and in time, below HTTP: an own protocol for uvicorn.

A connection that says nothing, or half of something, costs its owner nothing and a descriptor here.
So each stage of one has its time, and where there is no room for another, one is closed: of the
network that has the most, an idle one first. Whoever comes last is served.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.accounts.households import network_of

SWEEP = 1.0
"""Seconds between two looks at all connections."""

IDLE_SECONDS = 10.0
"""For the first byte of a first request; after an answer uvicorn's own, shorter, patience holds."""

HEAD_SECONDS = 10.0
BODY_SECONDS, BODY_RATE = 30.0, 16 * 2**10
"""A body may take so long, and a second more for so many bytes."""

STALLED_SECONDS = 120.0
"""For a reader of an answer who reads nothing; a player that has enough asks again later."""


class Stage(IntEnum):
    """Where a connection stands, in the order in which one is closed to make room."""

    IDLE = 0
    HEAD = 1
    READING = 2
    """An answer that changes nothing is under way: it can be asked for again."""
    SENDING = 3
    """A body comes, or its answer is made; never closed for room."""


class Connections:
    """The open connections of one server: `most` of them."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self.clock = clock
        self._open: set[Connection] = set()
        self._networks: Counter[str] = Counter()
        self._sweeping: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def protocol(self, **given: Any) -> Connection:
        """Return the protocol of a connection; uvicorn calls this as the class of its protocols."""
        return Connection(self, **given)

    def enter(self, connection: Connection) -> None:
        """Take a connection in, and close another, or this one, where there is no room for it."""
        self._open.add(connection)
        self._networks[connection.network] += 1
        if len(self._open) > self._most:
            (self._least_missed(but=connection) or connection).end()
        if self._sweeping is None:
            self._sweeping = connection.loop.call_later(SWEEP, self._sweep, connection.loop)

    def leave(self, connection: Connection) -> None:
        """Let a connection go that is closed, or about to be; again, it does nothing."""
        if connection in self._open:
            self._open.discard(connection)
            self._networks[connection.network] -= 1
            if not self._networks[connection.network]:
                del self._networks[connection.network]
        if not self._open and self._sweeping:
            self._sweeping.cancel()
            self._sweeping = None

    def _least_missed(self, *, but: Connection) -> Connection | None:
        others: Iterator[Connection] = (c for c in self._open if c is not but and c.can_go)
        return min(others, default=None, key=self._worth)

    def _worth(self, connection: Connection) -> tuple[int, int, float]:
        return -self._networks[connection.network], connection.stage, connection.since

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweeping = loop.call_later(SWEEP, self._sweep, loop)
        for connection in [c for c in self._open if c.is_overdue()]:
            connection.end()


class Connection(H11Protocol):
    """One connection; knows how long it has been at its stage."""

    def __init__(self, others: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._others = others
        self.network = ""
        self.since = 0.0
        self._stage: object = None
        self._got = 0
        self._stalled_since: float | None = None
        self._has_part = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection in."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self.network = network_of(address) or address
        self._note()
        self._others.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        self._others.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hear what came, as far as this connection is still ours."""
        before = self.cycle
        self._got += len(data)
        self._has_part = True
        super().data_received(data)
        if self.cycle is not before:
            self._has_part = False
        self._note()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._note()

    @property
    def stage(self) -> Stage:
        """Where it stands now."""
        if self._is_waiting():
            return Stage.HEAD if self._has_part else Stage.IDLE
        is_reading = self.scope["method"] in ("GET", "HEAD") and not self._is_body_due()
        return Stage.READING if is_reading else Stage.SENDING

    @property
    def can_go(self) -> bool:
        """Whether it may be closed to make room."""
        return self.stage is not Stage.SENDING

    def is_overdue(self) -> bool:
        """Return whether its stage takes longer than it may."""
        self._note()
        lasted = self._others.clock() - self.since
        if self._is_waiting():
            return lasted > (HEAD_SECONDS if self._has_part else IDLE_SECONDS)
        if self._is_body_due():
            if self.flow.read_paused:
                self.since += SWEEP  # it is we who do not read
            return lasted > BODY_SECONDS + self._got / BODY_RATE
        return self._is_stalled()

    def end(self) -> None:
        """Close it at once, with nothing said."""
        self._others.leave(self)
        self.transport.abort()

    def _is_waiting(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and not self._is_body_due())

    def _is_body_due(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY

    def _is_stalled(self) -> bool:
        if not self.flow.write_paused:
            self._stalled_since = None
            return False
        now = self._others.clock()
        self._stalled_since = now if self._stalled_since is None else self._stalled_since
        return now - self._stalled_since > STALLED_SECONDS

    def _note(self) -> None:
        """Begin to count anew where it has come to another stage, or to the next request."""
        stage = (self.stage, self._is_body_due(), id(self.cycle))
        if stage != self._stage:
            self._stage, self.since, self._got = stage, self._others.clock(), 0
