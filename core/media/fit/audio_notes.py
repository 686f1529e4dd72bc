"""Says whether a file of sound tells more than the sound: a title, a place, who made it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError
from core.media.fit.mp3_frames import frames_only
from core.media.mp4.notes_found import tells_more

SILENT_CHUNKS = {b"fmt ", b"fact", b"data", b"PEAK"}
"""Chunks of a WAV that say how to play it, and nothing else."""

MOST_CHUNKS = 1000


def sound_tells_more(path: Path, kind: str) -> bool:
    """Say whether notes are in a sound of a kind that `sniff` names.

    Raises `UnsafeMedia` and `StorageError`.
    """
    if kind == "mov":
        return tells_more(path)
    try:
        with path.open("rb") as file:
            return {"wav": _wav, "mp3": _mp3}[kind](file)
    except OSError as error:
        raise StorageError(f"The sound cannot be read ({error.strerror}).") from error


def _mp3(file: BinaryIO) -> bool:
    content = file.read()
    return frames_only(content) != content


def _wav(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    return any(kind not in SILENT_CHUNKS for kind in _chunks(file, size))


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the kind of each chunk; bytes behind the last one are a chunk of no kind."""
    at = 12
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            break
        kind, length = struct.unpack("<4sI", header)
        yield kind
        at += 8 + length + length % 2
    if at < size:
        yield b""
