"""Fetches a finished clip and hands it over only once it is whole; it never sees a key."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urljoin

import httpx

from core.client.backoff import asked_wait
from core.client.clock import Clock
from core.client.inline import inline_bytes, is_inline
from core.client.packed import unpack
from core.client.part import Part
from core.client.patience import LONGEST_WAIT, PATIENCE, Expired, Passing, Patience
from core.client.public_network import check_address
from core.client.trusted_hosts import NOBODY, TrustedHosts
from core.errors import DownloadFailed, StorageError

Verify = Callable[[Path], Awaitable[bool]]
"""Whether a file is a whole clip."""

Take = Callable[[Path], Awaitable[bool]]
"""Takes what was fetched from a file that is gone after; False for what is no whole clip."""

Where = Callable[[DownloadFailed | None], Awaitable[str]]
"""Tells where the clip lies: at first, and again, as freshly as it can, after each failure."""

HOPS = 3

UNPACKED = ("", "identity", "aws-chunked")
"""Codings that say nothing of the bytes; the last one is a leftover of the upload (S3's docs)."""


class Downloader:
    """Fetches clips through `http`, a client without any default credentials."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        trusted: str | None,
        hosts: TrustedHosts = NOBODY,
        clock: Clock | None = None,
    ) -> None:
        self._http = http
        self._trusted = trusted
        self._hosts = hosts
        self._clock = clock or Clock()
        self._limits = self._clock.limits

    async def fetch(self, url: str, target: Path, verify: Verify) -> None:
        """Save what lies at `url` as `target`, in a few attempts. Raises as `hand_over` does."""

        async def keep(part: Path) -> bool:
            is_whole = await verify(part)
            if is_whole:
                await asyncio.to_thread(_keep, part, target)
            return is_whole

        async def there(failed: DownloadFailed | None) -> str:
            if isinstance(failed, Expired):
                raise failed
            return url

        part = target.with_name(f".{target.name}.part")
        await self.hand_over(there, part, keep, patience=0.0)

    async def hand_over(
        self, where: Where, path: Path, take: Take, *, patience: float = PATIENCE
    ) -> None:
        """Fetch the clip into a passing file at `path`, and let `take` have it there.

        After each failure that may pass, `where` is asked anew, for `ATTEMPTS` attempts and
        `patience` seconds at the least. Raises `Passing` when none of them brings a whole clip,
        `DownloadFailed` for what no attempt can mend, and `StorageError` when the disk does not
        take it. Leaves no part behind.
        """
        part, rests = Part(path=path), Patience(self._clock, patience)
        try:
            url = await where(None)
            while failed := await self._attempt(url, part, take):
                await rests.rest(failed)
                url = await where(failed)
        except OSError as error:
            raise _storage(error) from error
        finally:
            part.restart()

    async def _attempt(self, url: str, part: Part, take: Take) -> Passing | None:
        try:
            async with asyncio.timeout(self._limits.clip):
                said = await self._transfer(url, part)
                if await take(part.path) or await self._take_unpacked(part, take):
                    return None
        except TimeoutError as error:
            raise DownloadFailed("The clip came too slowly to be saved.") from error
        except Passing as failed:
            return failed
        part.restart()  # what is there is no clip, so nothing is worth resuming
        packed = f": it is packed ({said[:20]}), or is none" if said else ""
        return Passing(f"What the provider sent is not a whole clip{packed}.")

    async def _take_unpacked(self, part: Part, take: Take) -> bool:
        is_packed = await asyncio.to_thread(unpack, part.path, self._limits.clip_bytes)
        return is_packed and await take(part.path)

    async def _transfer(self, url: str, part: Part) -> str:
        """Return the coding that the server names for what it has sent, the empty text for none."""
        if is_inline(url):
            part.restart()
            await asyncio.to_thread(part.path.write_bytes, inline_bytes(url))
            return ""
        try:
            response = await self._opened(url, part.resume_headers())
            try:
                self._check(response, part)
                await part.receive(response, self._limits.clip_bytes)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise Passing("The connection broke while the clip was being fetched.") from error
        named = str(response.headers.get("content-encoding", "")).strip().lower()
        return "" if named in UNPACKED else named

    async def _opened(self, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return await self._open(url, headers)
        except (httpx.InvalidURL, ValueError, IndexError) as error:
            # Of an address, or of one that it redirects to; the codecs of host names raise the rest
            raise Passing("The address of the clip cannot be read.") from error

    async def _open(self, url: str, headers: dict[str, str]) -> httpx.Response:
        for _ in range(HOPS + 1):
            check_address(url, self._trusted, self._hosts)
            request = self._http.build_request("GET", url, headers=headers)
            response = await self._http.send(request, stream=True, follow_redirects=False)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            url = urljoin(url, response.headers["location"])
        raise DownloadFailed("The address of the clip leads round in circles.")

    def _check(self, response: httpx.Response, part: Part) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status == 416:
            part.restart()  # what is there already is longer than the file
        wait = min(asked_wait(response.headers, self._clock.now()) or 0.0, LONGEST_WAIT)
        if status in (401, 403, 404, 410):
            raise Expired(f"The address of the clip is not good (HTTP {status}).", wait=wait)
        raise Passing(f"The provider did not send the clip (HTTP {status}).", wait=wait)


def _keep(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _storage(error: OSError) -> StorageError:
    return StorageError(f"The clip could not be saved ({error.strerror or error}).")
