"""Copies what a user gave into the job's own folder and checks it, since uploads are cleared away.

Names of files are ours: the parameter's letters and a number, never a path.
"""

from __future__ import annotations

import base64
import binascii
import re
import shutil
from pathlib import Path
from typing import Any

from core.errors import MediaError, StorageError
from core.jobs.files import JobFiles
from core.jobs.inputs.file_types import check
from core.jobs.inputs.upload_limits import LARGEST_FILE, Caps
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.params import Media, Several

OURS = re.compile(r"/takes/([0-9a-f]{32})/([\w.-]{1,100})")
"""The address of a file of this app."""

GONE = "That file is not here any more: choose it again."

_PIECE = 2**20
"""Characters of base64 that are decoded at once: a multiple of four."""


class Intake:
    """Takes in the files of one job, and counts them."""

    def __init__(self, store: JobStore, job_files: JobFiles, job: Job, caps: Caps) -> None:
        self._store = store
        self._job_files = job_files
        self._job = job
        self._caps = caps
        self._kept: dict[tuple[str, str], str] = {}
        self._files = 0
        self._bytes = 0

    def take(self, param: Media | Several, given: Any) -> Any:
        """Return the address, or the list of them, under which what was given is kept.

        Raises `MediaError`, `StorageError` and ValueError.
        """
        if isinstance(param, Media):
            return self._take_one(param, str(given))
        item = param.item()
        return [self._numbered(item, str(one), n) for n, one in enumerate(given, start=1)]

    def _numbered(self, param: Media, given: str, number: int) -> str:
        try:
            return self._take_one(param, given)
        except (MediaError, ValueError) as error:
            raise ValueError(f"File {number}: {error}") from error

    def _take_one(self, param: Media, given: str) -> str:
        self._files += 1
        if self._files > self._caps.files:
            raise ValueError(f"At most {self._caps.files} files are taken for one clip.")
        if given.startswith("https://"):
            return given
        if (param.kind, given) not in self._kept:
            self._kept[param.kind, given] = self._keep(param, given)
        return self._kept[param.kind, given]

    def _keep(self, param: Media, given: str) -> str:
        part = self._job_files.folder(self._job) / f"intake-{self._files}.part"
        if given.startswith("data:"):
            self._decode(given, part)
        else:
            self._copy(local(self._store, self._job_files, given), part)
        kind = check(param, part)
        stem = f"{_letters(param.name)}_{self._files}"
        kept = part.replace(self._job_files.source(self._job, stem, kind.suffix))
        return f"/takes/{self._job.token}/{kept.name}"

    def _copy(self, path: Path, part: Path) -> None:
        try:
            self._count(path.stat().st_size)
            shutil.copyfile(path, part)
        except OSError as error:
            raise StorageError(f"The file could not be kept ({error.strerror}).") from error

    def _decode(self, given: str, part: Path) -> None:
        head, _, body = given.partition(",")
        if not head.endswith(";base64"):
            raise ValueError("The data URI must be written in base64.")
        self._count(len(body) * 3 // 4)
        try:
            with part.open("wb") as file:
                for at in range(0, len(body), _PIECE):
                    piece = base64.b64decode(body[at : at + _PIECE], validate=True)
                    file.write(piece)
        except (binascii.Error, ValueError):
            raise ValueError("The data URI cannot be read: its base64 is broken.") from None
        except OSError as error:
            raise StorageError(f"The file could not be kept ({error.strerror}).") from error

    def _count(self, size: int) -> None:
        if size > LARGEST_FILE:
            raise ValueError(
                f"The file is {size / 1e6:.0f} MB large; {LARGEST_FILE // 10**6} MB is the most "
                "that is taken."
            )
        self._bytes += size
        if self._bytes > self._caps.total:
            raise ValueError(
                f"The files are more than {self._caps.total // 10**6} MB together: use smaller or "
                "fewer ones."
            )


def local(store: JobStore, job_files: JobFiles, given: str) -> Path:
    """Return the file behind an address of this app, or a path. Raises ValueError if it is gone."""
    try:
        if ours := OURS.fullmatch(given):
            owner = store.by_token(ours[1])
            path = job_files.public(owner, ours[2]) if owner else None
        else:
            path = Path(given)
        here = path is not None and path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        here = False
    if path is None or not here:
        raise ValueError(GONE)
    return path


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", name.lower())[:40]
