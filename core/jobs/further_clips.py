"""Fetches the clips of a job beyond the first; what goes wrong with one of them fails no take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from core import media
from core.client import Connection
from core.errors import DownloadFailed, MediaError, StudioError
from core.jobs.files import JobFiles
from core.jobs.job import Job, missing_clips, role_of
from core.jobs.task_end import Finished

log = logging.getLogger(__name__)

MISSING = "Not every clip of this take could be fetched: fetch the others again."

Ask = Callable[[], Awaitable[Finished]]

_MAKERS: Mapping[str, Callable[[Path, Path], Path]] = {
    "poster": media.make_poster,
    "preview": media.make_preview,
}


class FurtherClips:
    """The clips of one job from the second on; `tags` are written into each.

    `ask` asks the provider where they lie now.
    """

    def __init__(self, job_files: JobFiles, job: Job, tags: Mapping[str, Any], ask: Ask) -> None:
        self._job_files = job_files
        self._job = job
        self._tags = tags
        self._ask = ask

    async def bring(self, connection: Connection, finished: Finished | None) -> dict[str, str]:
        """Return the names of the files that came, by role. Each is tried as the main one is."""
        files: dict[str, str] = {}
        for number in missing_clips(self._job):
            try:
                await self._fetch(connection, finished, number)
                files |= await asyncio.to_thread(self._shown, number)
            except StudioError as error:
                log.warning("job %s: clip %d did not come: %s", self._job.id, number, error)
        return files

    async def _fetch(self, connection: Connection, finished: Finished | None, number: int) -> None:
        clip = self._job_files.further(self._job, "video", number)

        async def where(failed: DownloadFailed | None) -> str:
            told = await self._ask() if failed or finished is None else finished
            if number - 2 >= len(told.further):
                raise DownloadFailed("The provider does not name this clip any more.")
            return told.further[number - 2]

        async def take(part: Path) -> bool:
            return await asyncio.to_thread(self._keep, part, clip)

        if not clip.exists():
            await connection.downloader.hand_over(where, self._job_files.received(self._job), take)

    def _keep(self, received: Path, clip: Path) -> bool:
        if media.sniff(media.read_head(received)) not in ("mov", "matroska"):
            raise MediaError("What lies there is no clip.")
        try:
            if not media.probe(received).whole:
                return False
            media.embed(received, clip, self._tags)
        except StudioError as error:
            # What was paid for is kept as it came.
            log.warning("job %s: %s is kept as it came: %s", self._job.id, clip.name, error)
            media.settle(received, clip)
        return True

    def _shown(self, number: int) -> dict[str, str]:
        """Make its pictures, and return the names of all its files."""
        clip = self._job_files.further(self._job, "video", number)
        files = {role_of("video", number): clip.name}
        for role, make in _MAKERS.items():
            target = self._job_files.further(self._job, role, number)
            try:
                make(clip, target)
                files[role_of(role, number)] = target.name
            except StudioError as error:
                log.warning("job %s has no %s: %s", self._job.id, target.name, error)
        return files
