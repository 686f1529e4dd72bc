"""How long a task waits and works, at a short pace and at the vendors' own; a table, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.sandbox.faults import SLOW_SECONDS, Fault

Pace = Literal["fast", "real"]


@dataclass(frozen=True, kw_only=True)
class Course:
    """Seconds in the queue, and seconds until the clip is there."""

    queued: float
    total: float


FAST = Course(queued=0.4, total=1.6)

# What the vendors' own examples took, by model and length in seconds (AI/ML: models; Krea:
# orders); how long of that was in the queue is read off the same examples.
REAL: Mapping[tuple[str, int | None], Course] = {
    ("krea/krea-wan-14b/text-to-video", None): Course(queued=2.0, total=11.6),
    ("krea/krea-wan-14b/video-to-video", None): Course(queued=2.0, total=11.4),
    ("wan/v2.1/1.3b/text-to-video", None): Course(queued=190.0, total=250.0),
    ("kling-video/v1.6/standard/text-to-video", None): Course(queued=15.0, total=186.0),
    ("kling/kling-2.5", 5): Course(queued=8.0, total=94.0),
    ("kling/kling-2.5", 10): Course(queued=8.0, total=136.0),
}


def course_of(pace: Pace, model_id: str, seconds: float | None, faults: frozenset[Fault]) -> Course:
    """Return how long a task of that model takes, for a clip of so many seconds."""
    course = FAST if pace == "fast" else _real(model_id, seconds)
    if Fault.SLOW in faults:
        return Course(queued=course.queued, total=max(SLOW_SECONDS, course.total))
    return course


def _real(model_id: str, seconds: float | None) -> Course:
    long = (seconds or 5) > 7.5
    for length in (10 if long else 5, None):
        if course := REAL.get((model_id, length)):
            return course
    return Course(queued=5.0, total=60.0)
