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
        _to_disk(part)
        part.replace(target)
    except OSError as error:
        raise StorageError(
            f"The file {target.name} cannot be written ({error.strerror})."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    # Without this a crash soon after may leave an empty file under the final name.
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
