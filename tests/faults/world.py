"""One job driven end to end against a provider that misbehaves, and what is seen of it after."""

import asyncio
import hashlib
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provider import Provider, answer
from pydantic import SecretStr

from core.client import ConnectionPool, Route
from core.jobs.as_json import describe
from core.jobs.durations import Durations
from core.jobs.files import JobFiles
from core.jobs.finalizer import Finalizer
from core.jobs.inputs import JobInputs
from core.jobs.poller import Poller
from core.jobs.workflow import JobWorkflow, Parts
from core.media import ffmpeg
from core.models import find_model
from core.providers import PROVIDERS
from core.providers.protocol import State

CANARY = "canary-5ec2e7f0b1-never-shown"
WAN = "aimlapi:krea/krea-wan-14b/text-to-video"
WAN_VIDEO = "aimlapi:krea/krea-wan-14b/video-to-video"
KLING = "krea:kling/kling-2.5"

TAKEN = {"id": "task-1", "status": "queued"}


def task(status, **more):
    return answer(200, {"id": "task-1", "status": status, **more})


@dataclass
class World:
    """A provider, a store, a shelf and a clock; `workflow` drives jobs through them."""

    provider: Provider
    store: Any
    folder: Path
    clock: Any
    limits: dict = field(default_factory=dict)
    vendor: Any = None
    line_of: Any = None
    orders: int = 1
    closing: list = field(default_factory=list)

    def script(self, **scripts):
        self.provider.scripts |= scripts

    @property
    def done(self):
        return task("completed", video={"url": self.provider.clip_url})

    @property
    def as_clock(self):
        clock = self.clock.as_clock
        return replace(clock, limits=replace(clock.limits, **self.limits))

    @property
    def job_files(self):
        return JobFiles(self.folder / "takes")

    @property
    def connections(self):
        return ConnectionPool(self.as_clock)

    def workflow(self):
        """A new process, as far as the jobs can tell."""
        store, clock, connections = self.store, self.as_clock, self.connections
        poller = Poller(store, Durations(store), clock)

        def open_connection(job):
            if self.line_of:
                return self.line_of(job, clock)
            return connections.connection(self.route(job))

        return JobWorkflow(
            Parts(
                store=store,
                open_connection=open_connection,
                find_model=lambda job: find_model(job.model).when(live=job.live),
                inputs=JobInputs(store, self.job_files),
                poller=poller,
                finalizer=Finalizer(store, self.job_files, poller, clock),
                clock=clock,
            )
        )

    def route(self, job):
        provider = self.vendor or PROVIDERS[job.provider]
        return Route(provider=provider, key=SecretStr(CANARY), base_url=self.provider.url)

    async def carry(self, job):
        await self.workflow().carry(job.id)
        return self.store.get(job.id)

    async def carry_until(self, job, condition):
        """Let go of a job in the middle, as a process that is killed does."""
        carrying = asyncio.create_task(self.workflow().carry(job.id))
        ends = asyncio.get_running_loop().time() + 20
        while not condition():
            assert asyncio.get_running_loop().time() < ends, "it did not come about"
            await asyncio.sleep(0.005)
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        return self.store.get(job.id)

    def files(self, job):
        """The names in the job's folder."""
        folder = self.folder / "takes" / job.id
        return {path.name for path in folder.iterdir()} if folder.exists() else set()

    def shown(self, job):
        """The job as the page and the API give it."""
        spec = find_model(job.model).when(live=job.live)
        return describe(job, spec, PROVIDERS[job.provider], 60.0, self.clock.now)


WHOLE = {"clip.mp4", "poster.jpg", "preview.webp", "preview.gif"}


def assert_completed(world, job, *, files=WHOLE):
    """The job has its clip, nothing is said to be wrong, and the folder holds no more."""
    assert job.state is State.COMPLETED, job.error
    assert job.error is None
    assert job.note == ""
    assert world.files(job) == files


def assert_ended(world, job, state, kind, *, charged, says, then):
    """The job ended so; `says` stands in what it tells, `then` in its next step."""
    assert job.state is state, (job.state, job.error)
    error = job.error
    words = f"{error.message} {error.provider_message or ''}"
    assert (error.kind, error.charged) == (kind, charged), error
    assert says in words, words
    assert then in error.next_step, error.next_step
    assert len(error.provider_message or "") <= 300
    assert not {name for name in world.files(job) if not name.startswith(("source", "fitted"))}


def padded(clip, size):
    """The clip with a free box of so many bytes after it."""
    return clip + struct.pack(">I4s", size + 8, b"free") + bytes(size)


def pictures(path):
    """What a clip shows, whatever container it is in."""
    return hashlib.sha256(
        ffmpeg.run(["-i", f"file:{path}", "-an", "-f", "framemd5", "-"])
    ).hexdigest()
