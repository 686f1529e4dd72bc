"""How often one caller may call, and how much a request may carry; ASGI middleware."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.households import network_of

RATE, BURST = 10.0, 60.0
"""Calls a second, and at once, of functions; looking at pages and files is not counted."""

REMEMBERED = 10_000
LARGEST_CALL = 48 * 2**20
"""Bytes of a call: a source of 24 MB as a data URI, with room."""

LARGEST_UPLOAD = 210 * 2**20
UPLOAD = "/gradio_api/upload"


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
        most = LARGEST_UPLOAD if scope["path"].startswith(UPLOAD) else LARGEST_CALL
        if _told_length(scope) > most:
            await JSONResponse({"error": "That is too large."}, 413)(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, most), send)

    def _may_call(self, caller: str) -> bool:
        now = self._clock()
        left, then = self._callers.pop(caller, (BURST, now))
        left = min(BURST, left + (now - then) * RATE)
        allowed = left >= 1
        self._callers[caller] = (left - allowed, now)
        if len(self._callers) > REMEMBERED:
            self._callers.popitem(last=False)
        return allowed


def _told_length(scope: Scope) -> int:
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() else 0


def _bounded(receive: Receive, most: int) -> Receive:
    """Return `receive` that ends a body which does not end by itself."""
    got = 0

    async def bounded() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return {"type": "http.disconnect"} if got > most else message

    return bounded
