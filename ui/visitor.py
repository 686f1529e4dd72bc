"""Who is calling: one shared owner on a person's own machine, else a cookie's random number.

Whoever holds the cookie holds its takes, so it is never readable to a script.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "dailies"
SHARED = ""
YEAR = 365 * 24 * 3600

_KEY = "dailies.owner"
_OURS = re.compile(r"[0-9a-f]{32}")


class Visitors:
    """ASGI middleware that names the caller of each request in its scope.

    `embedded` is for a page inside another site's frame (a Space), where a browser keeps back
    every cookie that is not marked for it.
    """

    def __init__(self, app: ASGIApp, *, shared: bool, embedded: bool = False) -> None:
        """Wrap `app`; with `shared`, everybody is the one owner of a machine of their own."""
        self._app = app
        self._shared = shared
        self._mode = "SameSite=None; Secure; Partitioned" if embedded else "SameSite=Lax"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        known = None if self._shared else HTTPConnection(scope).cookies.get(COOKIE)
        if self._shared or (known and _OURS.fullmatch(known)):
            scope[_KEY] = known or SHARED
            return await self._app(scope, receive, send)
        scope[_KEY] = secrets.token_hex(16)
        return await self._app(scope, receive, self._introducing(send, scope[_KEY]))

    def _introducing(self, send: Send, owner: str) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={owner}; Path=/; Max-Age={YEAR}; HttpOnly; {self._mode}"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return sending


def owner_of(request: Any) -> str:
    """Return the owner that `Visitors` found; takes Starlette's request and Gradio's."""
    # Gradio's wraps Starlette's, and would turn the scope into JSON on the way.
    owner: str = getattr(request, "request", request).scope[_KEY]
    return owner
