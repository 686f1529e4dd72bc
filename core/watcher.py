"""Asks after a job's task until it has ended, through every trouble on the way."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from core.client import Line, Pauses
from core.client.retry import backoff
from core.contract import Phase, Snapshot, State
from core.errors import (
    Forbidden,
    GenerationFailed,
    NotFound,
    OutOfCredit,
    RateLimited,
    Rejected,
    StudioError,
    Unauthorized,
    Unavailable,
    Unintelligible,
    Unreachable,
)
from core.failures import failure
from core.history import History
from core.jobs import Job
from core.models import ModelSpec
from core.providers.readings import PHASE_OF
from core.schedule import LATE_GAP, SHORTEST
from core.store import JobStore

log = logging.getLogger(__name__)

# A task may be unknown, or finished without its address, for a moment: replicas lag.
GRACE_LOOKS, GRACE_SECONDS = 3, 30.0

RESUMED_AFTER = 2.0
"""Seconds after its order at which a job that comes here has been left by somebody else."""

MOST_WORDS = 10
"""Unknown status words that are logged of one task: a provider may count in its words."""

_PASSING = (Unreachable, Unavailable, RateLimited, Unintelligible)
_LOCKED_OUT = (Unauthorized, Forbidden, OutOfCredit)
_UNKNOWN = (NotFound, Rejected)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A task that has ended well, and where its clip lies for now."""

    url: str


@dataclass(kw_only=True)
class _Trouble:
    """What has gone wrong lately in asking after one task."""

    attempts: int = 0
    unknown: int = 0
    unknown_since: float | None = None
    empty: int = 0
    wait: float = field(default=0.0)

    def clear(self) -> None:
        self.attempts, self.unknown, self.unknown_since, self.wait = 0, 0, None, 0.0


class Watcher:
    """Polls by a schedule that is learned from the past; a failed poll never fails the job."""

    def __init__(self, store: JobStore, history: History, pauses: Pauses) -> None:
        self._store = store
        self._history = history
        self._pauses = pauses
        self._unheard: dict[str, set[str]] = {}

    async def watch(self, job: Job, spec: ModelSpec, line: Line) -> tuple[Job, Finished | None]:
        """Return the job in its next state, and where the clip lies once there is one.

        Raises `GenerationFailed`, `GenerationCancelled`, or `NotFound` when the provider has
        forgotten the task.
        """
        schedule, trouble = self._history.schedule(job, spec), _Trouble()
        watch = self._stopwatch(job)
        # A job that is taken up again may have ended long ago: it is asked after at once.
        resumed = watch() > RESUMED_AFTER
        while True:
            wait = 0.0 if resumed else max(schedule.wait(watch()), trouble.wait)
            await self._pauses.sleep(wait)
            resumed = False
            job = self._store.get(job.id)
            if job.state is not State.RUNNING:
                return job, None
            snapshot = await self._ask(job, spec, line, trouble)
            if snapshot is not None:
                trouble.clear()
                job = self._note(job, snapshot, late=schedule.is_late(watch()))
                if url := self._ended(snapshot, trouble):
                    return self._saving(job), Finished(url=url)

    async def url(self, job: Job, spec: ModelSpec, line: Line) -> str:
        """Ask once more for the address of a finished clip. Raises as `watch` does."""
        trouble = _Trouble()
        while True:
            snapshot = await self._ask(job, spec, line, trouble)
            if snapshot is not None:
                trouble.clear()
                if url := self._ended(snapshot, trouble):
                    return url
                trouble.wait = SHORTEST
            await self._pauses.sleep(trouble.wait)

    async def _ask(
        self, job: Job, spec: ModelSpec, line: Line, trouble: _Trouble
    ) -> Snapshot | None:
        try:
            return await line.client.poll(spec, job.generation_id or "")
        except _PASSING as error:
            asked = getattr(error, "retry_after", None) or 0.0
            trouble.wait = max(asked, backoff(trouble.attempts, self._pauses.random))
            trouble.attempts += 1
            self._say(job, f"{error} Still watching.")
        except _LOCKED_OUT as error:
            trouble.wait = LATE_GAP
            self._say(job, f"{error} {error.next_step} The task goes on meanwhile.")
        except _UNKNOWN as error:
            self._unknown(trouble, error)
        return None

    def _unknown(self, trouble: _Trouble, error: StudioError) -> None:
        now = self._pauses.monotonic()
        trouble.unknown += 1
        if trouble.unknown_since is None:
            trouble.unknown_since = now
        lasted = now - trouble.unknown_since
        if trouble.unknown > GRACE_LOOKS and lasted >= GRACE_SECONDS:
            error.charged = "unknown"
            error.next_step = "Look for it on the provider's page, or generate it anew."
            raise error
        trouble.wait = GRACE_SECONDS / GRACE_LOOKS

    def _ended(self, snapshot: Snapshot, trouble: _Trouble) -> str | None:
        match snapshot.phase:
            case Phase.FAILED | Phase.CANCELLED:
                raise failure(snapshot)
            case Phase.DONE if snapshot.video_url is None:
                trouble.empty += 1
                if trouble.empty > GRACE_LOOKS:
                    raise GenerationFailed(
                        "The provider finished without a clip, as it does when it objects to the "
                        "content.",
                        provider_message=snapshot.message,
                    )
            case Phase.DONE:
                return snapshot.video_url
            case _:
                pass
        return None

    def _note(self, job: Job, snapshot: Snapshot, *, late: bool) -> Job:
        self._wonder(job, snapshot.status)
        news = {
            "provider_status": snapshot.status,
            "progress": snapshot.progress,
            "usage": {**job.usage, **snapshot.usage},
            "dollars": snapshot.usage.get("usd", job.dollars),
            "note": "This takes longer than usual; still watching." if late else "",
        }
        if all(getattr(job, name) == value for name, value in news.items()):
            return job
        noted = self._store.change(job.id, when=[State.RUNNING], durable=False, **news)
        return noted or self._store.get(job.id)

    def _wonder(self, job: Job, word: str) -> None:
        """Log a status word that nobody here knows, once for each job: it may be a new end."""
        words = self._unheard.get(job.id, set())
        if not word or _is_known(word) or word in words or len(words) >= MOST_WORDS:
            return
        self._unheard[job.id] = {*words, word}
        log.warning("job %s: %s says %r, which is no known word", job.id, job.provider, word)

    def _say(self, job: Job, note: str) -> None:
        if job.note != note:
            now = [State.RUNNING, State.SAVING]
            self._store.change(job.id, when=now, durable=False, note=note)

    def _saving(self, job: Job) -> Job:
        saving = self._store.change(
            job.id,
            when=[State.RUNNING],
            state=State.SAVING,
            finished_at=self._pauses.now(),
            note="",
        )
        return saving or self._store.get(job.id)

    def _stopwatch(self, job: Job) -> Callable[[], float]:
        # The date counts only once, for the time before we came: later it may be set anew.
        since = job.submitted_at or job.created_at
        before = max(0.0, (self._pauses.now() - since).total_seconds())
        start = self._pauses.monotonic()
        return lambda: before + self._pauses.monotonic() - start


def _is_known(word: str) -> bool:
    return re.sub(r"[\s-]+", "_", word.strip().lower()) in PHASE_OF
