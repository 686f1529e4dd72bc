"""Makes the transports: directly or through the environment's proxy, guarded or not."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import httpx

from core.client.proxies import Proxies, read_proxies
from core.client.public_network import PublicOnly

Check = Callable[[str, int], Awaitable[None]]
"""Raises for a host and port that must not be asked for."""


@cache
def certificates() -> ssl.SSLContext:
    """Return the authorities we believe; read from disk once, since that takes 20 ms and more."""
    return httpx.create_ssl_context()


class ByProxy(httpx.AsyncBaseTransport):
    """Sends each request directly, or through the proxy that is named for its address."""

    def __init__(
        self,
        direct: httpx.AsyncBaseTransport,
        proxies: Proxies,
        *,
        check: Check | None = None,
        believed: ssl.SSLContext | None = None,
    ) -> None:
        """Take the direct way, and the `check` that a request by proxy must pass before it."""
        self._direct = direct
        self._proxies = proxies
        self._check = check
        self._believed = believed or certificates()
        self._open: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request on its way."""
        proxy = self._proxies.of(str(request.url))
        if proxy is None:
            return await self._direct.handle_async_request(request)
        if self._check:
            default = 443 if request.url.scheme == "https" else 80
            await self._check(request.url.host, request.url.port or default)
        return await self._through(proxy).handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in (self._direct, *self._open.values()):
            await transport.aclose()

    def _through(self, proxy: str) -> httpx.AsyncHTTPTransport:
        if proxy not in self._open:
            self._open[proxy] = httpx.AsyncHTTPTransport(
                verify=self._believed, trust_env=False, proxy=proxy
            )
        return self._open[proxy]


def api_transport(proxies: Proxies | None = None) -> ByProxy:
    """Return the way to a provider's API, whose address is the vendor's or the operator's.

    Raises `UnusableProxy`.
    """
    direct = httpx.AsyncHTTPTransport(verify=certificates(), trust_env=False)
    return ByProxy(direct, read_proxies() if proxies is None else proxies)


def public_transport(
    guard: PublicOnly,
    *,
    believed: ssl.SSLContext | None = None,
    proxies: Proxies | None = None,
) -> ByProxy:
    """Return a transport that opens no connection but through the guard.

    A proxy looks names up by itself, so there the address that was checked cannot be held on to:
    what is private as it is written, or by what we can look up, is refused. Raises `UnusableProxy`.
    """
    direct = httpx.AsyncHTTPTransport(verify=believed or certificates(), trust_env=False)
    # httpx has no argument for the network backend; its pool has.
    pool: Any = direct._pool  # noqa: SLF001
    pool._network_backend = guard  # noqa: SLF001
    named = read_proxies() if proxies is None else proxies
    return ByProxy(direct, named, check=guard.check, believed=believed)
