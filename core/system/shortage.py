"""Tells this machine's own want of descriptors from the faults of others; it only looks."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from core.errors import StorageError

WANTING = (errno.EMFILE, errno.ENFILE)
"""This process has too many files open, or the whole machine has."""


class OutOfDescriptors(StorageError):
    """Nothing can be opened just now; what was to be done was not, and can be done later."""

    next_step = "It goes on by itself; if it stays so, allow the app more open files."


def is_shortage(error: BaseException) -> bool:
    """Return whether an error, or one that it came from, is that no more files can be opened."""
    return any(isinstance(e, OSError) and e.errno in WANTING for e in _origins(error, set()))


def _origins(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for origin in (error.__cause__, error.__context__):
        yield from _origins(origin, seen)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _origins(one, seen)
