"""Who is calling: a person who logged in, a browser by its cookie or its own secret, or nobody yet.

A cookie is the better token: no script can read it, and it outlives what scripts may keep. But a
browser may refuse it, a frame of another site hold it back, a proxy strip it. So each page also has
a secret of its own (`assets/visitor.js`) and sends it as a header, which no other site's page can
do: `ui.guard` refuses their preflight. Where both come the cookie counts, and a browser without one
is given the cookie of its secret, so that both lead to the same takes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.cookies import flags

COOKIE = "dailies"
HEADER = "X-Dailies-Visitor"
"""The header with a browser's own secret: 128 bits, as 32 digits of the hexadecimal system."""

SHARED = ""
YEAR = 365 * 24 * 3600

PERSON = "user:"
"""What the owner of somebody who logged in begins with."""

CACHED = ("/takes/", "/dailies/assets/")
"""Answers that caches between us and a browser may keep, and hand to others: no cookie on them."""

NAMELESS = ("/assets/", "/static/", "/theme.css", "/favicon", "/gradio_api/file=")
"""What a page asks for by markup, so without its secret: a cookie there would be another's."""

CLIENTS = ("/config", "/gradio_api/info")
"""What Gradio's client asks for first: with a cookie it would be another visitor at each start."""

_UNSIGNED = re.compile(r"text/html|text/event-stream|text/css|image/|font/|video/|audio/")
"""Answers that a browser asks for without a script; its secret comes with the next call."""

_VISITOR = "dailies.visitor"
_OURS = re.compile(r"[0-9a-f]{32}")
_RANDOM = re.compile(r"[0-9a-f]{32,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_VARIED = 8
"""Different digits that 128 random bits surely have."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Whoever makes a request.

    `owner` is whose takes they see and order. `browser` is what a typed key is bound to, also where
    the owner is a person or all together. `known` says that the same will be found the next time.
    """

    owner: str
    browser: str
    address: str = ""
    known: bool = True

    def named(self, name: str) -> Visitor:
        """Return the caller under another name than the one that chance gave."""
        owner = name if self.owner == self.browser else self.owner
        return replace(self, owner=owner, browser=name)


class Visitors:
    """ASGI middleware that names the caller of each request in its scope.

    `embedded` is for a page inside another site's frame (a Space), where a browser keeps back
    every cookie that is not marked for it.
    """

    def __init__(self, app: ASGIApp, *, shared: bool, embedded: bool = False) -> None:
        """Wrap `app`; with `shared`, all visitors are the one owner."""
        self._app = app
        self._shared = shared
        self._embedded = embedded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        cookie, secret = _cookie(scope), _secret(scope)
        browser = cookie or secret or secrets.token_hex(16)
        scope[_VISITOR] = Visitor(
            owner=self._owner(scope, browser),
            browser=browser,
            address=str((scope.get("client") or ("",))[0]),
            known=bool(cookie or secret),
        )
        if not cookie and _may_introduce(scope, signed=bool(secret)):
            send = self._introducing(send, browser, scope)
        return await self._app(scope, receive, send)

    def _owner(self, scope: Scope, browser: str) -> str:
        if "user_name" in scope:
            return f"{PERSON}{scope['user_name']}"
        return SHARED if self._shared else browser

    def _introducing(self, send: Send, browser: str, scope: Scope) -> Send:
        mode = flags(scope, embedded=self._embedded)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={browser}; Path=/; Max-Age={YEAR}{mode}"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return sending


def visitor_of(request: Any, key: str | None = None) -> Visitor:
    """Return the caller that `Visitors` found; takes Starlette's request and Gradio's.

    A script that keeps no cookies, as Gradio's client does not, is known by its session; and where
    it orders with an idempotency `key`, by that, since the same order may come in a new session. A
    key that looks like 128 random bits is enough. A shorter one could be guessed, so it counts
    together with the address that it comes from.
    """
    # Gradio's wraps Starlette's, and would turn the scope into JSON on the way.
    caller: Visitor = getattr(request, "request", request).scope[_VISITOR]
    session = getattr(request, "session_hash", None)
    if caller.known:
        return caller
    if key:
        place = "" if _is_random(key) else f"{caller.address} "
        return caller.named(_name("key", place + key))
    return caller.named(_name("session", session)) if session else caller


def owner_of(request: Any) -> str:
    """Return whose takes the caller sees."""
    return visitor_of(request).owner


def _cookie(scope: Scope) -> str | None:
    number = HTTPConnection(scope).cookies.get(COOKIE)
    return number if number and _OURS.fullmatch(number) else None


def _secret(scope: Scope) -> str | None:
    """Return the name that stands for the secret: what is kept of a browser is never the secret."""
    secret = Headers(scope=scope).get(HEADER, "")
    return _name("browser", secret) if _OURS.fullmatch(secret) else None


def _may_introduce(scope: Scope, *, signed: bool) -> bool:
    path = scope["path"]
    if signed or path.startswith(CACHED):
        return signed and not path.startswith(CACHED)
    accepted = Headers(scope=scope).get("accept", "")
    return not path.startswith((*NAMELESS, *CLIENTS)) and not _UNSIGNED.search(accepted)


def _is_random(key: str) -> bool:
    return bool(_RANDOM.fullmatch(key)) and len(set(key.lower()) - {"-"}) >= _VARIED


def _name(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode(errors="surrogatepass")).hexdigest()[:32]
