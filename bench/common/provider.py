"""AI/ML API as a stand-in on loopback: tasks that last as long as one wishes, and when it did what.

It renders nothing: every task ends with the same clip. Moments are those of `time.time()`, which a
browser on this machine shares.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

PATH = "/v2/video/generations"


@dataclass
class Task:
    """One order: when it came, when it is done, when that was told, when the clip was sent."""

    came: float
    done: float
    told: float = 0.0
    sent: float = 0.0
    polls: int = 0
    prompt: str = ""


@dataclass
class StandIn:
    """`lasting` is what the next tasks take, in seconds; `clip` the bytes that all end with."""

    clip: bytes = b""
    lasting: float = 3600.0
    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def app(self) -> Starlette:
        """The server."""
        routes = [
            Route(PATH, self.create, methods=["POST"]),
            Route(PATH, self.poll),
            Route("/files/{task}.mp4", self.file),
            Route("/player/{task}", self.player),
        ]
        return Starlette(routes=routes)

    @property
    def latest(self) -> Task:
        """The task that was ordered last."""
        return list(self.tasks.values())[-1]

    async def taken(self, orders: int, seconds: float) -> None:
        """Wait until so many orders have come, at most so long."""
        ends = time.monotonic() + seconds
        # Orders come on another thread, so there is no event to wait for.
        while len(self.tasks) < orders and time.monotonic() < ends:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def create(self, request: Request) -> Response:
        """Take an order."""
        came, name = time.time(), f"task-{len(self.tasks) + 1}"
        self.tasks[name] = Task(came=came, done=came + self.lasting)
        self.tasks[name].prompt = str((await request.json()).get("prompt", ""))
        return JSONResponse({"id": name, "status": "queued"}, 201)

    async def poll(self, request: Request) -> Response:
        """Tell how a task stands."""
        name = request.query_params["generation_id"]
        task = self.tasks[name]
        task.polls += 1
        if time.time() < task.done:
            return JSONResponse({"id": name, "status": "generating", "error": None})
        task.told = task.told or time.time()
        url = f"{request.base_url}files/{name}.mp4"
        return JSONResponse({"id": name, "status": "completed", "video": {"url": url}})

    async def player(self, request: Request) -> Response:
        """Give a page with nothing but the clip: what somebody has who opens the address."""
        source = f"/files/{request.path_params['task']}.mp4"
        return HTMLResponse(f'<video muted autoplay src="{source}"></video>')

    async def file(self, request: Request) -> Response:
        """Give the clip."""
        return _Noted(self.clip, self.tasks[request.path_params["task"]])


class _Noted(Response):
    media_type = "video/mp4"

    def __init__(self, clip: bytes, task: Task) -> None:
        super().__init__(clip)
        self._task = task

    async def __call__(self, scope, receive, send) -> None:  # noqa: ANN001
        await super().__call__(scope, receive, send)
        self._task.sent = self._task.sent or time.time()


@contextmanager
def standing_in(
    clip: Path | None = None, *, lasting: float = 3600.0
) -> Iterator[tuple[StandIn, dict[str, str]]]:
    """Serve a stand-in; gives it, and the app's settings that lead there."""
    from served import serve_app  # noqa: PLC0415

    stand_in = StandIn(clip=clip.read_bytes() if clip else b"", lasting=lasting)
    with serve_app(stand_in.app) as url:
        yield stand_in, {"AIMLAPI_API_KEY": "bench", "AIMLAPI_BASE_URL": url}
