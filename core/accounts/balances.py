"""Knows what is left in the accounts that pay; it asks in the background and never waits."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from core.client import Clock, Route, connect
from core.errors import StudioError
from core.providers.protocol import Balance
from core.system.loop_thread import Background

log = logging.getLogger(__name__)

FRESH_FOR = 60.0
"""Seconds that an answer serves."""

AFTER_THE_ANSWER = 0.5
"""Seconds before it is asked: the answer that gave rise to it goes out first."""

MOST = 500
"""Accounts that are remembered; the longest unasked goes first."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)

_Account = tuple[str, str, SecretStr]


@dataclass(kw_only=True)
class _Known:
    balance: Balance | None = None
    asked_at: float = float("-inf")
    last_end: datetime = LONG_AGO


class Balances:
    """One answer for each account, that is for each key at an address."""

    def __init__(self, background: Background, clock: Clock) -> None:
        self._background = background
        self._clock = clock
        self._known: dict[_Account, _Known] = {}
        self._lock = threading.Lock()

    def of(self, route: Route, last_end: datetime) -> dict[str, Any] | None:
        """Return the last balance known of the account of a route; None: not known.

        It is asked for anew when it is a minute old, and once after each later `last_end` of a
        take that the account has paid for.
        """
        account = (route.provider.name, route.base_url, route.key)
        if route.provider.balance() is None:
            return None
        with self._lock:
            known = self._known.pop(account, None) or _Known()
            self._known[account] = known
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
            if self._is_stale(known, last_end):
                known.asked_at = self._clock.monotonic()
                known.last_end = max(known.last_end, last_end)
                self._background.begin(lambda: self._ask(route, known))
            balance = known.balance
        return {"amount": balance.amount, "currency": balance.currency} if balance else None

    def _is_stale(self, known: _Known, last_end: datetime) -> bool:
        # Several people may share an account, each with an end of their own: only a later counts.
        is_old = self._clock.monotonic() - known.asked_at > FRESH_FOR
        return is_old or last_end > known.last_end

    async def _ask(self, route: Route, known: _Known) -> None:
        await self._clock.sleep(AFTER_THE_ANSWER)
        try:
            async with connect(route, clock=self._clock) as line:
                known.balance = await line.client.balance()
        except StudioError as error:
            log.info("%s's balance is not known: %s", route.provider.label, error)
