"""When to ask after a job next, learned from how long such jobs took before; pure arithmetic.

Times are seconds since the provider took the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

REMEMBERED = 50
ENOUGH = 3
SHORTEST, LONGEST, WIDEST_GAP = 0.35, 10.0, 15.0
PATIENCE = 600.0
"""Seconds after which a job is called late, however fast its like have been."""
LATE_GAP, LOST_GAP, LOST_AFTER = 60.0, 600.0, 6 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Window:
    """When most such jobs end: between `opens` and `closes`, asked for every `gap` seconds."""

    opens: float
    closes: float
    gap: float


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How often to ask; `window` is None while too little is known."""

    window: Window | None = None
    expected: float | None = None
    deadline: float = PATIENCE

    @classmethod
    def learned(cls, past: Sequence[float]) -> Schedule:
        """Return the schedule for jobs whose like took `past` seconds, oldest first."""
        recent = sorted(list(past)[-REMEMBERED:])
        if len(recent) < ENOUGH:
            return cls()
        middle = median(recent)
        # The median deviation is not moved by one job that hung; 5 % guards against none at all.
        spread = max(1.4826 * median(abs(took - middle) for took in recent), 0.05 * middle)
        window = Window(
            opens=max(0.5, middle - 2.2 * spread),
            closes=middle + 2.5 * spread,
            gap=max(SHORTEST, 0.02 * middle),
        )
        slowest = recent[min(len(recent) - 1, int(0.95 * len(recent)))]
        return cls(window=window, expected=middle, deadline=max(PATIENCE, 5 * slowest))

    @classmethod
    def guessed(cls, seconds: float) -> Schedule:
        """Return the schedule for jobs that should take about `seconds`, by hearsay."""
        return cls.learned([0.93 * seconds, seconds, 1.07 * seconds])

    @property
    def opens(self) -> float:
        """Seconds after which such a job may have ended; 0 while too little is known."""
        return self.window.opens if self.window else 0.0

    def wait(self, elapsed: float) -> float:
        """Return the seconds to wait before asking again, at `elapsed` seconds."""
        if elapsed >= self.deadline:
            # A deadline makes the job wait more slowly; it does not fail it.
            return LATE_GAP if elapsed < LOST_AFTER else LOST_GAP
        if self.window is None:
            return 1.0 if elapsed <= 0 else min(5.0, max(0.5, 0.06 * elapsed))
        if elapsed < self.window.opens - 0.05:
            return min(self.window.opens - elapsed, WIDEST_GAP, max(1.5, elapsed))
        if elapsed < self.window.closes:
            return self.window.gap
        late = 0.05 * (elapsed - self.window.closes)
        return min(LONGEST, self.window.gap + late)

    def is_late(self, elapsed: float) -> bool:
        """Whether such a job should have ended long ago."""
        return elapsed >= self.deadline
