"""Fetches a finished clip and hands it over only once it is whole; it never sees a key."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urljoin

import httpx

from core.client.network import check_address
from core.client.pauses import Pauses
from core.client.retry import asked_wait, backoff
from core.errors import DownloadFailed, StorageError

Verify = Callable[[Path], Awaitable[bool]]
"""Whether a file is a whole clip."""

Take = Callable[[Path], Awaitable[bool]]
"""Takes what was fetched from a file that is gone after; False for what is no whole clip."""

ATTEMPTS = 5
HOPS = 3


class Expired(DownloadFailed):
    """The address is no longer good (403, 404, 410); the task may offer a fresh one."""


class _Broken(DownloadFailed):
    """The transfer broke, in a way that another attempt may mend."""


@dataclass(kw_only=True)
class _Part:
    """A transfer under way: the bytes so far, and which version of the file they belong to."""

    path: Path
    version: str = ""

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def resume_headers(self) -> dict[str, str]:
        if not self.version or not self.size:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self.version}

    def restart(self) -> None:
        self.path.unlink(missing_ok=True)


class Downloader:
    """Fetches clips through `http`, a client without any default credentials."""

    def __init__(
        self, http: httpx.AsyncClient, *, trusted: str | None, pauses: Pauses | None = None
    ) -> None:
        self._http = http
        self._trusted = trusted
        self._pauses = pauses or Pauses()
        self._limits = self._pauses.limits

    async def fetch(self, url: str, target: Path, verify: Verify) -> None:
        """Save the clip at `url` as `target`. Raises as `hand_over` does."""

        async def keep(part: Path) -> bool:
            is_whole = await verify(part)
            if is_whole:
                await asyncio.to_thread(_keep, part, target)
            return is_whole

        await self.hand_over(url, target.with_name(f".{target.name}.part"), keep)

    async def hand_over(self, url: str, path: Path, take: Take) -> None:
        """Fetch the clip at `url` into a passing file at `path`, and let `take` have it there.

        Raises `Expired` for an address that is no longer good, `DownloadFailed` when no attempt
        brings a whole clip, `StorageError` when the disk does not take it. Leaves no part behind.
        """
        part = _Part(path=path)
        try:
            async with asyncio.timeout(self._limits.clip):
                await self._attempts(url, part, take)
        except TimeoutError as error:
            raise DownloadFailed("The clip came too slowly to be saved.") from error
        except OSError as error:
            raise _storage(error) from error
        finally:
            part.restart()

    async def _attempts(self, url: str, part: _Part, take: Take) -> None:
        for attempt in range(ATTEMPTS):
            try:
                await self._attempt(url, part, take)
                break
            except _Broken:
                if attempt == ATTEMPTS - 1:
                    raise
                await self._pauses.sleep(backoff(attempt, self._pauses.random))

    async def _attempt(self, url: str, part: _Part, take: Take) -> None:
        await self._transfer(url, part)
        if not await take(part.path):
            part.restart()  # what is there is no clip, so nothing is worth resuming
            raise _Broken("What the provider sent is not a whole clip.")

    async def _transfer(self, url: str, part: _Part) -> None:
        try:
            response = await self._open(url, part.resume_headers())
            try:
                await self._receive(response, part)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise _Broken("The connection broke while the clip was being fetched.") from error

    async def _open(self, url: str, headers: dict[str, str]) -> httpx.Response:
        for _ in range(HOPS + 1):
            check_address(url, self._trusted)
            request = self._http.build_request("GET", url, headers=headers)
            response = await self._http.send(request, stream=True, follow_redirects=False)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            url = urljoin(url, response.headers["location"])
        raise DownloadFailed("The address of the clip leads round in circles.")

    async def _receive(self, response: httpx.Response, part: _Part) -> None:
        await self._check(response)
        version = response.headers.get("etag", "")
        if response.status_code != 206 or version != part.version or not _continues(response, part):
            part.restart()
        # A weak tag may stand for two different files, so it is no ground to resume on.
        part.version = "" if version.startswith("W/") else version
        await _write(response, part, self._limits.clip_bytes)

    async def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (403, 404, 410):
            raise Expired("The provider's address for the clip is no longer good.")
        if status >= 500 or status in (408, 416, 425, 429):
            wait = asked_wait(response.headers, self._pauses.now())
            await self._pauses.sleep(min(wait or 0.0, 60.0))
            raise _Broken(f"The provider could not send the clip (HTTP {status}).")
        if status not in (200, 206):
            raise DownloadFailed(f"The provider did not send the clip (HTTP {status}).")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise DownloadFailed("The provider sent the clip packed, which is not safe to open.")
        if (_length(response) or 0) > self._limits.clip_bytes:
            raise DownloadFailed("The clip is larger than two gigabytes, so it was not fetched.")


async def _write(response: httpx.Response, part: _Part, most: int) -> None:
    start, size = part.size, part.size
    with part.path.open("ab") as file:
        # A generator that is left in the middle stays open until somebody closes it.
        async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > most:
                    part.restart()
                    raise DownloadFailed("The clip does not end within two gigabytes.")
                file.write(chunk)
    told = _length(response)
    if told is not None and size - start != told:
        raise _Broken("The connection ended before the clip did.")


def _length(response: httpx.Response) -> int | None:
    told = response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else None


def _continues(response: httpx.Response, part: _Part) -> bool:
    told = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return told is not None and int(told[1]) == part.size


def _keep(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _storage(error: OSError) -> StorageError:
    return StorageError(f"The clip could not be saved ({error.strerror or error}).")
