"""The client's dealings with time and chance, gathered so that tests can own them."""

from __future__ import annotations

import asyncio
import random as chance
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.client.limits import USUAL, Limits

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """`now` tells the date for people; `monotonic` seconds that no clock change can bend."""

    sleep: Sleep = asyncio.sleep
    random: Callable[[], float] = chance.random
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    limits: Limits = USUAL
