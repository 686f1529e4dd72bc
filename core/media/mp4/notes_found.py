"""Says whether an MP4 tells more than its pictures and sound: a place, a device, notes, tracks.

What is known to tell nothing is named; whatever else a file holds is taken to tell something. A
place can be written in many ways: `udta/©xyz`, `loci`, `meta/keys`, XMP in a `uuid`, a track of its
own, what an editor left in a `free` box.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError, UnsafeMedia
from core.media.mp4.boxes import children, find, outline, top_boxes

TOP = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"}
FILLING = {b"free", b"skip", b"wide"}

SILENT: dict[bytes, set[bytes]] = {
    b"moov": {b"mvhd", b"trak", b"iods", b"udta"},
    b"trak": {b"tkhd", b"edts", b"mdia", b"tapt"},
    b"edts": {b"elst"},
    b"mdia": {b"mdhd", b"hdlr", b"minf"},
    b"minf": {b"vmhd", b"smhd", b"dinf", b"stbl", b"hdlr"},
    b"dinf": {b"dref"},
    b"stbl": {
        *(b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stco", b"co64", b"stss", b"stps"),
        *(b"sdtp", b"sgpd", b"sbgp"),
    },
}
"""A box → those inside it that tell of nothing but how to play it."""

PLAIN_TRACKS = ([b"vide"], [b"soun"], [b"soun", b"vide"])

WRITER = b"\xa9too"
"""The note that names the program which wrote the file."""

PIECE = 2**20


def tells_more(path: Path) -> bool:
    """Say whether anything is in the file that is not needed to play it.

    Raises `UnsafeMedia` and `StorageError`.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not _is_plain_around(file, size):
                return True
    except OSError as error:
        raise StorageError(f"The video cannot be read ({error.strerror}).") from error
    moov = memoryview(outline(path).moov or b"")
    try:
        kinds = [bytes(handler[8:12]) for handler in _handlers(moov)]
        return sorted(kinds) not in PLAIN_TRACKS or not _is_silent(moov)
    except (struct.error, IndexError, UnsafeMedia):
        return True


def _is_plain_around(file: BinaryIO, size: int) -> bool:
    """Say whether the top level holds film, index and emptiness, and nothing behind them."""
    last = 0
    for kind, start, head, end in list(top_boxes(file, size)):
        if kind not in TOP or (kind in FILLING and not _is_empty(file, start + head, end)):
            return False
        last = end
    return last == size


def _is_empty(file: BinaryIO, at: int, end: int) -> bool:
    file.seek(at)
    while at < end and (piece := file.read(min(PIECE, end - at))):
        if piece.count(0) != len(piece):
            return False
        at += len(piece)
    return True


def _handlers(moov: memoryview) -> Iterator[memoryview]:
    for kind, body in children(moov):
        if kind == b"trak" and (handler := find(body, b"mdia", b"hdlr")) is not None:
            yield handler


def _is_silent(moov: memoryview) -> bool:
    waiting = [(b"moov", moov)]
    while waiting:
        parent, inside = waiting.pop()
        for kind, body in children(inside):
            if kind in FILLING:
                silent = not any(body)
            elif kind == b"udta":
                silent = parent == b"moov" and _names_writer_only(body)
            else:
                silent = kind in SILENT[parent]
            if not silent:
                return False
            if kind in SILENT:
                waiting.append((kind, body))
    return True


def _names_writer_only(udta: memoryview) -> bool:
    for kind, meta in children(udta):
        if kind != b"meta":
            return False
        for name, body in children(meta[4:]):
            if name == b"ilst" and {note for note, _ in children(body)} - {WRITER}:
                return False
            if name not in (b"hdlr", b"ilst") and (name not in FILLING or any(body)):
                return False
    return True
