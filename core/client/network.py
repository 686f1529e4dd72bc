"""Lets a download connect to public addresses only, checked on the very address connected to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from core.errors import DownloadFailed

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From a host and a port to its addresses, as text."""

# Public by the reckoning of some Python 3.11, and yet each hides a way to a private address.
_TUNNELS = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "2002::/16", "2001::/32", "64:ff9b::/96"))
)


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the open internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip.version == net.version and ip in net for net in _TUNNELS):
        return False
    return ip.is_global and not ip.is_multicast


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address. Raises ValueError for one that has none."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def check_address(url: str, trusted: str | None) -> None:
    """Refuse an address that is not https, carries a password or has no host.

    `trusted` is the one base address, set by the operator, that may be plain http.
    Raises `DownloadFailed`.
    """
    try:
        parts, scheme = urlsplit(url), origin(url)[0]
        here = trusted is not None and origin(url) == origin(trusted)
    except ValueError:
        raise DownloadFailed("The address of the clip cannot be read.") from None
    if not parts.hostname or parts.username or parts.password:
        raise DownloadFailed("The address of the clip is not one that is safe to open.")
    if scheme != "https" and not (here and scheme == "http"):
        raise DownloadFailed("The clip is not offered over https, so it was not fetched.")


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system finds them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to hosts all of whose addresses are public, and to the trusted one."""

    def __init__(
        self,
        trusted: str | None,
        lookup: Resolve = resolve,
        sockets: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._trusted = origin(trusted)[1:] if trusted else None
        self._lookup = lookup
        self._sockets = sockets or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the address that was checked, not to the name again."""
        address = host if (host, port) == self._trusted else await self._checked(host, port)
        return await self._sockets.connect_tcp(
            address, port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks for between its attempts to connect."""
        await self._sockets.sleep(seconds)

    async def _checked(self, host: str, port: int) -> str:
        try:
            addresses = await self._lookup(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        if not addresses or not all(map(is_public, addresses)):
            raise DownloadFailed("The address of the clip leads into a private network.")
        return addresses[0]


@cache
def certificates() -> ssl.SSLContext:
    """Return the authorities we believe; read from disk once, since that takes 20 ms and more."""
    return httpx.create_ssl_context()


def public_transport(
    trusted: str | None,
    lookup: Resolve = resolve,
    *,
    sockets: httpcore.AsyncNetworkBackend | None = None,
    believed: ssl.SSLContext | None = None,
) -> httpx.AsyncHTTPTransport:
    """Return a transport that opens no connection into a private network."""
    transport = httpx.AsyncHTTPTransport(verify=believed or certificates(), trust_env=False)
    # httpx has no argument for the network backend; its pool has.
    pool: Any = transport._pool  # noqa: SLF001
    pool._network_backend = PublicOnly(trusted, lookup, sockets)  # noqa: SLF001
    return transport
