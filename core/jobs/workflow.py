"""Carries one job from its row to its files, step by step; any step can be the first after a crash.

queued → submitting → running → saving → completed. Each step ends with one write to the row, so a
process that dies between two writes leaves a job that the next process takes up where it stood.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Never

from core.client import Clock, Connection
from core.client.backoff import backoff
from core.errors import (
    Charged,
    ErrorReport,
    GenerationFailed,
    MissingKey,
    StudioError,
    TaskTaken,
    Unanswered,
)
from core.jobs.finalizer import Finalizer
from core.jobs.inputs import JobInputs
from core.jobs.job import Job
from core.jobs.poller import Poller
from core.jobs.store import JobStore
from core.jobs.store_troubles import StoreAway, StoreBroken
from core.jobs.task_end import Finished
from core.models import ModelSpec
from core.providers.protocol import Order, State
from core.system.shortage import OutOfDescriptors, is_shortage

log = logging.getLogger(__name__)

OpenLine = Callable[[Job], AbstractAsyncContextManager[Connection]]
FindModel = Callable[[Job], ModelSpec]

LOOKS = (0.0, 1.0, 3.0, 6.0, 10.0)
"""Seconds before each look for a lost order: the provider's list may lag behind its answers."""


NEAR = timedelta(minutes=6)
"""Two orders that were sent within this time could be taken for each other."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a carrier works with."""

    store: JobStore
    open_connection: OpenLine
    find_model: FindModel
    inputs: JobInputs
    poller: Poller
    finalizer: Finalizer
    clock: Clock


class JobWorkflow:
    """Takes jobs through their steps; knows beside the rows only which orders are going out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store.off_loop
        self._going_out: set[str] = set()

    async def carry(self, job_id: str) -> None:
        """Carry a job until it is final. Raises `MissingKey`: the job waits for its key.

        Raises `StoreBroken` where the database refuses what no wait would mend: the row stays.
        """
        attempt = 0
        while True:
            try:
                return await self._carry(job_id)
            except (StoreAway, OutOfDescriptors) as error:
                # The row still says where the job stands; it is taken up from there.
                attempt = await self._wait_for(error, attempt)

    def is_going_out(self, job_id: str) -> bool:
        """Whether a job's order is on its way: to cut it off would lose its answer."""
        return job_id in self._going_out

    async def cancel(self, job: Job) -> bool:
        """Ask the provider to stop a job's task; False where it cannot. Raises `StudioError`."""
        async with self._parts.open_connection(job) as connection:
            return await connection.client.cancel(job.generation_id or "")

    async def _carry(self, job_id: str) -> None:
        job = await self._store.get(job_id)
        try:
            async with self._parts.open_connection(job) as connection:
                try:
                    await self._steps(job, connection)
                except Exception as error:  # noqa: BLE001  while the log knows the key to hide
                    await self._meet(job_id, error)
        except Exception as error:  # noqa: BLE001
            await self._meet(job_id, error)

    async def _meet(self, job_id: str, error: Exception) -> None:
        match error:
            case StoreAway() | StoreBroken() | OutOfDescriptors():
                raise error
            case MissingKey():
                await self._store.change(job_id, note=str(error))
                raise error
            case _ if is_shortage(error):
                await self._hold(job_id, error)
            case StudioError():
                await self._fail(job_id, error)
            case _:
                # The last resort: a defect of ours must not leave a job that nobody carries.
                log.error("job %s met a defect", job_id, exc_info=error)
                await self._fail(job_id, await self._defect(job_id))

    async def _hold(self, job_id: str, error: Exception) -> Never:
        """Let the job wait until files can be opened again: the trouble is ours, not the job's."""
        unsent = isinstance(error, StudioError) and error.charged == "no"
        if unsent and (await self._store.get(job_id)).state is State.SUBMITTING:
            # No socket could be opened for the order, so it has not left
            await self._store.change(
                job_id, when=[State.SUBMITTING], state=State.QUEUED, submitted_at=None
            )
        raise OutOfDescriptors("Too many files are open just now.") from error

    async def _defect(self, job_id: str) -> StudioError:
        defect = StudioError("Something went wrong inside Dailies; see its log.")
        if (await self._store.get(job_id)).state is not State.QUEUED:
            defect.charged = "unknown"
            defect.next_step = "Look for it again: nothing is ordered by that."
        return defect

    async def _wait_for(self, error: StudioError, attempt: int) -> int:
        log.warning("%s Trying again.", error)
        await self._parts.clock.sleep(1.0 + backoff(attempt, self._parts.clock.random))
        return attempt + 1

    async def _steps(self, job: Job, connection: Connection) -> None:
        finished: Finished | None = None
        while not job.state.is_final:
            match job.state:
                case State.QUEUED:
                    job = await self._submit(job, connection)
                case State.SUBMITTING:
                    job = await self._find(job, connection)
                case State.RUNNING:
                    job, finished = await self._parts.poller.watch(job, self._spec(job), connection)
                case State.SAVING:
                    job = await self._parts.finalizer.save(
                        job, self._spec(job), connection, finished
                    )
                case _:
                    raise AssertionError(job.state)

    async def _submit(self, job: Job, connection: Connection) -> Job:
        spec = self._spec(job)
        values = await self._parts.inputs.wire(job, spec, connection)
        self._going_out.add(job.id)
        try:
            return await self._send(job, spec, values, connection)
        finally:
            self._going_out.discard(job.id)

    async def _send(
        self, job: Job, spec: ModelSpec, values: Mapping[str, Any], connection: Connection
    ) -> Job:
        now = self._parts.clock.now()
        # Of two runners that get here, one passes; and it is written before the bytes go out.
        claimed = await self._claimed(job, now, connection)
        if claimed is None:
            return await self._store.get(job.id)
        await self._unless_stopped(claimed)
        return await self._order(claimed, spec, values, connection)

    async def _claimed(self, job: Job, now: datetime, connection: Connection) -> Job | None:
        try:
            return await self._store.change(
                job.id,
                when=[State.QUEUED],
                state=State.SUBMITTING,
                submitted_at=now,
                account=connection.account or None,
                note="",
            )
        except StoreAway as error:
            written = await self._read_again(job, error)
            # What failed may be written all the same: that moment is ours, and nothing is out yet.
            is_ours = written.state is State.SUBMITTING and written.submitted_at == now
            return written if is_ours else None

    async def _read_again(self, job: Job, away: StoreAway) -> Job:
        attempt, error = 0, away
        while True:
            attempt = await self._wait_for(error, attempt)
            try:
                return await self._store.get(job.id)
            except StoreAway as again:
                error = again

    async def _unless_stopped(self, job: Job) -> None:
        """Give the claim back where this process was told to stop meanwhile: nothing is out yet."""
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            await self._store.change(
                job.id, when=[State.SUBMITTING], state=State.QUEUED, submitted_at=None
            )
            raise

    async def _order(
        self, job: Job, spec: ModelSpec, values: Mapping[str, Any], connection: Connection
    ) -> Job:
        try:
            taken = await connection.client.create(spec, values, job.request_id)
        except Unanswered as error:
            note = "The order's answer was lost; looking for it at the provider."
            return await self._written(job, [State.SUBMITTING], note=note, error=error.report())
        # Whoever took this job for lost in the meantime did not have the answer that is here.
        return await self._running(
            job,
            when=[State.SUBMITTING, State.UNCONFIRMED],
            generation_id=taken.generation_id,
            provider_status=taken.status,
            usage=dict(taken.usage),
            dollars=taken.usage.get("usd", job.dollars),
        )

    async def _find(self, job: Job, connection: Connection) -> Job:
        """Look for an order whose outcome is not known; it is never sent again."""
        for pause in LOOKS:
            await self._parts.clock.sleep(pause)
            found = await self._look(job, connection)
            if len(found) == 1:
                # Another take may have been quicker.
                with suppress(TaskTaken):
                    return await self._running(
                        job, when=[State.SUBMITTING], generation_id=found[0], exclusive=True
                    )
        return await self._unconfirmed(job)

    async def _look(self, job: Job, connection: Connection) -> list[str]:
        sent_at = job.submitted_at or job.created_at
        order = Order(request_id=job.request_id, sent_at=sent_at, model_id=self._spec(job).id)
        try:
            found = await connection.client.find(order)
        except StudioError as error:
            log.info("looking for job %s: %s", job.id, error)
            return []
        if not connection.client.finds_by_name and await self._has_twins(job, sent_at):
            return []
        taken = await self._store.generation_ids(job.provider, sent_at - timedelta(hours=1))
        return [generation_id for generation_id in found if generation_id not in taken]

    async def _has_twins(self, job: Job, sent_at: datetime) -> bool:
        # Of two lost orders of the same time, one task at the provider may be either's; and the
        # other may be another person's.
        near = await self._store.adrift(job.provider, sent_at - NEAR, sent_at + NEAR)
        return bool(near - {job.id})

    async def _running(self, job: Job, *, when: Iterable[State], **facts: Any) -> Job:
        return await self._written(job, when, state=State.RUNNING, note="", error=None, **facts)

    async def _written(self, job: Job, when: Iterable[State], **facts: Any) -> Job:
        """Write what only this process knows, however long the database is away."""
        attempt = 0
        while True:
            try:
                return await self._store.change(
                    job.id, when=when, **facts
                ) or await self._store.get(job.id)
            except StoreAway as error:
                attempt = await self._wait_for(error, attempt)

    async def _unconfirmed(self, job: Job) -> Job:
        lost = Unanswered(
            "The order went out, its answer was lost, and the provider's list does not show it: "
            "it may have been taken, and charged."
        )
        if job.error:
            lost.provider_message = job.error.provider_message
        changed = await self._store.change(
            job.id,
            when=[State.SUBMITTING],
            state=State.UNCONFIRMED,
            note="",
            error=lost.report(charged=_charged(job, lost.charged)),
        )
        return changed or await self._store.get(job.id)

    async def _fail(self, job_id: str, error: StudioError) -> None:
        job = await self._store.get(job_id)
        report = self._report(job, error)
        usage = {**job.usage, **getattr(error, "usage", {})}
        told = usage.get("usd", job.dollars)
        await self._store.change(
            job_id,
            when=[State.QUEUED, State.SUBMITTING, State.RUNNING, State.SAVING],
            state=self._end(job, error),
            note="",
            error=report,
            usage=usage,
            dollars=0.0 if report.charged == "no" else told,
            completed_at=self._parts.clock.now(),
        )

    def _end(self, job: Job, error: StudioError) -> State:
        if error.kind == "cancelled":
            return State.CANCELLED
        # An order that may be out there is looked for, not forgotten.
        lost = job.state is State.SUBMITTING and error.charged == "unknown"
        return State.UNCONFIRMED if lost else State.FAILED

    def _report(self, job: Job, error: StudioError) -> ErrorReport:
        charged = error.charged
        # Whatever goes wrong once the provider has finished, the clip is paid for.
        failed = isinstance(error, GenerationFailed) and error.kind != "cancelled"
        if job.state is State.SAVING and not failed:
            charged = "yes"
        return error.report(charged=_charged(job, charged))

    def _spec(self, job: Job) -> ModelSpec:
        return self._parts.find_model(job)


def _charged(job: Job, charged: Charged) -> Charged:
    return charged if job.live else "no"
