"""Our own routes beside Gradio's: files of takes, the feed, deeds on a job, the page's assets."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core import Job, Studio
from core.errors import Busy, InvalidInput, StudioError, UnknownJob
from ui.arguments import text, values
from ui.feed import Feed
from ui.json_answer import JsonAnswer
from ui.json_body import body_of
from ui.shipped import KINDS, inside
from ui.status import status_of
from ui.visitor import Visitor, owner_of, visitor_of

Json = dict[str, Any]

FOREVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
LONGEST_HOLD = 20
"""Seconds that an answer of the feed may wait for news."""


class Routes:
    """The routes over one studio; `assets` is the folder of scripts, styles and fonts."""

    def __init__(self, studio: Studio, assets: Path) -> None:
        """Take what the routes serve."""
        self._studio = studio
        self._feed = Feed(studio)
        self._assets = assets.resolve()

    def all(self) -> list[Route]:
        """Return the routes, to be matched before Gradio's."""
        return [
            Route("/takes/{token}/{name}", self.take),
            Route("/dailies/feed", self.feed),
            Route("/dailies/estimate", self.estimate, methods=["POST"]),
            Route("/dailies/jobs/{job_id}/{deed}", self.act, methods=["POST"]),
            Route("/dailies/assets/{version}/{name:path}", self.asset),
            Route("/favicon.ico", self.favicon),
        ]

    async def take(self, request: Request) -> Response:
        """Give a file of a take, whole or in ranges, to whoever knows its token."""
        token, name = request.path_params["token"], request.path_params["name"]
        owner = owner_of(request)
        path = await run_in_threadpool(self._studio.file, token, name, owner)
        if path is None:
            return JsonAnswer({"error": "There is no such file."}, 404, FRESH)
        wanted = "download" in request.query_params
        return FileResponse(
            path,
            headers=FOREVER,
            filename=_friendly(token, path) if wanted else None,
        )

    async def feed(self, request: Request) -> Response:
        """Give the newest jobs where anything changed since the revision that the page has.

        With `hold`, the answer waits for a change, at most so many seconds.
        """
        visitor = visitor_of(request)
        query = request.query_params
        since, hold = _whole(query.get("since")), _whole(query.get("hold"))
        if since is not None and hold:
            await self._studio.news(visitor.owner, since, min(hold, LONGEST_HOLD))
        return await answered(lambda: self._feed.news(visitor.owner, query, visitor.browser))

    async def estimate(self, request: Request) -> Response:
        """Give the price of an order as far as it is known."""
        return await answered_to(request, self._estimate)

    async def act(self, request: Request) -> Response:
        """Do one thing to a job, and give the job as it is then."""
        job_id = request.path_params["job_id"]
        deed = self._deeds.get(request.path_params["deed"])
        if deed is None:
            return JsonAnswer({"error": "There is no such deed."}, 404, FRESH)
        return await answered_to(request, lambda body, visitor: deed(job_id, body, visitor.owner))

    async def asset(self, request: Request) -> Response:
        """Give a file to a page that is older than it; `ui.shipped` has those of today's page."""
        path = inside(self._assets, request.path_params["name"])
        if path is None:
            return Response(status_code=404, headers=FRESH)
        body = await run_in_threadpool(path.read_bytes)
        return Response(body, headers=FRESH, media_type=KINDS[path.suffix])

    async def favicon(self, request: Request) -> Response:
        """Give the clapper."""
        del request
        return FileResponse(self._assets / "favicon.svg", media_type="image/svg+xml")

    @property
    def _deeds(self) -> Mapping[str, Callable[[str, Json, str], Json]]:
        studio = self._studio
        return {
            "cancel": lambda job, _, owner: self._told(studio.cancel(job, owner)),
            "look-again": lambda job, _, owner: self._told(studio.look_again(job, owner)),
            "adopt": lambda job, body, owner: self._told(
                studio.adopt(job, text("generation_id", body.get("generation_id")), owner)
            ),
            "gif": self._gif,
        }

    def _gif(self, job_id: str, body: Json, owner: str) -> Json:
        made = self._studio.make_gif(
            job_id, width=body.get("width"), fps=body.get("fps"), owner=owner
        )
        return {"gif": made, **self._told(self._studio.job(job_id, owner))}

    def _estimate(self, body: Json, visitor: Visitor) -> Json:
        model, params = text("model", body.get("model")), values(body.get("params"))
        return self._studio.estimate(model, params, visitor.owner, visitor.browser)

    def _told(self, job: Job) -> Json:
        return {"job": self._studio.describe(job)}


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None


def _friendly(token: str, path: Path) -> str:
    plain = re.sub(r"[^0-9a-zA-Z]", "", token)[-6:] or "take"
    return f"dailies-{plain}{path.suffix}"


async def answered_to(request: Request, work: Callable[[Json, Visitor], Json]) -> Response:
    """Return what `work` makes of the request's JSON and of who asks: see `answered`."""
    try:
        body = await body_of(request)
    except InvalidInput as error:
        return refused(error)
    visitor = visitor_of(request)
    return await answered(lambda: work(body, visitor))


def refused(error: InvalidInput, status: int = 400) -> Response:
    """Return the answer to what cannot be taken: the reasons as a sentence, and by the names."""
    told = {"error": " ".join(error.problems.values()), "problems": error.problems}
    return JsonAnswer(told, status, FRESH)


async def answered(work: Callable[[], Json | bytes]) -> Response:
    """Return what `work` gives, JSON or its text, or the sentence of the error that it raises."""
    try:
        said = await run_in_threadpool(work)
        if isinstance(said, bytes):
            return Response(said, headers=FRESH, media_type="application/json")
        return JsonAnswer(said, headers=FRESH)
    except Busy as error:
        wait = {"Retry-After": str(math.ceil(error.retry_after))}
        return JsonAnswer({"error": f"{error} {error.next_step}"}, 429, FRESH | wait)
    except UnknownJob as error:
        return JsonAnswer({"error": str(error)}, 404, FRESH)
    except InvalidInput as error:
        return refused(error)
    except StudioError as error:
        return JsonAnswer({"error": f"{error} {error.next_step}"}, status_of(error), FRESH)
