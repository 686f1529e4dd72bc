"""Lets a download connect to public addresses only, checked on the very address connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

import httpcore

from core.client.eyeballs import first_connected
from core.client.patience import Passing
from core.client.public_addresses import (
    NAT64_NAME,
    Prefix,
    can_be_public,
    is_public,
    literal,
    nat64_prefixes,
)
from core.client.trusted_hosts import NOBODY, TrustedHosts
from core.errors import DownloadFailed

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From a host and a port to its addresses, as text."""

LONGEST_LOOKUP = 3.0
"""Seconds; behind a proxy there may be nobody who answers for names."""

LONGEST_SHOWN = 200
"""Characters of an address in a sentence."""


class RefusedAddress(DownloadFailed):
    """The clip lies where nothing is fetched from unless the operator allows it."""

    next_step = (
        f"{DownloadFailed.next_step} Whoever runs this app can allow such an address by naming its "
        "host or network in DAILIES_TRUSTED_HOSTS."
    )


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address. Raises ValueError for one that has none."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def check_address(url: str, trusted: str | None, hosts: TrustedHosts = NOBODY) -> None:
    """Refuse an address that is not https, carries a password or has no host.

    `trusted` is the one base address, set by the operator, that may be plain http; so may those of
    `hosts`. Raises `RefusedAddress`, and `Passing` where the provider may yet tell a better one.
    """
    try:
        parts, (scheme, host, _) = urlsplit(url), origin(url)
        here = trusted is not None and origin(url) == origin(trusted)
    except ValueError:
        raise Passing("The address of the clip cannot be read.") from None
    if not host or parts.username or parts.password:
        raise Passing("The address of the clip is not one that is safe to open.")
    if scheme != "https" and not (scheme == "http" and (here or hosts.has(host))):
        # Without the query: what stands there opens the file to whoever reads it.
        shown = f"{scheme}://{parts.netloc}{parts.path}"[:LONGEST_SHOWN]
        raise RefusedAddress(
            f"The clip is not offered over https, so it was not fetched: it lies at {shown}."
        )


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system finds them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to hosts all of whose addresses are public, and to the trusted ones."""

    def __init__(
        self,
        trusted: str | None,
        lookup: Resolve = resolve,
        sockets: httpcore.AsyncNetworkBackend | None = None,
        *,
        hosts: TrustedHosts = NOBODY,
    ) -> None:
        self._trusted = origin(trusted)[1:] if trusted else None
        self._hosts = hosts
        self._lookup = lookup
        self._sockets = sockets or httpcore.AnyIOBackend()
        self._nat64: tuple[Prefix, ...] | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the addresses that were checked, not to the name again."""

        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            return await self._sockets.connect_tcp(
                address, port, timeout, local_address, socket_options
            )

        if (host, port) == self._trusted:
            return await connect(host)
        return await first_connected(await self._checked(host, port), connect)

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks for between its attempts to connect."""
        await self._sockets.sleep(seconds)

    async def check(self, host: str, port: int) -> None:
        """Refuse a host that another machine would connect to for us. Raises `DownloadFailed`.

        A name that cannot be looked up here passes: whoever looks it up there decides.
        """
        if (host, port) == self._trusted or self._hosts.has(host):
            return
        if not can_be_public(host):
            raise _private(host, host)
        try:
            async with asyncio.timeout(LONGEST_LOOKUP):
                await self._checked(host, port)
        except (httpcore.ConnectError, TimeoutError):
            return

    async def _checked(self, host: str, port: int) -> list[str]:
        ip = literal(host)
        try:
            found = [str(ip)] if ip else await self._lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(found))
        if not addresses:
            raise _private(host, "nowhere")
        if self._hosts.has(host):
            return addresses
        nat64 = await self._prefixes() if any(":" in address for address in addresses) else ()
        for address in addresses:
            if not is_public(address, nat64) and not self._hosts.has_address(address):
                raise _private(host, address)
        return addresses

    async def _prefixes(self) -> tuple[Prefix, ...]:
        if self._nat64 is None:
            try:
                async with asyncio.timeout(LONGEST_LOOKUP):
                    self._nat64 = nat64_prefixes(await self._lookup(NAT64_NAME, 80))
            except (OSError, ValueError):
                return ()  # no NAT64 here; or nobody who can tell just now
        return self._nat64


def _private(host: str, address: str) -> RefusedAddress:
    same = literal(host) is not None or host == address
    where = host if same else f"{host} is {address}"
    return RefusedAddress(
        f"The address of the clip leads into a private network: {where[:LONGEST_SHOWN]}."
    )
