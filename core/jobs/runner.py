"""Runs the jobs in a thread and an event loop of their own, and takes up those a crash left."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from core.errors import MissingKey, StorageError
from core.jobs.job import Job
from core.jobs.liveness import Liveness, own_boot
from core.jobs.store import JobStore
from core.jobs.store_troubles import StoreBroken
from core.jobs.workflow import JobWorkflow
from core.providers.protocol import State
from core.system.loop_thread import wind_up

log = logging.getLogger(__name__)

BEAT = 5.0
"""Seconds between two signs of life, each of which also looks for runners that give none."""

DEAD_AFTER = 30.0
"""Seconds without a sign of life, by our own clock: those of two machines may differ."""

AT_ONCE, BETWEEN = 50, 0.25
"""So many unfinished jobs are begun with at once, and then as many again each so many seconds."""


class Runner:
    """Holds one task for each job under way. A page that closes does not concern it."""

    def __init__(
        self,
        store: JobStore,
        make_workflow: Callable[[], JobWorkflow],
        now: Callable[[], datetime],
        *,
        beat: float = BEAT,
        dead_after: float = DEAD_AFTER,
    ) -> None:
        self.id = secrets.token_hex(8)
        self._retire = store.retire
        self._store = store.off_loop
        self._make_workflow = make_workflow
        self._now = now
        self._beat_gap = beat
        self._liveness = Liveness(dead_after)
        self._has_beaten = False
        self._keyless: set[str] = set()
        self._stuck: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="dailies-jobs", daemon=True)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._taking_up: asyncio.Task[None] | None = None
        self._ready = threading.Event()

    def start(self) -> None:
        """Start the thread, and take up every job that no living runner carries."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Let go of every job where it stands; the next runner takes them up."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        with suppress(StorageError):  # then its silence tells
            self._retire(self.id)

    def begin(self, job_id: str) -> None:
        """Carry a job, from whatever thread."""
        self._loop.call_soon_threadsafe(self._carry, job_id)

    def again(self, job_id: str) -> None:
        """Carry a job anew: it waits, and what it waits for may have come."""
        self._loop.call_soon_threadsafe(self._recarry, job_id)

    def waits_for_a_key(self, job_id: str) -> bool:
        """Return whether a job stands still because its key is not here."""
        return job_id in self._keyless

    def cancel_at_provider(self, job: Job, *, timeout: float) -> bool:
        """Ask the provider to stop a job's task; waits, from another thread, for its answer.

        Raises what `Client.cancel` raises, and TimeoutError.
        """
        asking = self._workflow.cancel(job)
        return asyncio.run_coroutine_threadsafe(asking, self._loop).result(timeout)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._workflow = self._make_workflow()
        beating = self._loop.create_task(self._beat())
        try:
            self._loop.run_forever()
        finally:
            taking_up = [self._taking_up] if self._taking_up else []
            wind_up(self._loop, [beating, *taking_up, *self._tasks.values()])

    async def _beat(self) -> None:
        while True:
            try:
                await self._give_sign()
                await self._take_up()
            except Exception:
                # A database that is away for a moment must not end the looking after jobs.
                log.exception("the sign of life failed; trying again")
            self._ready.set()
            await asyncio.sleep(self._beat_gap)

    async def _give_sign(self) -> None:
        host, pid, now = socket.gethostname(), os.getpid(), self._now()
        is_new = await self._store.beat(self.id, host, pid, now, own_boot())
        if is_new and self._has_beaten:
            self._liveness.was_taken_for_dead()
        self._has_beaten = True

    async def _take_up(self) -> None:
        for sign in await self._store.runners():
            if sign.runner != self.id and self._liveness.is_dead(sign):
                adopted = await self._store.adopt(sign.runner, self.id)
                log.info("took up %s jobs of a runner that ended", adopted)
        mine = await self._store.unfinished_ids(self.id)
        await self._let_go(set(self._tasks).difference(mine))
        left = [job_id for job_id in mine if job_id not in self._stuck.union(self._tasks)]
        for job_id in left[:AT_ONCE]:
            self._carry(job_id)
        if self._taking_up is None or self._taking_up.done():
            self._taking_up = self._loop.create_task(self._carry_in_turn(left[AT_ONCE:]))

    async def _carry_in_turn(self, job_ids: Sequence[str]) -> None:
        """Begin with the others a few at a time, since the page that starts beside needs a core."""
        for start in range(0, len(job_ids), AT_ONCE):
            await asyncio.sleep(BETWEEN)
            for job_id in job_ids[start : start + AT_ONCE]:
                self._carry(job_id)

    async def _let_go(self, job_ids: Iterable[str]) -> None:
        """Leave the jobs that another runner took up, since this process had stood still."""
        for job_id in job_ids:
            job = await self._store.get(job_id)
            # An order that is going out is not cut off: its answer is known here alone.
            out = job.state is State.SUBMITTING or self._workflow.is_going_out(job_id)
            if job.runner != self.id and not out and job_id in self._tasks:
                self._tasks.pop(job_id).cancel()

    def _carry(self, job_id: str) -> None:
        if job_id in self._tasks:
            return
        task = self._loop.create_task(self._carried(job_id), name=f"job-{job_id}")
        self._tasks[job_id] = task

    def _recarry(self, job_id: str) -> None:
        self._stuck.discard(job_id)
        task = self._tasks.get(job_id)
        if task and self._workflow.is_going_out(job_id):
            # To cut off an order that is under way would lose its answer.
            task.add_done_callback(lambda _: self._carry(job_id))
            return
        if task:
            del self._tasks[job_id]
            task.cancel()
        self._carry(job_id)

    async def _carried(self, job_id: str) -> None:
        try:
            await self._workflow.carry(job_id)
        except MissingKey:
            self._keyless.add(job_id)
            await asyncio.Event().wait()  # until `again`, when the key has been typed
        except StoreBroken:
            # A statement that fails will fail again: the job stays as it is, for the next start.
            log.exception("job %s is carried no further", job_id)
            self._stuck.add(job_id)
        finally:
            self._keyless.discard(job_id)
            if self._tasks.get(job_id) is asyncio.current_task():
                del self._tasks[job_id]
