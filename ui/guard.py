"""The door: ASGI middleware that lets in only this page's own requests and plain clients.

Gradio answers any website's script on a public host, and serves routes that this page has no use
for; both are refused here, and so is whoever comes by a name that is not this app's.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.hosts import DEFAULT_PORTS, Host, Hosts, read_host, read_origin

UNUSED = re.compile(
    r"/(gradio_api/)?"
    r"(monitoring|profiling|login$|login/|logout|token|user|deep_link|pwa_icon|dev/|openapi\.json"
    r"|proxy=|stream/|runs?-history|runs|vibe|undo-vibe|process_recording|custom_component"
    r"|component_server|file=\w+:)"
)

MISDIRECTED = (
    "This app does not answer under the name “{name}”. If that is its name, set it as "
    "DAILIES_HOSTS or DAILIES_PUBLIC_URL and start the app again."
)
NAMELESS = "The request must name this app in one Host header."
FOREIGN = (
    "Requests from other sites are refused. If this app stands behind a proxy, let the proxy pass "
    "Host on, or name it in DAILIES_TRUSTED_PROXIES."
)


class Guard:
    """Refuses other names, foreign origins and unused routes, of websockets too."""

    def __init__(
        self, app: ASGIApp, *, hosts: Hosts, public_url: str = "", login: bool = False
    ) -> None:
        """Wrap `app`; with `login`, our own log-in stands behind, at Gradio's old address.

        Scripts of `public_url` are the page's own by whatever name a proxy asks for them here.
        """
        self._app = app
        self._hosts = hosts
        self._public = read_origin(public_url.rstrip("/"))
        self._ours = ("/login", "/logout") if login else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        refused = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refused is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        return await refused(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        named = headers.getlist("host")
        if len(named) != 1:
            return JSONResponse({"error": NAMELESS}, 400)
        host = read_host(named[0])
        if host is None or not self._hosts.has(host):
            return JSONResponse({"error": MISDIRECTED.format(name=named[0][:100])}, 421)
        if self._is_foreign(scope, headers, host):
            return JSONResponse({"error": FOREIGN}, 403)
        if UNUSED.match(scope["path"]) and scope["path"] not in self._ours:
            return JSONResponse({"error": "There is no such page."}, 404)
        return None

    def _is_foreign(self, scope: Scope, headers: Headers, host: Host) -> bool:
        if headers.getlist("sec-fetch-site") == ["same-origin"]:
            # A browser's own word, which no script can write, and which it gives by TLS or to
            # loopback only, so to no name that was led here: a proxy may not have passed Host on
            return False
        if origins := headers.getlist("origin"):
            return not all(self._is_own(origin, host) for origin in origins)
        posting = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD")
        return posting and headers.get("sec-fetch-site") == "cross-site"

    def _is_own(self, text: str, host: Host) -> bool:
        origin = read_origin(text)
        if origin is None:
            return False
        scheme, theirs = origin
        port = theirs.port or DEFAULT_PORTS[scheme]
        # Which scheme the browser used may be known to a proxy only
        ports = {host.port} if host.port else set(DEFAULT_PORTS.values())
        return (theirs.name == host.name and port in ports) or origin == self._public
