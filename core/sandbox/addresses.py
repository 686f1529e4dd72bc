"""A route for addresses that come and go while the app runs; it knows only how to compare them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

Endpoint = Callable[[Request], Awaitable[Response]]


class Addresses(Route):
    """One endpoint behind every path that `paths` holds at the moment of the request."""

    def __init__(
        self, paths: Callable[[], Container[str]], endpoint: Endpoint, method: str
    ) -> None:
        super().__init__("/", endpoint, methods=[method])
        self._paths = paths

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this route; partly, where only the method differs."""
        if scope["type"] != "http" or scope["path"] not in self._paths():
            return Match.NONE, {}
        fits = scope["method"] in (self.methods or ())
        found = {"endpoint": self.endpoint, "path_params": {}}
        return (Match.FULL if fits else Match.PARTIAL), found
