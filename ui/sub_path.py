"""Under which path a proxy shows this app: ASGI middleware that takes it off what is asked for.

A proxy may take the path away before it asks, or leave it; it may tell of it in a header, or the
operator by a setting, or nobody. So an address is known by its end, which is one of ours, and all
that is written into an answer is relative, save where the path is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from ui.proxies import PREFIX, prefix_of

GRADIO = (
    r"gradio_api/.+|assets/[^/]+|static/.+|svelte/.+|config|theme\.css|favicon\.ico|robots\.txt"
    r"|manifest\.json|login|logout|takes/[0-9a-f]{32}/[^/]+|sources/[0-9a-f]{32}/[^/]+"
)
ASSETS = r"dailies/assets/[0-9a-f]{12}/.+"

CONFIG = "/config"

_PREFIX = re.compile(
    r"(?!/(?:assets|static|svelte|gradio_api|takes|sources)(?:/|$))(?:/(?!\.{1,2}(?:/|$))[^/=:\\]+)*"
)
"""What may stand before an address of ours where nobody told of it: no address of ours, no dots."""


class SubPath:
    """ASGI middleware; `root` is where the operator says that the app is shown.

    `routes` are the second parts of our own addresses, such as `feed` of `/dailies/feed`.
    """

    def __init__(self, app: ASGIApp, *, root: str = "", routes: Iterable[str] = ()) -> None:
        """Stand before `app`."""
        self._app = app
        self._root = path_of(root)
        own = "|".join(re.escape(name) for name in sorted(set(routes) - {"assets"}))
        self._ours = re.compile(rf"/(?:{GRADIO}|{ASSETS}|dailies/(?:{own})(?:/.*)?)?", re.DOTALL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] in ("http", "websocket"):
            scope = self._below(scope)
        await self._app(scope, receive, send)

    def _below(self, scope: Scope) -> Scope:
        """Return the scope as it is without the path, which it tells."""
        told = prefix_of(scope) or self._root
        before = self._before(scope, told)
        seen = {**scope, PREFIX: before or told, "path": scope["path"].removeprefix(before)}
        if before and "raw_path" in scope:
            seen["raw_path"] = scope["raw_path"].removeprefix(quote(before).encode())
        if seen["path"] == CONFIG:
            # Gradio's clients in a browser ask where this says that the app is
            seen["root_path"] = seen[PREFIX]
        return seen

    def _before(self, scope: Scope, told: str) -> str:
        """Return what stands before an address of ours in what is asked for."""
        path = scope["path"]
        may_be_page = scope.get("method") in ("GET", "HEAD")
        for place in (found.start() for found in re.finditer("/", path)):
            is_ours = self._ours.fullmatch(path, place)
            if is_ours and _PREFIX.fullmatch(path, 0, place):
                is_page = 0 < place == len(path) - 1
                return str(path[:place]) if may_be_page or not is_page else ""
        return told if told and path.startswith(f"{told}/") else ""


def path_of(root: str) -> str:
    """Return the path in an address, or what is one already, as `/studio`; else nothing."""
    path = urlsplit(root.strip()).path.strip("/")
    return f"/{path}" if path else ""


def relative(scope: Scope, name: str) -> str:
    """Return how one gets from what is asked for to `name`, whatever path the outside sees."""
    return ("../" * (scope["path"].count("/") - 1) or "./") + name
