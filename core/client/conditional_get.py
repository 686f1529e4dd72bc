"""Reads the documents that a provider publishes about itself; each only if it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast
from urllib.parse import urljoin

import httpx
from pydantic import SecretStr

from core.client.backoff import asked_wait, backoff
from core.client.clock import Clock
from core.client.connection import PLAIN
from core.client.packed import NotPacked, unpacked
from core.client.public_network import origin
from core.client.rate_limiter import RateLimiter
from core.client.transports import api_transport
from core.errors import StudioError
from core.system.redaction import SECRETS, Veil

ATTEMPTS = 3
HOPS = 3
RATE, BURST = 25.0, 12
"""Requests a second, and at once after a silence: the documents of a vendor take some seconds."""

LONGEST_ASKED = 20.0
"""Seconds; a provider that asks for more is left alone until the next time."""

DEADLINE = 30.0
"""Seconds for one document, from the first byte to the last."""


LONGEST_ETAG = 256


class Unread(StudioError):
    """A document that did not come; `status` is the answer's, 0 where there was none."""

    kind = "unread"

    def __init__(self, why: str, *, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


class _Later(Unread):
    """It may come at another attempt."""

    wait: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A document as it came; `etag` is its version, where the provider names one."""

    data: bytes
    etag: str


@dataclass(kw_only=True)
class Budget:
    """The bytes that one document may have, and those that all of them together still may."""

    each: int
    left: int


class Documents:
    """One provider's documents, by their path under its address."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        budget: Budget,
        *,
        clock: Clock,
        rate_limiter: RateLimiter | None = None,
        veil: Veil | None = None,
    ) -> None:
        self._veil = veil or Veil()
        self._http = http
        self._budget = budget
        self._clock = clock
        self._rate_limiter = rate_limiter or RateLimiter(clock, rate=RATE, burst=BURST)

    async def get(self, path: str, etag: str = "") -> Fetched | None:
        """Return the document, or None where it is still the one of that `etag`.

        Raises `Unread`, after some attempts where that may help.
        """
        for attempt in range(ATTEMPTS):
            await self._rate_limiter.turn()
            try:
                return await self._attempt(path, etag)
            except _Later as error:
                if attempt == ATTEMPTS - 1 or error.wait > LONGEST_ASKED:
                    raise
                self._rate_limiter.hold(error.wait)
                await self._clock.sleep(error.wait or backoff(attempt, self._clock.random))
        raise AssertionError  # the last attempt returns or raises

    async def _attempt(self, path: str, etag: str) -> Fetched | None:
        try:
            async with asyncio.timeout(DEADLINE):
                response = await self._open(path, {"If-None-Match": etag} if etag else {})
                try:
                    return await self._received(response, asked=bool(etag))
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise Unread("it came too slowly") from error
        except httpx.HTTPError as error:
            raise _Later("the provider could not be reached") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise Unread("its address cannot be read") from error

    async def _open(self, path: str, headers: dict[str, str]) -> httpx.Response:
        request = self._http.build_request("GET", path, headers=headers)
        home = origin(str(request.url))
        for _ in range(HOPS + 1):
            response = await self._http.send(request, stream=True, follow_redirects=False)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            url = urljoin(str(request.url), response.headers["location"])
            # The key belongs to one host; and what another says is not the provider's word.
            if origin(url) != home:
                raise Unread("the provider leads away from its own address")
            request = self._http.build_request("GET", url, headers=headers)
        raise Unread("its address leads round in circles")

    async def _received(self, response: httpx.Response, *, asked: bool) -> Fetched | None:
        if response.status_code == 304 and asked:
            return None
        self._check(response)
        data = await self._body(response)
        # Some servers repeat the key that they were shown; a copy on disk must not hold it.
        text = data.decode(errors="surrogateescape")
        clean = self._veil.hide(text).encode(errors="surrogateescape")
        etag = response.headers.get("etag", "")
        usable = etag.isascii() and etag.isprintable() and len(etag) <= LONGEST_ETAG
        return Fetched(data=clean, etag=etag if usable else "")

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status >= 500 or status in (408, 425, 429):
            later = _Later(f"the provider answered with HTTP {status}", status=status)
            later.wait = asked_wait(response.headers, self._clock.now()) or 0.0
            raise later
        if status != 200:
            raise Unread(f"the provider answered with HTTP {status}", status=status)
        told = response.headers.get("content-length", "")
        if told.isascii() and told.isdigit():
            self._afford(int(told))

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as chunks:
            async for chunk in chunks:
                body += chunk
                self._afford(len(body), more=len(chunk))
        try:
            return unpacked(bytes(body), self._budget.each)
        except NotPacked:
            raise Unread(_too_long(self._budget.each)) from None

    def _afford(self, size: int, *, more: int = 0) -> None:
        if size > self._budget.each:
            raise Unread(_too_long(self._budget.each))
        if (more or size) > self._budget.left:
            raise Unread("the provider's documents are too long in sum")
        self._budget.left -= more


def _too_long(most: int) -> str:
    return f"it is longer than {most // 2**20} MB"


@asynccontextmanager
async def read_documents(
    base_url: str, key: SecretStr | None, budget: Budget, *, clock: Clock
) -> AsyncIterator[Documents]:
    """Open the documents under an address, with a key where there is one; close them at the end."""
    secret = key.get_secret_value().strip() if key else ""
    if not secret.isascii() or not secret.isprintable():
        secret = ""  # no header can carry it, and the documents are there for anyone
    headers = PLAIN | ({"Authorization": f"Bearer {secret}"} if secret else {})
    limits = clock.limits
    with SECRETS.known(secret):
        async with httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(limits.silence, connect=limits.connect),
            transport=api_transport(),
            trust_env=False,
        ) as http:
            yield Documents(http, budget, clock=clock, veil=Veil(secret))
