"""Tells what a file is by its first bytes, never by its name."""

from __future__ import annotations

from pathlib import Path

from core.errors import StorageError

HEAD = 64
"""How many of a file's first bytes `sniff` wants."""

OLD_STARTS = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
"""Kinds of box that a QuickTime film may begin with: the older ones have no `ftyp`."""

STILLS = {b"avif": "avif", b"avis": "avif"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "heic"
)
"""Brands of the boxes that hold a still. Others name the general kind, `mif1` or `msf1`, first."""


def sniff(head: bytes) -> str | None:
    """Return `mov`, `matroska`, `wav`, `mp3`, `aac`, `ogg`, `flac`, or the kind of a still.

    That is `png`, `jpeg`, `webp`, `gif`, `avif` or `heic`. None for anything else. The names before
    are also those of the ffmpeg demuxers to force; the first two may hold pictures, sound or both.
    """
    if head[4:8] == b"ftyp" and len(head) >= 12:
        return _boxed(head)
    if head[4:8] in OLD_STARTS and len(head) >= 12:
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


def _boxed(head: bytes) -> str:
    """Tell a still from a film by the brands that the file's first box names."""
    brands = [head[8:12]]
    if brands[0] in (b"mif1", b"msf1"):
        end = min(int.from_bytes(head[:4]), len(head))
        brands += [head[at : at + 4] for at in range(16, end - 3, 4)]
    return next((STILLS[brand] for brand in brands if brand in STILLS), "mov")


def _frame(second: int) -> str | None:
    """Return what begins a bare stream of sound: its second byte holds MPEG's version and layer."""
    if second & 0xF6 == 0xF0:
        return "aac"
    known_version = second & 0x18 != 0x08
    return "mp3" if second & 0xE6 == 0xE2 and known_version else None


def is_text(head: bytes) -> bool:
    """Say whether a file begins as a page, a playlist or any other text does, or is empty."""
    words = head.removeprefix(b"\xef\xbb\xbf").strip()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16, by its mark
    return not words or all(byte >= 0x20 or byte in b"\t\n\r\f" for byte in words)


def read_head(path: Path) -> bytes:
    """Return the first `HEAD` bytes of a file. Raises `StorageError`."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise StorageError(f"The file cannot be read ({error.strerror}).") from error
