"""AI/ML API or Krea as a script: each kind of request gets the next answer of its own list."""

import json
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from core.client import Client, Connection, Downloader
from core.jobs.durations import Durations
from core.jobs.files import JobFiles
from core.jobs.finalizer import Finalizer
from core.jobs.inputs import JobInputs
from core.jobs.poller import Poller
from core.jobs.workflow import JobWorkflow, Parts
from core.models import find_model
from core.providers import PROVIDERS

CLIP_URL = "https://cdn.test/clip.mp4"


def task(status="queued", **more):
    return 200, {"id": "task-1", "status": status, **more}


DONE = task("completed", video={"url": CLIP_URL})


class Vendor:
    """Answers, and counts what came; an exception as an answer breaks the connection."""

    def __init__(self, clip: bytes):
        self.creates = [task()]
        self.polls = [task("generating"), DONE]
        self.logs = [(200, {"data": []})]
        self.files = [(200, clip)]
        self.cancels = [(200, "")]
        self.seen = {"creates": [], "polls": [], "logs": [], "files": [], "cancels": []}

    def __call__(self, request):
        kind = self._kind(request)
        self.seen[kind].append(request)
        script = getattr(self, kind)
        answer = script[min(len(self.seen[kind]), len(script)) - 1]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        content = text if isinstance(text, bytes) else text.encode()
        length = {"Content-Length": str(len(content))}
        stream = httpx.ByteStream(content)
        return httpx.Response(status, stream=stream, headers=length | dict(headers))

    def _kind(self, request):
        if request.url.host == "cdn.test":
            return "files"
        if request.method in ("POST", "DELETE"):
            return "creates" if request.method == "POST" else "cancels"
        is_list = request.url.path in ("/v2/logs", "/jobs")
        return "logs" if is_list else "polls"

    @property
    def billed(self):
        return len(self.seen["creates"])


def make_workflow(store, folder: Path, clock, vendor):
    """A carrier whose every line leads to the script."""
    job_files, durations = JobFiles(folder / "takes"), Durations(store)
    poller = Poller(store, durations, clock.as_clock)
    transport = httpx.MockTransport(vendor)

    @asynccontextmanager
    async def open_connection(job):
        async with (
            httpx.AsyncClient(transport=transport, base_url="https://api.test") as keyed,
            httpx.AsyncClient(transport=transport) as plain,
        ):
            yield Connection(
                client=Client(PROVIDERS[job.provider], keyed, clock=clock.as_clock),
                downloader=Downloader(plain, trusted=None, clock=clock.as_clock),
            )

    return JobWorkflow(
        Parts(
            store=store,
            open_connection=open_connection,
            find_model=lambda job: find_model(job.model).when(live=job.live),
            inputs=JobInputs(store, job_files),
            poller=poller,
            finalizer=Finalizer(store, job_files, poller, clock.as_clock),
            clock=clock.as_clock,
        )
    )
