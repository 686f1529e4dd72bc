"""Where the files of each job lie on disk; it alone turns a job and a role into a path."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import StorageError
from core.jobs.job import CLIP, GIF, PLAYABLE, POSTER, PREVIEW, SETTINGS, Job

RECEIVED = ".received.mp4.part"
"""The clip while it comes, before the settings are written into it."""

DOUBTFUL = ".doubtful.mp4.part"
"""The largest body so far that is no whole clip, while a better one is asked for."""

NAMES = frozenset((CLIP, POSTER, PREVIEW, GIF, PLAYABLE, SETTINGS))

_EXTRA = re.compile(
    r"gif-\d{3}-\d{1,2}(\.\d)?\.gif|source-[a-z0-9_]{1,64}\.[a-z0-9]{2,4}"
    r"|(clip-\d{1,2}\.mp4|poster-\d{1,2}\.jpg|preview-\d{1,2}\.webp)"
)


class JobFiles:
    """A folder for each job; names in it are ours alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def folder(self, job: Job) -> Path:
        """Return the job's folder, made where it is missing. Raises `StorageError`."""
        path = self._folder / job.id
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(f"The data folder cannot be written ({error.strerror}).") from error
        return path

    def clip(self, job: Job) -> Path:
        """Return where the finished clip lies or will lie."""
        return self.folder(job) / CLIP

    def further(self, job: Job, role: str, number: int) -> Path:
        """Return where a file of a further clip lies: its `video`, `poster` or `preview`."""
        name = Path({"video": CLIP, "poster": POSTER, "preview": PREVIEW}[role])
        return self.folder(job) / f"{name.stem}-{number}{name.suffix}"

    def playable(self, job: Job) -> Path:
        """Return where the copy lies that every browser plays, for a clip that not each does."""
        return self.folder(job) / PLAYABLE

    def received(self, job: Job) -> Path:
        """Return where the clip lies while it comes."""
        return self.folder(job) / RECEIVED

    def settings(self, job: Job) -> Path:
        """Return where the settings lie of a clip that cannot hold them itself."""
        return self.folder(job) / SETTINGS

    def doubtful(self, job: Job) -> Path:
        """Return where a body that is no whole clip waits for a better one."""
        return self.folder(job) / DOUBTFUL

    def public(self, job: Job, name: str) -> Path | None:
        """Return the file that may be shown under that name, if it is there."""
        if name not in NAMES and not _EXTRA.fullmatch(name):
            return None
        path = self._folder / job.id / name
        return path if path.is_file() else None

    def gif_name(self, width: int, fps: int) -> str:
        """Return the name of a GIF made to order, of `width` pixels and `fps` frames a second."""
        return f"gif-{width}-{fps}.gif"

    def gifs_to_order(self, folder: Path) -> list[Path]:
        """Return the GIFs that were made to order in a job's folder, the longest unasked first."""
        found = [path for path in folder.glob("gif-*.gif") if _EXTRA.fullmatch(path.name)]
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def source(self, job: Job, parameter: str, suffix: str) -> Path:
        """Return where the file given for a parameter is kept; `suffix` has its dot."""
        return self.folder(job) / f"source-{parameter}{suffix}"
