"""Adds to the page's document what must be under way before Gradio's own start; ASGI middleware.

What Gradio is given as `head` it puts into the page by script, after its first three rounds of
requests. Put into the document itself, our scripts are fetched and compiled beside Gradio's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.gradio_addresses import relative
from ui.headers import Inline, allow_inline, inline_of
from ui.inline_config import only_drawn
from ui.link_preview import site_of, without_previews

PAGE = "/"
HEAD_ENDS = "</head>"
APP = re.compile(r"<gradio-app.*?</gradio-app>", re.DOTALL)
KEPT = 8


class Document:
    """Puts `first` before all that the page's head asks for, and `head` at its end.

    What is `around` comes before and after Gradio's part. `preview` makes what other sites are
    told, from the page's address; that is `public_url`, where there is one.
    """

    def __init__(  # noqa: PLR0913  each piece of markup is named at the call
        self,
        app: ASGIApp,
        *,
        head: str,
        first: str = "",
        around: tuple[str, str] = ("", ""),
        preview: Callable[[str], str] = lambda _: "",
        public_url: str = "",
    ) -> None:
        """Wrap `app`; all else is markup."""
        self._app = app
        self._head = head
        self._first = first
        self._around = around
        self._preview = preview
        self._public_url = public_url
        # Gradio's document is the same for all who come by the same address.
        self._made = lru_cache(maxsize=KEPT)(self._make)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] != PAGE or scope["method"] != "GET":
            return await self._app(scope, receive, send)
        site = site_of(scope, self._public_url)
        return await self._app(scope, receive, self._adding(scope, send, site))

    def _adding(self, scope: Scope, send: Send, site: str) -> Send:
        """Return a `send` that waits for the whole document of `site`, if it is one."""
        start: Message = {}
        body = bytearray()

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    whole, inline = self._added(start, bytes(body), site)
                    allow_inline(scope, inline)
                    MutableHeaders(scope=start)["content-length"] = str(len(whole))
                    await send(start)
                    await send({"type": "http.response.body", "body": whole})
            else:
                await send(message)

        return adding

    def _added(self, start: Message, body: bytes, site: str) -> tuple[bytes, Inline]:
        """Return the document, and what stands in it."""
        kind = Headers(scope=start).get("content-type", "")
        if start["status"] != 200 or not kind.startswith("text/html"):
            return body, Inline()
        return self._made(body, site)

    def _make(self, body: bytes, site: str) -> tuple[bytes, Inline]:
        text = without_previews(relative(only_drawn(body.decode()), self._first))
        head, ends, rest = text.partition(HEAD_ENDS)
        whole = APP.sub(lambda found: found[0].join(self._around), rest, count=1)
        document = f"{head}{self._preview(site)}{self._head}{ends}{whole}"
        return document.encode(), inline_of(document)
