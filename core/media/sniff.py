"""Tells what a file is by its first bytes, never by its name."""

from __future__ import annotations

from pathlib import Path

from core.errors import StorageError

HEAD = 16
"""How many of a file's first bytes `sniff` wants."""


def sniff(head: bytes) -> str | None:
    """Return `mov`, `matroska`, `wav`, `mp3`, `aac`, `ogg`, `flac`, `png`, `jpeg`, `webp`, `gif`.

    None for anything else. All but the last four are also the names of the ffmpeg demuxers to
    force; the first two may hold pictures, sound or both.
    """
    if head[4:8] == b"ftyp" and len(head) >= 12:
        return "mov"
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12])
    if len(head) > 1 and head[0] == 0xFF and (kind := _frame(head[1])):
        return kind
    starts = {
        b"ID3": "mp3",
        b"OggS": "ogg",
        b"fLaC": "flac",
        b"\x1a\x45\xdf\xa3": "matroska",
        b"\x89PNG\r\n\x1a\n": "png",
        b"\xff\xd8\xff": "jpeg",
        b"GIF87a": "gif",
        b"GIF89a": "gif",
    }
    return next((kind for start, kind in starts.items() if head.startswith(start)), None)


def _frame(second: int) -> str | None:
    """Return what begins a bare stream of sound: its second byte holds MPEG's version and layer."""
    if second & 0xF6 == 0xF0:
        return "aac"
    known_version = second & 0x18 != 0x08
    return "mp3" if second & 0xE6 == 0xE2 and known_version else None


def read_head(path: Path) -> bytes:
    """Return the first `HEAD` bytes of a file. Raises `StorageError`."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise StorageError(f"The file cannot be read ({error.strerror}).") from error
