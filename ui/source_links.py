"""Answers the signed links by which a provider fetches a source; it shows nothing else of the app.

A provider has no name and password here, and gets no cookie, so this stands before the log-in and
the visitors. Whatever is wrong with a link, the answer is the same 404.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import StorageError

PREFIX = "/sources/"

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

_PATH = re.compile(r"/sources/([0-9a-f]{32})/([\w.-]{1,100})")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{1,12}")


class Served(Protocol):
    """A file to be handed out, and its media type."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def mime(self) -> str:
        """What it is."""


Find = Callable[[str, str, str, str], Served | None]
"""From token, name, expiry and signature to the file, while the link is good."""


class SourceLinks:
    """ASGI middleware that keeps everything under `/sources/` to itself."""

    def __init__(self, app: ASGIApp, find: Find) -> None:
        """Stand before `app`."""
        self._app = app
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await self._app(scope, receive, send)
        answer = await self._answer(scope)
        return await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        asked = _PATH.fullmatch(scope["path"])
        query = QueryParams(scope["query_string"])
        expires, signature = query.get("expires", ""), query.get("signature", "")
        well_formed = asked and _MOMENT.fullmatch(expires) and _SIGNATURE.fullmatch(signature)
        if not asked or not well_formed or scope["method"] not in ("GET", "HEAD"):
            return _nothing()
        try:
            found = await run_in_threadpool(self._find, asked[1], asked[2], expires, signature)
        except StorageError:
            busy = {"Retry-After": "5", **HEADERS}
            return JSONResponse({"error": "Try again in a moment."}, 503, busy)
        if found is None:
            return _nothing()
        return FileResponse(found.path, media_type=found.mime, headers=HEADERS)


def _nothing() -> Response:
    return JSONResponse({"error": "There is no such file."}, 404, HEADERS)
