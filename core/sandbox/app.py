"""The sandbox as one ASGI app: both vendors' routes, the files, and counts for the tests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.models import MODELS
from core.sandbox.aimlapi import endpoints
from core.sandbox.aimlapi import routes as aimlapi
from core.sandbox.aimlapi.envelopes import Problem
from core.sandbox.krea import routes as krea
from core.sandbox.order_files import Fetch
from core.sandbox.recorded import NOTHING, Recorded
from core.sandbox.requests import gateway_page
from core.sandbox.task_service import Models, TaskService
from core.sandbox.timing import Pace

VENDORS = (endpoints.VENDOR, krea.VENDOR)


def create_sandbox(
    folder: Path,
    *,
    models: Models = lambda: MODELS,
    pace: Pace = "fast",
    clock: Callable[[], float] = time.time,
    fetch: Fetch | None = None,
) -> Starlette:
    """Return both vendors' APIs as an ASGI app, told apart by path, with its state in `folder`.

    `models` gives the models that orders are taken for, by key, and is asked anew each time (a
    `Recorded` also has the vendors' own words about them, which are then played back);
    `pace` chooses short waits or the vendors' own; `clock` gives seconds of the epoch; `fetch`
    gets the bytes behind an https address, without which only the sandbox's own files and data
    URIs can be used as a source.
    """
    service = TaskService(folder, models=models, pace=pace, clock=clock, fetch=fetch)
    recorded = models if isinstance(models, Recorded) else NOTHING
    counter = Counting(service)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        service.close()

    app = Starlette(
        lifespan=lifespan,
        routes=[
            *aimlapi.routes(service, recorded),
            *krea.routes(service, recorded),
            Route("/files/{name}", counter.file),
            Route("/sandbox/stats", counter.stats),
        ],
        exception_handlers={404: _no_route, 405: _no_route},
    )
    app.add_middleware(_Polls, counter=counter)
    # In-process, where nothing runs a lifespan, whoever made the app calls this at the end.
    app.state.close = service.close
    return app


class Counting:
    """The files, and how often what was asked for.

    Orders are counted from the tasks on disk, so they outlive a restart; polls and file requests
    that carried a key are counted in memory.
    """

    def __init__(self, service: TaskService) -> None:
        self._service = service
        self.polls = 0
        self.keyed_files = 0

    async def file(self, request: Request) -> Response:
        """Return a clip or an asset, whole or in ranges; a key has no business here."""
        if "authorization" in request.headers:
            self.keyed_files += 1
            return JSONResponse({"error": "Files need no key: do not send it."}, 400)
        path = self._service.file(request.path_params["name"])
        return FileResponse(path) if path else gateway_page(404, "404 Not Found")

    def note_poll(self, path: str) -> None:
        """Count a request that was a poll."""
        self.polls += path.startswith("/jobs/") or path in endpoints.addresses(
            self._service.models()
        )

    async def stats(self, request: Request) -> Response:
        """Return the counts."""
        del request
        creates, by_client = {}, Counter[str]()
        for vendor in VENDORS:
            tasks = await self._service.tasks(vendor, deleted=True)
            creates[vendor] = len(tasks)
            by_client.update(task.client_request_id for task in tasks if task.client_request_id)
        return JSONResponse(
            {
                "creates": creates,
                "creates_by_client_request_id": dict(by_client),
                "polls": self.polls,
                "keyed_file_requests": self.keyed_files,
            }
        )


class _Polls:
    """Counts the requests that ask after one task."""

    def __init__(self, app: ASGIApp, counter: Counting) -> None:
        self._app = app
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            self._counter.note_poll(scope["path"])
        await self._app(scope, receive, send)


async def _no_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if request.url.path.startswith("/v2/"):
        return Problem(status, f"Cannot {request.method} {request.url.path}").response(request)
    return gateway_page(status, f"{status} {'Not Found' if status == 404 else 'Not Allowed'}")
