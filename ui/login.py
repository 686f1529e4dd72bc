"""The door for teams: a page that asks for name and password, sessions that end, and 401 without.

It stands before everything else of the app, so nothing behind it has to think of logins.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from html import escape
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.users import Users
from ui.sub_path import relative

COOKIE = "dailies_session"
LASTS = 12 * 3600.0
"""Seconds of silence after which a session ends."""

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


class Login:
    """ASGI middleware; puts the name of who logged in into `scope["user_name"]`."""

    def __init__(
        self,
        app: ASGIApp,
        users: Users,
        *,
        embedded: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Guard `app`; `embedded` is for a page in a frame of another site, as on a Space."""
        self._app = app
        self._users = users
        self._clock = clock
        self._flags = "; SameSite=None; Secure" if embedded else "; SameSite=Lax"
        self._sessions: dict[str, tuple[str, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        token, name = self._who(scope)
        if scope["path"] == "/login" and scope["type"] == "http":
            await (await self._log_in(Request(scope, receive), name))(scope, receive, send)
        elif name is None:
            await self._refuse(scope, receive, send)
        elif scope["path"] == "/logout":
            self._sessions.pop(token, None)
            await RedirectResponse(relative(scope, "login"), 303)(scope, receive, send)
        else:
            await self._app({**scope, "user_name": name}, receive, send)

    def _who(self, scope: Scope) -> tuple[str, str | None]:
        cookies = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        token = cookies[COOKIE].value if COOKIE in cookies else ""
        name, ends = self._sessions.get(token, ("", 0.0))
        now = self._clock()
        if not name or now > ends:
            self._sessions.pop(token, None)
            return token, None
        self._sessions[token] = (name, now + LASTS)
        return token, name

    async def _log_in(self, request: Request, known: str | None) -> Response:
        if request.method != "POST" and ENTERED in request.query_params:
            return RedirectResponse("./", 303) if known else _page(NOT_HELD, 401)
        if request.method != "POST":
            return _page("")
        form = await _form(request)
        name, now = form.get("name", ""), self._clock()
        if self._users.is_locked(name, now):
            return _page("Too many wrong passwords: try again in a quarter of an hour.", 429)
        # Deriving a key keeps a core busy, which the event loop has no time for.
        if not await run_in_threadpool(self._users.check, name, form.get("password", ""), now):
            return _page("That name and password do not belong together.", 401)
        token = secrets.token_hex(16)
        self._sessions[token] = (name, now + LASTS)
        answer = RedirectResponse(f"./login?{ENTERED}", 303)
        answer.headers["set-cookie"] = f"{COOKIE}={token}; Path=/; HttpOnly{self._flags}"
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


def _page(said: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(said=escape(said)), status)
