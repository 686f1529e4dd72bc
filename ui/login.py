"""The door for teams: a page that asks for name and password, sessions that end, and 401 without.

It stands before everything else of the app, so nothing behind it has to think of logins.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from html import escape
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.accounts.attempts import Attempts
from core.accounts.households import network_of
from core.accounts.users import Users
from ui.cookies import KEPT_FOR_GOOD, flags
from ui.headers import allow_inline, inline_of
from ui.proxies import caller_of
from ui.sessions import Session, Sessions
from ui.sub_path import relative

COOKIE = "dailies_session"
AT_ONCE, MOST_WAITING = 2, 10
"""Passwords that are checked at the same time, and those that are checked or wait for it."""

BUSY_SECONDS = 2.0

OPEN_PATHS = ("/dailies/assets/",)
LONGEST_FORM = 4096

ENTERED = "entered"
"""In the address that a log-in leads to: by then the browser must have sent its cookie."""

NOT_HELD = (
    "Name and password are right, but this browser did not keep the cookie that holds a log-in. "
    "Allow cookies for this site, or open it in a tab of its own, and log in again."
)

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">
<title>Dailies: log in</title>
<style>:root{{color-scheme:light dark;--paper:#f6f4ef;--sheet:#fffdf8;--line:#e2ddd1;--ink:#1f1d1a;
--accent:#a94f14}}@media(prefers-color-scheme:dark){{:root{{--paper:#131211;--sheet:#1b1a18;
--line:#302d29;--ink:#efeae0;--accent:#f0a04b}}}}body{{margin:0;min-height:100vh;display:grid;
place-items:center;background:var(--paper);color:var(--ink);font:15px/1.5 Inter,system-ui,
sans-serif}}form{{display:grid;gap:14px;width:min(320px,86vw);padding:28px;background:var(--sheet);
border:1px solid var(--line);border-radius:10px}}h1{{font-size:19px;margin:0}}label{{display:grid;
gap:5px;font-size:13px;font-weight:560}}input,button{{font:inherit;min-height:44px;padding:0 12px;
border-radius:8px;border:1px solid var(--line);background:var(--paper);color:var(--ink)}}
button{{background:var(--accent);color:var(--paper);border:0;font-weight:600}}p{{margin:0}}</style>
</head><body><form method="post" action="login"><h1>Dailies</h1><p role="alert">{said}</p>
<label>Name<input name="name" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required>
</label><button>Log in</button></form></body></html>"""

_INLINE = inline_of(_PAGE.format(said=""))


class Login:
    """ASGI middleware; puts the name of who logged in into `scope["user_name"]`."""

    def __init__(
        self,
        app: ASGIApp,
        users: Users,
        sessions: Sessions,
        *,
        embedded: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Guard `app`; `embedded` is for a page in a frame of another site, as on a Space."""
        self._app = app
        self._users = users
        self._sessions = sessions
        self._embedded = embedded
        self._clock = clock
        self._attempts = Attempts()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._queue = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        session = self._sessions.read(HTTPConnection(scope).cookies.get(COOKIE, ""))
        if scope["path"] in ("/login", "/logout"):
            allow_inline(scope, _INLINE)
        if scope["path"] == "/login" and scope["type"] == "http":
            await (await self._log_in(Request(scope, receive), session))(scope, receive, send)
        elif session is None:
            await self._refuse(scope, receive, send)
        elif scope["path"] == "/logout":
            await (await self._log_out(scope, session))(scope, receive, send)
        else:
            seen = {**scope, "user_name": session.name}
            await self._app(seen, receive, self._renewing(send, scope, session))

    def _renewing(self, send: Send, scope: Scope, session: Session) -> Send:
        """Return a `send` that tells the browser of a session's new time, if there is one."""
        cookie = self._sessions.renewed(session)
        # Answers that caches may hand to others carry no cookie.
        if cookie is None or scope["path"].startswith(KEPT_FOR_GOOD):
            return send

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", self._cookie(scope, cookie))
            await send(message)

        return sending

    def _cookie(self, scope: Scope, value: str, more: str = "") -> str:
        return f"{COOKIE}={value}; Path=/{more}{flags(scope, embedded=self._embedded)}"

    async def _log_in(self, request: Request, known: Session | None) -> Response:
        if request.method != "POST" and ENTERED in request.query_params:
            return RedirectResponse("./", 303) if known else _page(NOT_HELD, 401)
        if request.method != "POST":
            return _page("")
        form = await _form(request)
        name, network = form.get("name", ""), network_of(caller_of(request)) or "nowhere"
        if self._queue >= MOST_WAITING:
            return _busy("Many people are logging in: try again in a moment.", BUSY_SECONDS)
        async with self._turn():
            # Asked here, since those that came together have not seen each other fail
            if wait := self._attempts.wait(name, network, self._clock()):
                return _busy(f"Too many wrong passwords: try again in {wait:.0f} seconds.", wait)
            password = form.get("password", "")
            right = await run_in_threadpool(self._users.check, name, password)
            self._attempts.note(name, network, self._clock(), right=right)
        if not right:
            return _page("That name and password do not belong together.", 401)
        answer = RedirectResponse(f"./login?{ENTERED}", 303)
        cookie = self._cookie(request.scope, self._sessions.begin(name))
        answer.headers["set-cookie"] = cookie
        return answer

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a place to check a password: each takes 16 MB and keeps a core busy."""
        self._queue += 1
        try:
            async with self._places:
                yield
        finally:
            self._queue -= 1

    async def _log_out(self, scope: Scope, session: Session) -> Response:
        if scope["method"] != "POST":
            # A link, or another site's picture, shall log nobody out.
            return _page("Log out by the button on the page.", 405, {"allow": "POST"})
        await run_in_threadpool(self._sessions.end, session)
        answer = RedirectResponse(relative(scope, "login"), 303)
        answer.headers["set-cookie"] = self._cookie(scope, "", "; Max-Age=0")
        return answer

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
            return
        wants_page = b"text/html" in dict(scope["headers"]).get(b"accept", b"")
        if scope["method"] == "GET" and wants_page:
            await RedirectResponse(relative(scope, "login"), 303)(scope, receive, send)
        else:
            await JSONResponse({"error": "Log in first."}, 401)(scope, receive, send)


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    return {name: values[0] for name, values in fields.items()}


def _busy(said: str, seconds: float) -> HTMLResponse:
    return _page(said, 429, {"retry-after": str(math.ceil(seconds))})


def _page(said: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    fresh = {"cache-control": "no-store"}
    return HTMLResponse(_PAGE.format(said=escape(said)), status, {**fresh, **(headers or {})})
