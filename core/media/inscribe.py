"""Writes words into an MP4's own index in plain Python; it starts no process and decodes nothing.

Bytes that move must be counted anew wherever the file counts them, so a file is touched only where
every box of its index is known here: any other is `Unfamiliar`, and ffmpeg's business.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.media.walk import BOX_LIMIT, INDEX_LIMIT, top_boxes

PADDING = frozenset((b"free", b"skip"))
TOP = PADDING | {b"ftyp", b"moov", b"mdat", b"wide"}

HOLDS = {
    b"moov": PADDING | {b"mvhd", b"iods", b"trak", b"udta"},
    b"trak": PADDING | {b"tkhd", b"edts", b"tref", b"mdia"},
    b"mdia": PADDING | {b"mdhd", b"elng", b"hdlr", b"minf"},
    b"minf": PADDING | {b"vmhd", b"smhd", b"nmhd", b"hdlr", b"dinf", b"stbl"},
    b"dinf": frozenset((b"dref",)),
    b"stbl": PADDING
    | {b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stz2"}
    | {b"stco", b"co64", b"sdtp", b"sgpd", b"sbgp"},
}
"""What each box of boxes may hold. Only `stco` and `co64` among these count bytes of the file."""

OFFSETS = {b"stco": "I", b"co64": "Q"}

PIECE = 2**20
"""Bytes copied at a time where the kernel does not copy by itself."""


class Unfamiliar(Exception):
    """The file may be good, but is laid out in a way that is not known here."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things lie, in bytes: the index, the free room right after it, and the film."""

    moov_at: int
    moov_end: int
    room: int
    film_at: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box of the index: its kind, and where it starts and ends, header included."""

    kind: bytes
    start: int
    end: int


def inscribe(video: Path, part: Path, words: Mapping[bytes, str]) -> None:
    """Write a copy of `video` to `part` that holds `words`, texts by the names that iTunes gave.

    An older text of the same name is gone after; an empty one only removes it. All else stays byte
    for byte. Raises `Unfamiliar` before anything is written, `UnsafeMedia` and `OSError`.
    """
    with video.open("rb") as source:
        layout = _layout(source)
        source.seek(layout.moov_at)
        moov, growth = _rewritten(source.read(layout.moov_end - layout.moov_at), layout, words)
        left = _left(layout.room, growth)
        with part.open("wb") as target:
            _copy(source, target, 0, layout.moov_at)
            target.write(moov)
            if left:
                target.write(_box(b"free", bytes(left - 8)))
            rest = layout.moov_end if left is None else layout.moov_end + layout.room
            _copy(source, target, rest, layout.size)


def _layout(source: BinaryIO) -> Layout:
    size = os.fstat(source.fileno()).st_size
    boxes = list(top_boxes(source, size))
    kinds = [kind for kind, *_ in boxes]
    if not TOP.issuperset(kinds) or kinds.count(b"moov") != 1 or b"mdat" not in kinds:
        raise Unfamiliar
    place = kinds.index(b"moov")
    _, start, _, end = boxes[place]
    if place > kinds.index(b"mdat") or end - start > INDEX_LIMIT:
        raise Unfamiliar
    if _is_quicktime(source):
        raise Unfamiliar
    after, _, _, after_end = boxes[place + 1]
    room = after_end - end if after in PADDING else 0
    return Layout(
        moov_at=start,
        moov_end=end,
        room=room if room <= INDEX_LIMIT else 0,
        film_at=boxes[kinds.index(b"mdat")][1],
        size=size,
    )


def _is_quicktime(source: BinaryIO) -> bool:
    """Say whether it is a MOV by its brand: its texts are written otherwise."""
    source.seek(0)
    return source.read(12)[8:] == b"qt  "


def _left(room: int, growth: int) -> int | None:
    """Return the bytes of padding that keep the film in its place, None where it must move."""
    left = room - growth
    return left if left == 0 or left >= 8 else None


def _rewritten(old: bytes, layout: Layout, words: Mapping[bytes, str]) -> tuple[bytes, int]:
    """Return the new index, and by how many bytes it is larger than the old one."""
    moov = bytearray(old)
    leaves = _leaves(moov)
    nowhere = Box(kind=b"udta", start=len(moov), end=len(moov))
    udta, *more = [box for box in leaves if box.kind == b"udta"] or [nowhere]
    new = _udta(old[udta.start : udta.end], words)
    growth = len(new) - (udta.end - udta.start)
    if more or len(moov) + growth > INDEX_LIMIT:
        raise Unfamiliar
    by = growth if _left(layout.room, growth) is None else 0
    for box in leaves:
        if box.kind in OFFSETS:
            _shift(moov, box, by, layout.film_at)
    moov[udta.start : udta.end] = new
    struct.pack_into(">I", moov, 0, len(moov))
    return bytes(moov), growth


def _leaves(moov: bytearray) -> list[Box]:
    """Return all boxes that hold no others, once each of them is known, and where it belongs."""
    waiting = [Box(kind=b"moov", start=0, end=len(moov))]
    leaves: list[Box] = []
    while waiting:
        outer = waiting.pop()
        for box in _inside(moov, outer.start + 8, outer.end):
            if box.kind not in HOLDS[outer.kind]:
                raise Unfamiliar
            (waiting if box.kind in HOLDS else leaves).append(box)
        if len(leaves) + len(waiting) > BOX_LIMIT:
            raise Unfamiliar
    for box in leaves:
        if box.kind == b"dref":
            _check_sources(moov, box)
    return leaves


def _inside(data: bytes | bytearray, start: int, end: int) -> list[Box]:
    """Return the boxes that fill the bytes from `start` to `end`, without a gap."""
    boxes: list[Box] = []
    while start < end:
        length, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        if length < 8 or start + length > end or len(boxes) == BOX_LIMIT:
            raise Unfamiliar
        boxes.append(Box(kind=bytes(kind), start=start, end=start + length))
        start += length
    return boxes


def _check_sources(moov: bytearray, dref: Box) -> None:
    """Refuse tracks whose film lies in another file: their offsets do not move with this one."""
    for entry in _inside(moov, dref.start + 16, dref.end):
        if moov[entry.start + 8 : entry.start + 12] != b"\0\0\0\1":
            raise Unfamiliar


def _shift(moov: bytearray, box: Box, by: int, film_at: int) -> None:
    code, start = OFFSETS[box.kind], box.start + 16
    offsets = array(code)
    claimed = int.from_bytes(moov[start - 4 : start], "big")
    if box.end - start != claimed * offsets.itemsize:
        raise Unfamiliar
    offsets.frombytes(moov[start : box.end])
    _swap(offsets)
    if not offsets:
        return
    if min(offsets) < film_at or max(offsets) + by >= 1 << 8 * offsets.itemsize:
        raise Unfamiliar
    moved = array(code, [offset + by for offset in offsets])
    _swap(moved)
    moov[start : box.end] = moved.tobytes()


def _swap(numbers: array[int]) -> None:
    if sys.byteorder == "little":
        numbers.byteswap()


def _udta(old: bytes, words: Mapping[bytes, str]) -> bytes:
    inside = _inside(old, 8, len(old))
    metas = [old[box.start : box.end] for box in inside if box.kind == b"meta"]
    if len(metas) > 1:
        raise Unfamiliar
    # QuickTime wrote the same names right here, and players read those too
    kept = [old[box.start : box.end] for box in inside if box.kind not in (b"meta", *words)]
    return _box(b"udta", *kept, _meta(metas[0], words) if metas else _new_meta(words))


def _new_meta(words: Mapping[bytes, str]) -> bytes:
    handler = _box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    return _box(b"meta", bytes(4), handler, _ilst(b"", words))


def _meta(old: bytes, words: Mapping[bytes, str]) -> bytes:
    inside = _inside(old, 12, len(old))
    kinds = [box.kind for box in inside]
    known = kinds.count(b"ilst") == 1 and not set(kinds) - PADDING - {b"hdlr", b"ilst"}
    if old[8:12] != bytes(4) or kinds[:1] != [b"hdlr"] or not known or old[28:32] != b"mdir":
        raise Unfamiliar
    pieces = [(box.kind, old[box.start : box.end]) for box in inside]
    texts = [_ilst(piece, words) if kind == b"ilst" else piece for kind, piece in pieces]
    return _box(b"meta", bytes(4), *texts)


def _ilst(old: bytes, words: Mapping[bytes, str]) -> bytes:
    kept = [old[box.start : box.end] for box in _inside(old, 8, len(old)) if box.kind not in words]
    return _box(b"ilst", *kept, *(_text(name, text) for name, text in words.items() if text))


def _text(name: bytes, text: str) -> bytes:
    utf8 = struct.pack(">II", 1, 0)
    return _box(name, _box(b"data", utf8, text.encode(errors="replace")))


def _box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _copy(source: BinaryIO, target: BinaryIO, at: int, end: int) -> None:
    """Copy bytes at the end of `target`; the kernel does it where it can, at no cost to Python."""
    target.flush()
    reading, writing = source.fileno(), target.fileno()
    with contextlib.suppress(OSError, AttributeError):  # not on every system and file system
        while at < end and (done := os.copy_file_range(reading, writing, end - at, at)):
            at += done
    source.seek(at)
    while at < end and (piece := source.read(min(PIECE, end - at))):
        target.write(piece)
        at += len(piece)
