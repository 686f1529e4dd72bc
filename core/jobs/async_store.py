"""The store as an event loop may use it: its calls run in threads of their own, never on the loop.

Reads have other threads than writes: where the database's file is locked, a write waits for it, and
what only looks (a poll, a signal of life of another job) goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from core.jobs.job import Job
    from core.jobs.liveness import Sign
    from core.jobs.store import JobStore

T = TypeVar("T")

READERS = 4


class AsyncJobStore:
    """Awaits what `JobStore` does; every method raises what its namesake there raises."""

    def __init__(self, store: JobStore, *, writers: int) -> None:
        """Take the store; SQLite has one writer at a time anyway."""
        self._store = store
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="dailies-reads")
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="dailies-writes")

    def close(self) -> None:
        """Wait for what is under way, and end the threads."""
        self._writers.shutdown()
        self._readers.shutdown()

    async def read(self, call: Callable[[], T]) -> T:
        """Return what a call gives that only looks at the database."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    async def write(self, call: Callable[[], T]) -> T:
        """Return what a call gives that changes the database.

        Who is cut off meanwhile hears how it ended before that: a change that was made unknown to
        its maker could be an order that is never sent.
        """
        writing = asyncio.get_running_loop().run_in_executor(self._writers, call)
        task, was_cut_off = asyncio.current_task(), False
        while not writing.done():
            try:
                await asyncio.wait([writing])
            except asyncio.CancelledError:
                was_cut_off = True
        if was_cut_off and task is not None:
            task.uncancel()
            task.cancel()
        return writing.result()

    async def get(self, job_id: str) -> Job:
        """Return a job."""
        return await self.read(lambda: self._store.get(job_id))

    async def change(self, job_id: str, **how: Any) -> Job | None:
        """Change a job; None if its state was another."""
        return await self.write(lambda: self._store.change(job_id, **how))

    async def generation_ids(self, provider: str, since: datetime) -> set[str]:
        """Return the provider's tasks that are some job's already."""
        return await self.read(lambda: self._store.generation_ids(provider, since))

    async def adrift(self, provider: str, since: datetime, until: datetime) -> set[str]:
        """Return the jobs whose orders went out then, and are still without a task."""
        return await self.read(lambda: self._store.adrift(provider, since, until))

    async def unfinished_ids(self, runner: str) -> list[str]:
        """Return the ids of the jobs that a runner has to carry on."""
        return await self.read(lambda: self._store.unfinished_ids(runner))

    async def runners(self) -> list[Sign]:
        """Return the last sign of every runner known."""
        return await self.read(self._store.runners)

    async def beat(self, runner: str, host: str, pid: int, now: datetime, boot: str) -> bool:
        """Note that a runner lives; True where nothing was known of it."""
        return await self.write(lambda: self._store.beat(runner, host, pid, now, boot))

    async def adopt(self, dead: str, heir: str) -> int:
        """Hand a dead runner's unfinished jobs to another; returns how many."""
        return await self.write(lambda: self._store.adopt(dead, heir))
