"""Slows down who guesses: by name and network together, and by network alone; it closes nobody out.

A name alone never counts, or anybody could lock its owner out from wherever he likes.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

FREE = 5
"""Wrong passwords for one name from one network before the first wait."""

FREE_OF_A_NETWORK = 20
"""Wrong passwords for whatever names from one network before the first wait."""

FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
"""Seconds: each further wrong one doubles the wait."""

FORGOTTEN = 3600.0
"""Seconds of quiet after which nothing is held against anybody."""

REMEMBERED = 10_000


@dataclass(frozen=True, kw_only=True)
class Failures:
    """How many, and when the last one was, in seconds of a monotonic clock."""

    count: int
    last: float


class Attempts:
    """Counts wrong passwords; forgets them at a restart. Moments are of a monotonic clock."""

    def __init__(self) -> None:
        self._failures: OrderedDict[bytes, Failures] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, network: str, now: float) -> float:
        """Return the seconds that must pass before that name is tried again from that network."""
        with self._lock:
            return max(
                self._wait(_key(network, name), FREE, now),
                self._wait(_key(network), FREE_OF_A_NETWORK, now),
            )

    def note(self, name: str, network: str, now: float, *, right: bool) -> None:
        """Count a wrong password; a right one clears what its name did there."""
        with self._lock:
            if right:
                self._failures.pop(_key(network, name), None)
                return
            for key in (_key(network, name), _key(network)):
                self._failures[key] = Failures(count=self._count(key, now) + 1, last=now)
                self._failures.move_to_end(key)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def _wait(self, key: bytes, free: int, now: float) -> float:
        over = self._count(key, now) - free
        if over < 0:
            return 0.0
        return max(0.0, self._failures[key].last + _doubled(over) - now)

    def _count(self, key: bytes, now: float) -> int:
        known = self._failures.get(key)
        return known.count if known and now - known.last <= FORGOTTEN else 0


def _doubled(over: int) -> float:
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(over, 20))


def _key(*parts: str) -> bytes:
    # A made-up name may be long, and is a name no less
    return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).digest()
