"""Asks after a job's task until it has ended, through every trouble on the way."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.client import Clock, Connection
from core.errors import StudioError, Unauthorized
from core.jobs.durations import Durations
from core.jobs.job import CLIPS, Job
from core.jobs.missed_polls import MissedPolls
from core.jobs.poll_schedule import SHORTEST
from core.jobs.store import JobStore
from core.jobs.task_end import Doubt, Finished
from core.models import ModelSpec
from core.providers import PROVIDERS
from core.providers.parsing import PHASE_OF
from core.providers.protocol import Snapshot, State

log = logging.getLogger(__name__)

RESUMED_AFTER = 2.0
"""Seconds after its order at which a job that comes here has been left by somebody else."""

MOST_WORDS = 10
"""Unknown status words that are logged of one task: a provider may count in its words."""


class Poller:
    """Polls by a schedule that is learned from the past; a failed poll never fails the job."""

    def __init__(self, store: JobStore, durations: Durations, clock: Clock) -> None:
        self._store = store.off_loop
        self._durations = durations
        self._clock = clock
        self._unheard: dict[str, set[str]] = {}

    async def watch(
        self, job: Job, spec: ModelSpec, connection: Connection
    ) -> tuple[Job, Finished | None]:
        """Return the job in its next state, and where the clip lies once there is one.

        Raises `GenerationFailed`, `GenerationCancelled`, or `NotFound` when the provider has
        forgotten the task.
        """
        schedule = await self._store.read(lambda: self._durations.schedule(job, spec))
        missed, doubt = self._missed(job), Doubt()
        watch = self._stopwatch(job)
        # A job that is taken up again may have ended long ago: it is asked after at once.
        resumed = watch() > RESUMED_AFTER
        # Of many that are, those that should have ended first have the first turns.
        due = self._clock.monotonic() + schedule.opens - watch()
        while True:
            if not resumed:
                wait = max(schedule.wait(watch()), missed.wait, doubt.wait)
                due = self._clock.monotonic() + wait
                await self._clock.sleep(wait)
            resumed = False
            job = await self._store.get(job.id)
            if job.state is not State.RUNNING:
                return job, None
            snapshot = await self._ask(job, spec, connection, missed, due)
            if snapshot is not None:
                job = await self._note(job, snapshot, late=schedule.is_late(watch()))
                if finished := doubt.judge(snapshot):
                    return await self._saving(job, finished), finished

    async def finished(self, job: Job, spec: ModelSpec, connection: Connection) -> Finished:
        """Ask once more for the addresses of finished clips. Raises as `watch` does."""
        missed, doubt = self._missed(job), Doubt()
        while True:
            snapshot = await self._ask(job, spec, connection, missed)
            if snapshot is not None and (finished := doubt.judge(snapshot)):
                return finished
            await self._clock.sleep(max(SHORTEST, missed.wait, doubt.wait))

    async def url(self, job: Job, spec: ModelSpec, connection: Connection) -> str:
        """Ask once more for the address of the main clip. Raises as `watch` does."""
        return (await self.finished(job, spec, connection)).url

    def _missed(self, job: Job) -> MissedPolls:
        return MissedPolls(label=PROVIDERS[job.provider].label, clock=self._clock)

    async def _ask(
        self,
        job: Job,
        spec: ModelSpec,
        connection: Connection,
        missed: MissedPolls,
        due: float | None = None,
    ) -> Snapshot | None:
        try:
            snapshot = await connection.client.poll(spec, job.generation_id or "", due=due)
        except StudioError as error:
            await self._unbind(job, error)
            await self._say(job, missed.meet(error))
            return None
        missed.clear()
        return replace(snapshot, clips=made_there(snapshot.clips, job, spec))

    async def _note(self, job: Job, snapshot: Snapshot, *, late: bool) -> Job:
        self._wonder(job, snapshot.status)
        news: dict[str, Any] = {
            "provider_status": snapshot.status,
            "progress": snapshot.progress,
            "usage": {**job.usage, **snapshot.usage},
            "dollars": snapshot.usage.get("usd", job.dollars),
            "note": "This takes longer than usual; still watching." if late else "",
        }
        if all(getattr(job, name) == value for name, value in news.items()):
            return job
        noted = await self._store.change(job.id, when=[State.RUNNING], durable=False, **news)
        return noted or await self._store.get(job.id)

    def _wonder(self, job: Job, word: str) -> None:
        """Log a status word that nobody here knows, once for each job: it may be a new end."""
        words = self._unheard.get(job.id, set())
        if not word or _is_known(word) or word in words or len(words) >= MOST_WORDS:
            return
        self._unheard[job.id] = {*words, word}
        log.warning("job %s: %s says %r, which is no known word", job.id, job.provider, word)

    async def _unbind(self, job: Job, error: StudioError) -> None:
        # A key that is good no more can only be followed by another: of the same account, it is
        # hoped, and nothing is ordered by asking.
        if job.account and isinstance(error, Unauthorized) and error.status == 401:
            await self._store.change(job.id, account=None)

    async def _say(self, job: Job, note: str) -> None:
        if job.note != note:
            now = [State.RUNNING, State.SAVING]
            await self._store.change(job.id, when=now, durable=False, note=note)

    async def _saving(self, job: Job, finished: Finished) -> Job:
        saving = await self._store.change(
            job.id,
            when=[State.RUNNING],
            state=State.SAVING,
            finished_at=self._clock.now(),
            facts={**job.facts, CLIPS: 1 + len(finished.further)},
            note="",
        )
        return saving or await self._store.get(job.id)

    def _stopwatch(self, job: Job) -> Callable[[], float]:
        # The date counts only once, for the time before we came: later it may be set anew.
        since = job.submitted_at or job.created_at
        before = max(0.0, (self._clock.now() - since).total_seconds())
        start = self._clock.monotonic()
        return lambda: before + self._clock.monotonic() - start


def made_there(clips: Sequence[str], job: Job, spec: ModelSpec) -> tuple[str, ...]:
    """Leave out of the clips in an answer those that went out with the order."""
    given = {param.name: job.params.get(param.name) for param in spec.media_params()}
    sent = {one for each in given.values() for one in (each if isinstance(each, list) else [each])}
    return tuple(
        clip
        for clip in clips
        if clip not in sent
        and job.token not in clip
        # A file that travelled inside the order may come back as it went.
        and not (clip.startswith("data:") and any(given.values()))
    )


def _is_known(word: str) -> bool:
    return re.sub(r"[\s-]+", "_", word.strip().lower()) in PHASE_OF
