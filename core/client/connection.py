"""Opens the connections of one provider: the vendor's, the operator's own, or the sandbox's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from core.client.clock import Clock
from core.client.download import Downloader
from core.client.provider_client import Client
from core.client.public_addresses import is_public
from core.client.public_network import PublicOnly, origin
from core.client.rate_limiter import RateLimiter
from core.client.transports import api_transport, public_transport
from core.client.trusted_hosts import NOBODY, TrustedHosts
from core.errors import MissingKey
from core.providers.protocol import Provider
from core.system.redaction import SECRETS, Veil

SANDBOX_KEY = SecretStr("sandbox")
SANDBOX_URL = "http://sandbox"

PLAIN = {"Accept-Encoding": "identity", "User-Agent": "Dailies"}
"""No compression: a bomb needs it, and clips are compressed already."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """How to reach a provider: with which key, at which address; `app` is the sandbox's.

    `hosts` are those besides the public ones that its clips may come from.
    """

    provider: Provider
    key: SecretStr
    base_url: str
    app: Any = None
    account: str = ""
    hosts: TrustedHosts = NOBODY

    @property
    def trusted(self) -> str | None:
        """The address that clips may come from besides public https ones, if there is one."""
        if self.app is not None:
            return self.base_url
        # Only an address that the operator set can be a loopback one; the vendors' are public.
        host = origin(self.base_url)[1]
        loopback = host == "localhost" or host.startswith("127.") or host == "::1"
        return self.base_url if loopback and not is_public(host) else None


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Two open clients: one that carries the key to the API, one that fetches clips without it.

    `account` is as in `Route`.
    """

    client: Client
    downloader: Downloader
    account: str = ""


@asynccontextmanager
async def connect(
    route: Route, *, clock: Clock | None = None, rate_limiter: RateLimiter | None = None
) -> AsyncIterator[Connection]:
    """Open a connection, and close it at the end; `rate_limiter` is shared by all with its key.

    Raises `MissingKey` for a key that no header can carry, and `UnusableProxy`.
    """
    key = _sendable(route)
    clock = clock or Clock()
    guard = PublicOnly(route.trusted, hosts=route.hosts)
    in_process = httpx.ASGITransport(route.app, raise_app_exceptions=False) if route.app else None
    keyed = PLAIN | {"Authorization": f"Bearer {key}"}
    with SECRETS.known(key):
        async with (
            httpx.AsyncClient(
                base_url=route.base_url,
                headers=keyed,
                timeout=_timeout(clock),
                transport=in_process or api_transport(),
                trust_env=False,
            ) as http,
            keyless(in_process or public_transport(guard), clock) as clips,
        ):
            yield Connection(
                client=Client(
                    route.provider, http, clock=clock, rate_limiter=rate_limiter, veil=Veil(key)
                ),
                downloader=Downloader(clips, trusted=route.trusted, hosts=route.hosts, clock=clock),
                account=route.account,
            )


async def fetch_public(
    url: str, target: Path, *, hosts: TrustedHosts = NOBODY, clock: Clock | None = None
) -> None:
    """Save what lies at a public https address, or at one of `hosts`.

    Raises `DownloadFailed`, `StorageError` and `UnusableProxy`.
    """
    clock = clock or Clock()
    async with keyless(public_transport(PublicOnly(None, hosts=hosts)), clock) as clips:
        downloader = Downloader(clips, trusted=None, hosts=hosts, clock=clock)
        await downloader.fetch(url, target, whatever_it_is)


async def whatever_it_is(_path: Path) -> bool:
    """Accept any file; whoever opens it must find out what it is."""
    return True


def keyless(transport: httpx.AsyncBaseTransport, clock: Clock) -> httpx.AsyncClient:
    """Return a client that carries nothing of ours: no key, no cookie, no proxy's password."""
    # Without the environment: the transport has read its proxies, and a .netrc holds others' keys.
    return httpx.AsyncClient(
        headers=PLAIN,
        # A jar that takes nothing: no host learns from another fetch that it was us again.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=_timeout(clock),
        transport=transport,
        trust_env=False,
    )


def _timeout(clock: Clock) -> httpx.Timeout:
    return httpx.Timeout(clock.limits.silence, connect=clock.limits.connect)


def _sendable(route: Route) -> str:
    # A key from a file often brings its line's end along.
    key = route.key.get_secret_value().strip()
    if not key.isascii() or not key.isprintable():
        raise MissingKey(
            f"The key for {route.provider.label} holds characters that cannot be sent: enter it "
            "again under Keys."
        )
    return key
