"""What past takes tell about the next: how long such a one takes; it only reads the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from core.jobs.job import Job
from core.jobs.poll_schedule import ENOUGH, REMEMBERED, Schedule
from core.jobs.store import JobStore
from core.models import ModelSpec

SANDBOX_WAIT = 3.0
"""Seconds: about what the sandbox takes at its usual, short pace."""

_LENGTHS = ("num_frames", "duration", "width", "height", "fps", "resolution", "inference_steps")
"""Parameters that change how long a clip takes."""


FRESH_FOR = 5.0
"""Seconds that what was read serves again: a page with sixty takes asks sixty times at once."""

_Likeness = tuple[Any, ...]
_Past = dict[_Likeness, list[float]]
"""The seconds that takes took, oldest first, by their likeness."""


class Durations:
    """Looks at the takes of the same model with the same length and size."""

    def __init__(self, store: JobStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._read: dict[tuple[str, bool], tuple[float, _Past]] = {}

    def schedule(self, job: Job, spec: ModelSpec) -> Schedule:
        """Return when to ask after a job."""
        return self._learned(spec, job.params, live=job.live)

    def expected(self, spec: ModelSpec, params: Mapping[str, Any], *, live: bool) -> float:
        """Return the seconds that such a clip usually takes at the provider."""
        learned = self._learned(spec, params, live=live).expected
        return learned or (spec.wait if live else SANDBOX_WAIT)

    def _learned(self, spec: ModelSpec, params: Mapping[str, Any], *, live: bool) -> Schedule:
        alike = self._past(spec.key, live=live).get(_likeness(params), ())
        if len(alike) < ENOUGH and live and spec.built_in:
            # What was documented of a model is a better guess than none.
            return _guessed(alike[-1] if alike else spec.wait)
        return _learned(tuple(alike))

    def _past(self, model: str, *, live: bool) -> _Past:
        now = self._clock()
        read_at, past = self._read.get((model, live), (float("-inf"), {}))
        if now - read_at > FRESH_FOR:
            past = {}
            for params, took in self._store.durations(model, live=live, limit=REMEMBERED):
                past.setdefault(_likeness(params), []).append(took)
            self._read[model, live] = (now, past)
        return past


_guessed = lru_cache(maxsize=1000)(Schedule.guessed)
_learned = lru_cache(maxsize=1000)(Schedule.learned)


def _likeness(params: Mapping[str, Any]) -> _Likeness:
    return tuple(map(_hashable, map(params.get, _LENGTHS)))


def _hashable(value: Any) -> Any:
    # A model of the catalog may call anything so, also a list.
    return value if value is None or isinstance(value, str | int | float) else repr(value)
