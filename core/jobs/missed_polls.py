"""What a poll means that told nothing of its task: when to ask again, and what to say meanwhile.

Nothing here ends a job but a provider that has not known its task for long.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.client import Clock
from core.client.backoff import backoff, spoken
from core.errors import (
    Forbidden,
    NotFound,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Rejected,
    StudioError,
    Unauthorized,
    Unavailable,
    Unintelligible,
    Unreachable,
)
from core.jobs.poll_schedule import LATE_GAP

FORGOTTEN_AFTER, FORGOTTEN_LOOKS = 600.0, 4
"""Seconds and looks in a row: replicas lag, and an API that is moved knows nothing for minutes."""

LONGEST_QUOTE = 120

STILL = "Still watching."
MEANWHILE = "The task goes on meanwhile."


@dataclass(kw_only=True)
class MissedPolls:
    """The missed polls in a row of one task; `wait` is how long its next one has to wait."""

    label: str
    clock: Clock
    wait: float = 0.0
    count: int = 0
    unknown: int = 0
    since: float | None = None

    def clear(self) -> None:
        """Forget them: the provider has told of the task."""
        self.wait, self.count, self.unknown, self.since = 0.0, 0, 0, None

    def meet(self, error: StudioError) -> str:
        """Count one more, set `wait`, and return what to say.

        Raises the error again where it is none to wait through, or the task is forgotten.
        """
        lasted = self._lasted()
        self.unknown = self.unknown + 1 if isinstance(error, NotFound) else 0
        if self.unknown > FORGOTTEN_LOOKS and lasted >= FORGOTTEN_AFTER:
            raise _forgotten(error)
        own, said = self._judge(error, lasted)
        # What is asked for beyond what our slowest watching waits anyway is not heeded.
        self.wait = max(own, min(_asked(error), LATE_GAP))
        self.count += 1
        return said

    def _judge(self, error: StudioError, lasted: float) -> tuple[float, str]:
        slower = min(LATE_GAP, 1.0 + 0.2 * lasted)
        match error:
            case RateLimited():
                return self._jitter(), f"{self.label} wants fewer questions{_until(error)}. {STILL}"
            case Unreachable() | Unavailable() | Unintelligible():
                return self._jitter(), f"{error} {STILL}"
            case Unauthorized(status=401):
                return LATE_GAP, f"{error} {error.next_step} {MEANWHILE}"
            case Unauthorized() | Forbidden() | OutOfCredit():
                return max(5.0, slower), f"{self._answered(error)}. {MEANWHILE} {STILL}"
            case NotFound():
                return slower, f"{self._answered(error)}, as if it did not know the task. {STILL}"
            case Rejected() | ProviderError():
                return slower, f"{self._answered(error)}. {STILL}"
            case _:
                raise error

    def _answered(self, error: ProviderError) -> str:
        words = (error.provider_message or "").strip()[:LONGEST_QUOTE]
        return f"{self.label} answered HTTP {error.status}" + (f' ("{words}")' if words else "")

    def _lasted(self) -> float:
        now = self.clock.monotonic()
        self.since = now if self.since is None else self.since
        return now - self.since

    def _jitter(self) -> float:
        return backoff(self.count, self.clock.random)


def _asked(error: StudioError) -> float:
    asked = error.retry_after if isinstance(error, ProviderError) else None
    return asked or 0.0


def _until(error: StudioError) -> str:
    asked = _asked(error)
    if asked <= LATE_GAP:
        return ""
    return f": it asks to wait {spoken(asked)}, and is asked again in {spoken(LATE_GAP)}"


def _forgotten(error: StudioError) -> StudioError:
    error.charged = "unknown"
    error.next_step = (
        "Look again later, or look for it on the provider's page: nothing is ordered by that."
    )
    return error
