"""The number that makes a take repeatable, and what can be drawn for one that was left open."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.params.numbers import SAFE_INTEGER, Integer

LARGEST_DRAWN = 2**31 - 1
"""Where a vendor names no bound: what the narrowest of the common ones takes."""

Below = Callable[[int], int]
"""From n to a whole number of 0 to n - 1, by chance."""

_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_TAILS = (("seed",), ("seed", "value"), ("seed", "number"))
_SAID = (
    re.compile(
        r"(-?\d+)\W{0,3}\s(?:for|means?|is|gives?|will|picks?|selects?|to (?:use|get))\b"
        r"[^.;]{0,20}\brandom",
        re.IGNORECASE,
    ),
    re.compile(
        r"random\w*\s(?:seed\s)?(?:if|when|with|for|using)\s"
        r"(?:set to |it is |(?:the )?(?:seed|value) is |equal to )?(-?\d+)",
        re.IGNORECASE,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Seed(Integer):
    """A whole number that makes a take repeatable; one left open is drawn when it is ordered."""

    def is_open(self, value: Any) -> bool:
        """Whether `value` leaves the seed to chance: nothing, or the vendor's own word for it."""
        if value in (None, ""):
            return True
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return False
        return not isinstance(value, bool) and number in self._words_for_chance()

    def bounds(self) -> tuple[int, int]:
        """Return the least and the largest seed that is drawn; no vendor's word is among them."""
        high = LARGEST_DRAWN if self.maximum is None else math.floor(self.maximum)
        low = math.ceil(self.minimum or 0)
        # Below zero vendors keep their words for chance; where all of the range is, it is meant.
        low = max(0, low) if high >= 0 else math.ceil(self._least(high))
        if low in self._words_for_chance():
            low += 1
        return low, max(low, min(high, SAFE_INTEGER))

    def draw(self, below: Below) -> int:
        """Return a seed within the bounds, on the grid where there is one."""
        low, high = self.bounds()
        step = int(self.step or 1)
        first = low + (int(self.offset) - low) % step
        return first + step * below(max(0, high - first) // step + 1)

    def _least(self, high: int) -> float:
        return high - LARGEST_DRAWN if self.minimum is None else self.minimum

    def _words_for_chance(self) -> frozenset[float]:
        said = {float(word) for found in _SAID for word in found.findall(self.help)}
        if self.minimum in (None, -1) or self.default == -1:
            said.add(-1.0)
        return frozenset(said)


def is_seed_name(name: str) -> bool:
    """Whether a parameter of that name is a seed: `seed`, `noise_seed`, `randomSeed`."""
    parts = tuple(part.lower() for part in _PARTS.findall(name))
    return any(parts[-len(tail) :] == tail for tail in _TAILS)
