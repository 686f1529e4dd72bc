"""Writes a file beside its target and puts it there whole; nothing is left behind on an error."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import StorageError


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give `.name.part` to write to; on success it becomes `target`. Raises `StorageError`."""
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        _settle(part, target)
    except OSError as error:
        raise _storage(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file whole or not at all. Raises `StorageError`."""
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8", errors="replace")


def settle(part: Path, target: Path) -> None:
    """Give a whole file its name, once it is on the disk. Raises `StorageError`."""
    try:
        _settle(part, target)
    except OSError as error:
        raise _storage(target, error) from error


def _settle(part: Path, target: Path) -> None:
    # Without this a crash soon after may leave an empty file under the final name.
    handle = os.open(part, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    part.replace(target)


def _storage(target: Path, error: OSError) -> StorageError:
    return StorageError(f"The file {target.name} cannot be written ({error.strerror}).")
