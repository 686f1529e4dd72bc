"""Tells what a file is by its first bytes, never by its name."""

from __future__ import annotations

from pathlib import Path

from core.errors import StorageError

HEAD = 16
"""How many of a file's first bytes `sniff` wants."""


def sniff(head: bytes) -> str | None:
    """Return `mov`, `matroska`, `png`, `jpeg`, `webp` or `gif`; None for anything else.

    The first two are also the names of the ffmpeg demuxers to force.
    """
    if head[4:8] == b"ftyp" and len(head) >= 12:
        return "mov"
    if head[:4] == b"RIFF":
        return "webp" if head[8:12] == b"WEBP" else None
    starts = {
        b"\x1a\x45\xdf\xa3": "matroska",
        b"\x89PNG\r\n\x1a\n": "png",
        b"\xff\xd8\xff": "jpeg",
        b"GIF87a": "gif",
        b"GIF89a": "gif",
    }
    return next((kind for start, kind in starts.items() if head.startswith(start)), None)


def read_head(path: Path) -> bytes:
    """Return the first `HEAD` bytes of a file. Raises `StorageError`."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise StorageError(f"The file cannot be read ({error.strerror}).") from error
