"""Runs the jobs in a thread and an event loop of their own, and takes up those a crash left."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from core.carrier import Carrier
from core.errors import MissingKey
from core.jobs import Job
from core.store import JobStore

log = logging.getLogger(__name__)

BEAT = 5.0
"""Seconds between two signs of life, each of which also looks for runners that give none."""

DEAD_AFTER = timedelta(seconds=30)


class Runner:
    """Holds one task for each job under way. A page that closes does not concern it."""

    def __init__(
        self, store: JobStore, make_carrier: Callable[[], Carrier], now: Callable[[], datetime]
    ) -> None:
        self.id = secrets.token_hex(8)
        self._store = store
        self._make_carrier = make_carrier
        self._now = now
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="dailies-jobs", daemon=True)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ready = threading.Event()

    def start(self) -> None:
        """Start the thread, and take up every job that no living runner carries."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Let go of every job where it stands; the next runner takes them up."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def begin(self, job_id: str) -> None:
        """Carry a job, from whatever thread."""
        self._loop.call_soon_threadsafe(self._carry, job_id)

    def again(self, job_id: str) -> None:
        """Carry a job anew: it waits, and what it waits for may have come."""
        self._loop.call_soon_threadsafe(self._recarry, job_id)

    def cancel_at_provider(self, job: Job, *, timeout: float) -> bool:
        """Ask the provider to stop a job's task; waits, from another thread, for its answer.

        Raises what `Client.cancel` raises, and TimeoutError.
        """
        asking = self._carrier.cancel(job)
        return asyncio.run_coroutine_threadsafe(asking, self._loop).result(timeout)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._carrier = self._make_carrier()
        beating = self._loop.create_task(self._beat())
        try:
            self._loop.run_forever()
        finally:
            tasks = [beating, *self._tasks.values()]
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _beat(self) -> None:
        while True:
            try:
                self._store.beat(self.id, socket.gethostname(), os.getpid(), self._now())
                self._take_up()
            except Exception:
                # A database that is away for a moment must not end the looking after jobs.
                log.exception("the sign of life failed; trying again")
            self._ready.set()
            await asyncio.sleep(BEAT)

    def _take_up(self) -> None:
        for runner, host, pid, beat_at in self._store.runners():
            if runner != self.id and self._is_dead(host, pid, beat_at):
                adopted = self._store.adopt(runner, self.id)
                log.info("took up %s jobs of a runner that ended", adopted)
        for job in self._store.unfinished(self.id):
            self._carry(job.id)

    def _is_dead(self, host: str, pid: int, beat_at: datetime) -> bool:
        if self._now() - beat_at > DEAD_AFTER:
            return True
        # In a container the process after a crash has the number of the one before it.
        return host == socket.gethostname() and (pid == os.getpid() or not _is_alive(pid))

    def _carry(self, job_id: str) -> None:
        if job_id in self._tasks:
            return
        task = self._loop.create_task(self._carried(job_id), name=f"job-{job_id}")
        self._tasks[job_id] = task

    def _recarry(self, job_id: str) -> None:
        if task := self._tasks.pop(job_id, None):
            task.cancel()
        self._carry(job_id)

    async def _carried(self, job_id: str) -> None:
        try:
            await self._carrier.carry(job_id)
        except MissingKey:
            await asyncio.Event().wait()  # until `again`, when the key has been typed
        finally:
            if self._tasks.get(job_id) is asyncio.current_task():
                del self._tasks[job_id]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
