"""Takes out of a PNG or JPEG all that is not its picture: place, camera, comments, thumbnails.

Nothing is coded anew. What may stay is named, and everything else goes, since a place can be
written in many ways: EXIF, XMP, IPTC, text, a second picture with notes of its own, a maker's data
behind the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

PNG_STAYS = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sBIT", b"pHYs"),
    *(b"sRGB", b"gAMA", b"cHRM", b"iCCP", b"cICP"),
}

ICC, ADOBE, JFIF = b"ICC_PROFILE\0", b"Adobe", b"JFIF\0"
APP0, APP2, APP14, APP15, COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
START_OF_SCAN, END = 0xDA, 0xD9
JFIF_LENGTH = 16
"""Bytes of a JFIF segment without a thumbnail."""


def without_notes(content: bytes, kind: str) -> bytes:
    """Return the file of a sound `PNG` or `JPEG` with nothing in it but the picture.

    Raises ValueError where it is laid out in a way that is not known here.
    """
    try:
        return b"".join({"PNG": _png, "JPEG": _jpeg}[kind](content))
    except (struct.error, IndexError) as error:
        raise ValueError("It ends too soon.") from error


def _png(content: bytes) -> Iterator[bytes]:
    yield content[:8]
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind in PNG_STAYS:
            yield content[at : at + 12 + length]
        at += 12 + length


def _jpeg(content: bytes) -> Iterator[bytes]:
    """Yield the segments that stay, up to the end of the first picture."""
    yield content[:2]
    at = 2
    while True:
        mark = content[at + 1]
        if content[at] != 0xFF:
            raise ValueError("It has bytes between its segments.")
        if mark == 0xFF:
            at += 1
        elif mark == END:
            yield b"\xff\xd9"
            return
        else:
            (length,) = struct.unpack_from(">H", content, at + 2)
            end = at + 2 + length
            if _stays(mark, content[at + 4 : end]):
                yield content[at:end]
            if mark == START_OF_SCAN:
                start, end = end, _scan_end(content, end)
                yield content[start:end]
            at = end


def _stays(mark: int, body: bytes) -> bool:
    if mark == COMMENT or not APP0 <= mark <= APP15:
        return mark != COMMENT
    if mark == APP0:
        return body.startswith(JFIF) and len(body) + 2 == JFIF_LENGTH
    return {APP2: body.startswith(ICC), APP14: body.startswith(ADOBE)}.get(mark, False)


def _scan_end(content: bytes, at: int) -> int:
    """Return where the coded picture ends: at a mark that is no stuffing and no restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise ValueError("It has no end.")
        if content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at
