"""Whom to believe about who asks: ASGI middleware that applies `X-Forwarded-*` of trusted proxies.

It stands before all else and alone reads those headers. Behind it `client`, `scheme` and `host` of
a request are the outside's, and what an untrusted caller wrote into such a header is gone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

PREFIX = "dailies.prefix"
"""Where a scope has the path under which a proxy shows this app: `prefix_of` reads it."""

_TOLD = re.compile(rb"forwarded|x-forwarded-.*|x-real-ip|x-gradio-server")
"""Headers that say who asks and by which address; Gradio believes the last of them of anybody."""

_PATH = re.compile(r"(/[\w.~-]+)+")
_V4_PORT = re.compile(r"([0-9.]+):\d{1,5}")
_V6_PORT = re.compile(r"\[([^\]]+)\](:\d{1,5})?")


@dataclass(frozen=True, kw_only=True)
class Forwarded:
    """What trusted proxies say of a request; None where they do not say it."""

    client: str
    scheme: str | None
    host: str | None
    prefix: str


class Proxies:
    """ASGI middleware; trusts what comes from `trusted` networks, of which there may be none."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network] = ()) -> None:
        """Stand before `app`."""
        self._app = app
        self._trusted = tuple(trusted)
        self._told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] in ("http", "websocket"):
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        """Return the scope as the outside made the request, without the headers that told it."""
        peer = str((scope.get("client") or ("",))[0])
        headers = [pair for pair in scope["headers"] if not _TOLD.fullmatch(pair[0])]
        seen = {**scope, "headers": headers}
        if not self._trusts(read_address(peer)):
            if _values(scope, b"x-forwarded-for"):
                self._tell(peer)
            return seen
        told = self._forwarded(scope, peer)
        if told.client != peer:
            seen["client"] = (told.client, 0)
        if told.scheme:
            seen["scheme"] = _of_kind(told.scheme, scope["type"])
        if told.host:
            others = [pair for pair in headers if pair[0] != b"host"]
            seen["headers"] = [(b"host", told.host.encode("latin-1")), *others]
        return seen | {PREFIX: told.prefix}

    def _tell(self, peer: str) -> None:
        if not self._told:
            self._told = True
            log.warning(
                "%s tells who asks, and is not believed: behind a proxy all visitors count as one "
                "until its address is in DAILIES_TRUSTED_PROXIES",
                peer,
            )

    def _forwarded(self, scope: Scope, peer: str) -> Forwarded:
        client, hops = self._client(_values(scope, b"x-forwarded-for"), peer)

        def said(name: bytes) -> str | None:
            # Where proxies add to a header, what the outermost trusted one wrote stands so far back
            values = _values(scope, name)
            return values[max(0, len(values) - hops)] if values else None

        scheme = (said(b"x-forwarded-proto") or "").lower()
        prefix = (said(b"x-forwarded-prefix") or "").rstrip("/")
        return Forwarded(
            client=client,
            scheme=scheme if scheme in ("http", "https", "ws", "wss") else None,
            host=said(b"x-forwarded-host") or None,
            prefix=prefix if _PATH.fullmatch(prefix) and ".." not in prefix else "",
        )

    def _client(self, hops: Sequence[str], peer: str) -> tuple[str, int]:
        """Return who asked, and how many proxies are trusted between it and us.

        Each proxy adds at the end whom it heard, so the list is true from its end as far as those
        who wrote it are trusted: the caller can make up the beginning only.
        """
        client, trusted = peer, 1
        for hop in reversed(hops):
            address = read_address(hop)
            if address is None:
                break
            client = str(address)
            if not self._trusts(address):
                break
            trusted += 1
        return client, trusted

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def prefix_of(scope: Scope) -> str:
    """Return the path under which a trusted proxy shows this app, as `/studio`; else nothing."""
    return str(scope.get(PREFIX, ""))


def caller_of(request: Any) -> str:
    """Return the address by which a caller counts, of Starlette's request or Gradio's.

    Nothing for those who logged in: their names count.
    """
    scope = getattr(request, "request", request).scope
    return "" if "user_name" in scope else str((scope.get("client") or ("",))[0])


def read_address(text: str) -> Address | None:
    """Return the address in a hop, which may have a port or brackets; None where it is none."""
    text = text.strip().strip('"')
    if found := _V4_PORT.fullmatch(text) or _V6_PORT.fullmatch(text):
        text = found[1]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _values(scope: Scope, name: bytes) -> list[str]:
    """Return what all headers of a name list, in their order."""
    lines = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return [value.strip() for line in lines for value in line.split(",") if value.strip()]


def _of_kind(scheme: str, kind: str) -> str:
    secure = scheme in ("https", "wss")
    if kind == "websocket":
        return "wss" if secure else "ws"
    return "https" if secure else "http"
