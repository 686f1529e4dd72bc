"""Counts the pieces that an image file is cut into, before Pillow takes each of them up.

Pillow reads chunk after chunk and joins an image's notes bit by bit: cut small enough, a file of a
few MB keeps it busy for minutes, and a file of 50 MB for hours.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from core.errors import UnsafeMedia

MOST_NOTES = 1000
"""Pieces before the picture of a JPEG or GIF. A long colour profile takes a few hundred."""

MOST_CHUNKS = 20_000
"""Chunks of a PNG or WebP. Common encoders cut 50 MB into a third of that."""


def check_pieces(path: Path, kind: str) -> None:
    """Look at the pieces of an image of that kind, as `sniff` names it. Raises `UnsafeMedia`."""
    if kind in ("avif", "heic"):
        return  # their readers go by an index, and hold bounds of their own
    walk, most = {
        "gif": (_gif, MOST_NOTES),
        "jpeg": (_jpeg, MOST_NOTES),
        "png": (_png, MOST_CHUNKS),
        "webp": (_webp, MOST_CHUNKS),
    }[kind]
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        suppress(IndexError, struct.error),  # a file that ends too soon is Pillow's to refuse
    ):
        if next(islice(walk(data), most, None), None) is not None:
            raise UnsafeMedia("The image is made to be slow to open: choose another one.")


def _png(data: mmap.mmap) -> Iterator[int]:
    at = 8
    while at < len(data):
        yield at
        at += 12 + int(struct.unpack_from(">I", data, at)[0])


def _webp(data: mmap.mmap) -> Iterator[int]:
    at = 12
    while at < len(data):
        yield at
        length = int(struct.unpack_from("<I", data, at + 4)[0])
        at += 8 + length + length % 2


def _gif(data: mmap.mmap) -> Iterator[int]:
    """Yield the parts of every note, up to the first picture."""
    at = 13 + (3 << (data[10] % 8 + 1) if data[10] & 0x80 else 0)
    while data[at] not in b",;":
        yield at
        at += 1
        if data[at - 1] == 0x21:
            at += 1
            while data[at]:
                yield at
                at += 1 + data[at]
            at += 1


def _jpeg(data: mmap.mmap) -> Iterator[int]:
    """Yield every marker, and every byte that is none, up to the first scan."""
    at = 2
    while (mark := data[at + 1]) != 0xDA or data[at] != 0xFF:
        yield at
        if data[at] != 0xFF or mark == 0xFF:
            at += 1
        elif mark <= 0x01 or 0xD0 <= mark <= 0xD9:
            at += 2
        else:
            at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
