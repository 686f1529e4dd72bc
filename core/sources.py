"""Takes in the files that a job starts from, and turns them into what travels to the provider."""

from __future__ import annotations

import asyncio
import base64
import binascii
import mimetypes
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import media
from core.client import Line, whatever_it_is
from core.errors import InvalidInput, MediaError, UnsafeMedia
from core.jobs import Job
from core.models import ModelSpec
from core.params import Media, Video
from core.shelf import Shelf
from core.store import JobStore

LARGEST_INLINE = 24 * 2**20
"""Bytes of a file that travels inside an order. No vendor publishes a limit; this one is ours."""

LONGEST = 10.125
"""Seconds: 162 frames of 16 a second, the longest clip that Krea's Wan makes (A.9)."""

WIDEST, FASTEST = (1280, 1280), 30
"""The size in pixels and frames a second of a source for a model that names none."""

_OURS = re.compile(r"/takes/([0-9a-f]{32})/([\w.-]{1,100})")
_SUFFIXES = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
}


class Sources:
    """Copies what a user gave into the job's own folder, since uploads are cleared away."""

    def __init__(self, store: JobStore, shelf: Shelf) -> None:
        self._store = store
        self._shelf = shelf

    def take_in(self, job: Job, spec: ModelSpec) -> Job:
        """Return the job with its files kept, and named by their address on this app.

        Raises `InvalidInput` for a file that is missing, too large or not what it claims.
        """
        params, problems = dict(job.params), dict[str, str]()
        for param in spec.media_params():
            if param.name not in params:
                continue
            try:
                params[param.name] = self._keep(job, param, str(params[param.name]))
            except (MediaError, ValueError) as error:
                problems[param.name] = str(error)
        if problems:
            shutil.rmtree(self._shelf.folder(job), ignore_errors=True)
            raise InvalidInput(problems)
        return replace(job, params=params)

    async def wire(self, job: Job, spec: ModelSpec, line: Line) -> dict[str, Any]:
        """Return the job's values as the provider takes them. Raises `StudioError`."""
        self._shelf.folder(job)  # a disk that takes nothing is found out before money is spent
        values = dict(job.params)
        for param in spec.media_params():
            if given := values.get(param.name):
                values[param.name] = await self._travelling(job, spec, param, given, line)
        return values

    def _keep(self, job: Job, param: Media, given: str) -> str:
        if given.startswith("https://"):
            return given
        if given.startswith("data:"):
            kept = self._decode(job, param, given)
        else:
            kept = self._copy(job, param, self._local(given))
        if isinstance(param, Video):
            media.check_source(kept)
        else:
            media.check_image(kept)
        return f"/takes/{job.token}/{kept.name}"

    def _local(self, given: str) -> Path:
        if ours := _OURS.fullmatch(given):
            owner = self._store.by_token(ours[1])
            found = self._shelf.public(owner, ours[2]) if owner else None
            path = found or Path("/nonexistent")
        else:
            path = Path(given)
        if not path.is_file():
            raise ValueError("That file is not here any more: choose it again.")
        return path

    def _copy(self, job: Job, param: Media, path: Path) -> Path:
        suffix = path.suffix.lower()
        known = suffix if suffix in _SUFFIXES.values() else ".bin"
        kept = self._shelf.source(job, param.name, known)
        shutil.copyfile(path, kept)
        return kept

    def _decode(self, job: Job, param: Media, given: str) -> Path:
        head, _, body = given.partition(",")
        kind = head.removeprefix("data:").partition(";")[0]
        if not head.endswith(";base64"):
            raise ValueError("The data URI must be written in base64.")
        try:
            content = base64.b64decode(body, validate=True)
        except binascii.Error:
            raise ValueError("The data URI cannot be read: its base64 is broken.") from None
        kept = self._shelf.source(job, param.name, _SUFFIXES.get(kind, ".bin"))
        kept.write_bytes(content)
        return kept

    async def _travelling(
        self, job: Job, spec: ModelSpec, param: Media, given: str, line: Line
    ) -> str:
        if given.startswith("https://"):
            if line.client.takes_data_uris:
                return given
            path = await self._fetched(job, param, given, line)
        else:
            path = self._local(given)
        fitted = await asyncio.to_thread(self._fit, job, spec, param, path)
        if line.client.takes_data_uris:
            return await asyncio.to_thread(_data_uri, fitted)
        return await line.client.upload(fitted)

    async def _fetched(self, job: Job, param: Media, url: str, line: Line) -> Path:
        # Krea refuses addresses that are not its own (B.5), so the file is brought there.
        suffix = Path(url.partition("?")[0]).suffix.lower()
        known = suffix if suffix in _SUFFIXES.values() else ".bin"
        path = self._shelf.source(job, param.name, known)
        await line.downloader.fetch(url, path, whatever_it_is)
        return path

    def _fit(self, job: Job, spec: ModelSpec, param: Media, path: Path) -> Path:
        folder = self._shelf.folder(job)
        if not isinstance(param, Video):
            return media.fit_image(path, folder / f"fitted-{param.name}.png").path
        size = next(iter(spec.sizes.values()), WIDEST)
        target = folder / f"fitted-{param.name}.mp4"
        media.fit_source(path, target, size=size, fps=spec.fps or FASTEST, seconds=LONGEST)
        return target


def _data_uri(path: Path) -> str:
    content = path.read_bytes()
    if len(content) > LARGEST_INLINE:
        raise UnsafeMedia(
            f"The source is still {len(content) / 2**20:.0f} MB after fitting; the most is "
            f"{LARGEST_INLINE // 2**20} MB. Use a shorter one."
        )
    kind = mimetypes.guess_type(path.name)[0] or "video/mp4"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
