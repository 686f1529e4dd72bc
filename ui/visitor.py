"""Who is calling: a name that logged in, a cookie's random number, or all as one if so chosen.

Whoever holds the cookie holds its takes, so it is never readable to a script.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "dailies"
SHARED = ""
YEAR = 365 * 24 * 3600

PERSON = "user:"
"""What the owner of somebody who logged in begins with."""

KEPT_FOR_GOOD = ("/takes/", "/dailies/assets/")
"""Answers that caches between us and a browser may keep, and hand to others: no cookie on them."""

_KEY = "dailies.owner"
_NEW = "dailies.new"
_OURS = re.compile(r"[0-9a-f]{32}")


class Visitors:
    """ASGI middleware that names the caller of each request in its scope.

    `embedded` is for a page inside another site's frame (a Space), where a browser keeps back
    every cookie that is not marked for it.
    """

    def __init__(self, app: ASGIApp, *, shared: bool, embedded: bool = False) -> None:
        """Wrap `app`; with `shared`, all visitors are the one owner."""
        self._app = app
        self._shared = shared
        self._mode = "SameSite=None; Secure; Partitioned" if embedded else "SameSite=Lax"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        known = self._known(scope)
        if known is not None:
            scope[_KEY] = known
            return await self._app(scope, receive, send)
        scope[_KEY], scope[_NEW] = secrets.token_hex(16), True
        if scope["path"].startswith(KEPT_FOR_GOOD):
            return await self._app(scope, receive, send)
        return await self._app(scope, receive, self._introducing(send, scope[_KEY]))

    def _known(self, scope: Scope) -> str | None:
        if "user_name" in scope:
            return f"{PERSON}{scope['user_name']}"
        if self._shared:
            return SHARED
        number = HTTPConnection(scope).cookies.get(COOKIE)
        return number if number and _OURS.fullmatch(number) else None

    def _introducing(self, send: Send, owner: str) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={owner}; Path=/; Max-Age={YEAR}; HttpOnly; {self._mode}"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return sending


def owner_of(request: Any) -> str:
    """Return the owner that `Visitors` found; takes Starlette's request and Gradio's.

    A script that keeps no cookies, as Gradio's client does not, is known by its session.
    """
    # Gradio's wraps Starlette's, and would turn the scope into JSON on the way.
    scope = getattr(request, "request", request).scope
    session = getattr(request, "session_hash", None)
    if scope.get(_NEW) and session:
        return hashlib.sha256(f"session:{session}".encode()).hexdigest()[:32]
    owner: str = scope[_KEY]
    return owner
