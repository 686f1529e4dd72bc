"""How often one caller may call, and how much a request may carry; ASGI middleware."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.accounts.households import network_of
from ui.bounded_body import Judge, bounded

RATE, BURST = 10.0, 60.0
"""Calls a second, and at once, of functions; looking at pages and files is not counted."""

REMEMBERED = 10_000
LARGEST_CALL = 48 * 2**20
"""Bytes of a call: a source of 24 MB as a data URI, with room."""

LARGE_CALLS = ("/gradio_api/",)
LARGEST_WORD = 2**21
"""Bytes of a call that carries no source: what the page's own scripts say."""

LARGE_AT_ONCE = 192 * 2**20
"""Bytes of larger calls that may be under way: each is in memory as a whole."""

LARGEST_UPLOAD = 210 * 2**20
UPLOAD = "/gradio_api/upload"
TOO_LARGE = "That is too large."


class Limits:
    """Counts calls by network, so that nobody gets more by throwing cookies away."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Guard `app`."""
        self._app = app
        self._clock = clock
        self._under_way = 0
        self._callers: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        address = str((scope.get("client") or ("",))[0])
        if not self._may_call(network_of(address) or address):
            refused = JSONResponse({"error": "Too many calls: wait a moment."}, 429)
            refused.headers["retry-after"] = "2"
            await refused(scope, receive, send)
            return
        most = most_of(scope["path"])
        if told_length(scope) > most:
            await JSONResponse({"error": TOO_LARGE}, 413)(scope, receive, send)
            return
        size = _expected(scope, most) if most == LARGEST_CALL else 0
        if size > LARGEST_WORD and self._under_way + size > LARGE_AT_ONCE:
            refused = JSONResponse({"error": "Other large calls come in: wait a moment."}, 429)
            refused.headers["retry-after"] = "5"
            await refused(scope, receive, send)
            return
        self._under_way += size
        try:
            await bounded(self._app, _at_most(most), scope, receive, send)
        finally:
            self._under_way -= size

    def _may_call(self, caller: str) -> bool:
        now = self._clock()
        left, then = self._callers.pop(caller, (BURST, now))
        left = min(BURST, left + (now - then) * RATE)
        allowed = left >= 1
        self._callers[caller] = (left - allowed, now)
        if len(self._callers) > REMEMBERED:
            self._callers.popitem(last=False)
        return allowed


def _expected(scope: Scope, most: int) -> int:
    """Return how many bytes may come: what is told, or where nothing is, the most."""
    return most if b"transfer-encoding" in dict(scope["headers"]) else told_length(scope)


def most_of(path: str) -> int:
    """Return how many bytes a request to an address may carry."""
    if path.startswith(UPLOAD):
        return LARGEST_UPLOAD
    return LARGEST_CALL if path.startswith(LARGE_CALLS) else LARGEST_WORD


def told_length(scope: Scope) -> int:
    """Return how many bytes a request says that it carries; 0 where it does not say."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() else 0


def _at_most(most: int) -> Judge:
    """Return what says of a body, piece by piece, whether it is larger than it may be."""
    got = 0

    def judge(piece: bytes) -> str:
        nonlocal got
        got += len(piece)
        return TOO_LARGE if got > most else ""

    return judge
