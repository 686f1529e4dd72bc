"""The door: ASGI middleware that lets in only this page's own requests and plain clients.

Gradio answers any website's script on a public host, and serves routes that this page has no use
for; both are refused here.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

UNUSED = re.compile(
    r"/(gradio_api/)?"
    r"(monitoring|profiling|login$|login/|logout|token|user|deep_link|pwa_icon|dev/|openapi\.json"
    r"|proxy=|stream/|runs?-history|runs|vibe|undo-vibe|process_recording|custom_component"
    r"|component_server|file=\w+:)"
)


class Guard:
    """Refuses foreign origins and unused routes."""

    def __init__(self, app: ASGIApp, *, login: bool = False) -> None:
        """Wrap `app`; with `login`, our own log-in stands behind, at Gradio's old address."""
        self._app = app
        self._ours = ("/login", "/logout") if login else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and (refused := self._refusal(scope)):
            return await refused(scope, receive, send)
        return await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        if UNUSED.match(scope["path"]) and scope["path"] not in self._ours:
            return JSONResponse({"error": "There is no such page."}, 404)
        if _is_foreign(scope, Headers(scope=scope)):
            return JSONResponse({"error": "Requests from other sites are refused."}, 403)
        return None


def _is_foreign(scope: Scope, headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    posting = scope["method"] not in ("GET", "HEAD")
    return posting and headers.get("sec-fetch-site") == "cross-site"
