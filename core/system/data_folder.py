"""The data folder: whether it is there, can be written, and has room for another take."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StorageError

MEGABYTE = 10**6

SANDBOX_ROOM = 600_000
"""Bytes that a second of a sandbox take needs: the clip twice, with its previews (measured)."""

UNTOLD_LENGTH = 10.0
"""Seconds that a clip is taken to have where the order does not say."""

Free = Callable[[Path], int]
"""Returns the bytes that may still be written in a folder. Raises OSError."""


class NoRoom(StorageError):
    """The disk has no room to keep another take; nothing was ordered."""

    kind = "no_room"
    next_step = "Make room on the disk of the data folder, or wait until takes are finished."


class FolderLost(StorageError):
    """The data folder, or the database in it, is not the one that was opened at the start."""

    kind = "folder_lost"
    next_step = "Put the data folder back, or start Dailies again with a new one."


class DataFolder:
    """One folder as it was found at the start. Raises `StorageError` where it cannot be used."""

    def __init__(self, path: Path, database: str = "", *, free: Free | None = None) -> None:
        """Make the folder where it is missing; `database` is the name of a file to watch in it."""
        self._path = path.absolute()
        self._free = free or free_bytes
        self._promised = 0
        self._lock = threading.Lock()
        self._watched = [self._path, *([self._path / database] if database else [])]
        with _told(self._path):
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._try_out()
        self._known: list[tuple[int, int] | None] = []

    def opened(self) -> None:
        """Note which folder and which database these are, from now on."""
        self._known = [_identity(path) for path in self._watched]

    @contextmanager
    def room_kept(self, size: int, under_way: Callable[[], int]) -> Iterator[None]:
        """Hold `size` bytes for an order until it is written down.

        `under_way` returns the bytes that takes under way may still need. Raises `FolderLost`,
        `NoRoom` and `StorageError`; then nothing is to be ordered.
        """
        self._check()
        with _told(self._path):
            free = self._free(self._path)
        needed = under_way()
        with self._lock:
            if free < needed + self._promised + size:
                raise NoRoom(
                    f"The disk has {free // MEGABYTE} MB left, and this take with those under way "
                    f"may need {(needed + self._promised + size) / MEGABYTE:.0f} MB: nothing was "
                    "ordered."
                )
            self._promised += size
        try:
            yield
        finally:
            with self._lock:
                self._promised -= size

    def _check(self) -> None:
        if self._known != [_identity(path) for path in self._watched][: len(self._known)]:
            raise FolderLost(
                f"The data folder {self._path} was removed or replaced while Dailies was running, "
                "so nothing can be kept: nothing was ordered."
            )
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise StorageError("The data folder cannot be written: nothing was ordered.")

    def _try_out(self) -> None:
        trial = self._path / f".trial-{secrets.token_hex(4)}"
        try:
            trial.write_bytes(bytes(4096))
        finally:
            trial.unlink(missing_ok=True)


def take_size(*, live: bool, seconds: float | None, room_mb: int) -> int:
    """Return the bytes that a take may need: what the operator set, or a sandbox clip's own."""
    if live:
        return room_mb * MEGABYTE
    sandbox = int(SANDBOX_ROOM * (seconds or UNTOLD_LENGTH))
    return min(sandbox, room_mb * MEGABYTE)


def free_bytes(folder: Path) -> int:
    """Return what an ordinary process may still write there; 0 where no file can be made."""
    disk = os.statvfs(folder)
    return 0 if disk.f_files and not disk.f_favail else disk.f_bavail * disk.f_frsize


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = StorageError(f"The data folder {path} cannot be used ({error.strerror or error}).")
        told.next_step = (
            "Give it room and the right to be written by this user, or name another folder in "
            "DAILIES_DATA_DIR."
        )
        raise told from error
