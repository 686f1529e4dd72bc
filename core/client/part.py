"""A transfer under way: the bytes so far, and which version of the file they belong to."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx

from core.client.patience import Passing
from core.errors import DownloadFailed


@dataclass(kw_only=True)
class Part:
    """A file that grows; what is in it is gone on with only where that is the same file's."""

    path: Path
    version: str = ""

    @property
    def size(self) -> int:
        """Return the bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def resume_headers(self) -> dict[str, str]:
        """Return what asks for the rest of the file, and for all of it if it has changed."""
        if not self.version or not self.size:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self.version}

    def restart(self) -> None:
        """Forget what is there."""
        self.path.unlink(missing_ok=True)

    async def receive(self, response: httpx.Response, most: int) -> None:
        """Write what an answer of 200 or 206 brings, and no more than `most` bytes in all.

        Raises `DownloadFailed` for more than that, `Passing` for less than was told, and OSError.
        """
        version = response.headers.get("etag", "")
        if response.status_code != 206 or version != self.version or not self._goes_on(response):
            self.restart()
        # A weak tag may stand for two different files, so it is no ground to resume on.
        self.version = "" if version.startswith("W/") else version
        told, start = told_length(response), self.size
        if (told or 0) > most:
            raise DownloadFailed("The clip is larger than two gigabytes, so it was not fetched.")
        await self._write(response, most)
        if told is not None and self.size - start != told:
            raise Passing("The connection ended before the clip did.")

    def _goes_on(self, response: httpx.Response) -> bool:
        told = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
        return told is not None and int(told[1]) == self.size

    async def _write(self, response: httpx.Response, most: int) -> None:
        size = self.size
        with self.path.open("ab") as file:
            # A generator that is left in the middle stays open until somebody closes it.
            async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as chunks:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most:
                        self.restart()
                        raise DownloadFailed("The clip does not end within two gigabytes.")
                    file.write(chunk)


def told_length(response: httpx.Response) -> int | None:
    """Return the bytes that an answer says that it has, where it does."""
    told = response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else None
