"""Writes texts into an MP4's or MOV's own index; it starts no process and decodes nothing.

All that came with the file stays, byte for byte, but for what counts bytes that move. Where a box
counts bytes in a way that is not known here, the file is `Unfamiliar` and is left alone.
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

from core.media.mp4.boxes import BOX_LIMIT, INDEX_LIMIT, top_boxes
from core.media.mp4.notes import Unfamiliar, box_of, split, written

PADDING = frozenset((b"free", b"skip"))

HOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl"))
"""The boxes of boxes that lead to what counts bytes of the file."""

COUNTING = frozenset((b"saio", b"iloc", b"cmov", b"rmra", b"moof", b"mfra", b"meta"))
"""Boxes that count bytes in other ways than `stco`, or may hold one that does."""

OFFSETS = {b"stco": "I", b"co64": "Q"}

PIECE = 2**20
"""Bytes copied at a time where the kernel does not copy by itself."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things lie, in bytes: the index, the free room right after it, and the film.

    `settled` says that some box outside the index counts bytes too, so nothing may move.
    """

    moov_at: int
    moov_end: int
    room: int
    film_at: int
    size: int
    settled: bool

    @property
    def is_late(self) -> bool:
        """Whether the index stands behind the film."""
        return self.moov_at > self.film_at


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box of the index: its kind, and where it starts and ends, header included."""

    kind: bytes
    start: int
    end: int


def inscribe(video: Path, part: Path, words: Mapping[bytes, str]) -> None:
    """Write a copy of `video` to `part` that holds `words`, texts by the names that iTunes gave.

    Texts of ours that were there are gone after; all else stays. An index that stands behind the
    film comes to stand before it, for players that do not wait for the end. Raises `Unfamiliar`
    before anything is written, `UnsafeMedia` and `OSError`.
    """
    with video.open("rb") as source:
        layout = _layout(source)
        source.seek(layout.moov_at)
        moov, growth = _rewritten(source.read(layout.moov_end - layout.moov_at), layout, words)
        left = None if layout.is_late else _left(layout.room, growth)
        with part.open("wb") as target:
            _copy(source, target, 0, min(layout.moov_at, layout.film_at))
            target.write(moov)
            if left:
                target.write(box_of(b"free", bytes(left - 8)))
            if layout.is_late:
                _copy(source, target, layout.film_at, layout.moov_at)
            rest = layout.moov_end if left is None else layout.moov_end + layout.room
            _copy(source, target, rest, layout.size)


def _layout(source: BinaryIO) -> Layout:
    size = os.fstat(source.fileno()).st_size
    boxes = list(top_boxes(source, size))
    kinds = [kind for kind, *_ in boxes]
    if kinds.count(b"moov") != 1 or b"mdat" not in kinds:
        raise Unfamiliar
    place = kinds.index(b"moov")
    _, start, head, end = boxes[place]
    # A last box of open length grows with what is put before it, and so would swallow the index
    if head != 8 or end > size or end - start > INDEX_LIMIT:
        raise Unfamiliar
    return Layout(
        moov_at=start,
        moov_end=end,
        room=_room(boxes[place + 1 :], size),
        film_at=boxes[kinds.index(b"mdat")][1],
        size=size,
        settled=not COUNTING.isdisjoint(kinds),
    )


def _room(after: list[tuple[bytes, int, int, int]], size: int) -> int:
    """Return the bytes of the padding that follows, 0 where none does."""
    if not after or after[0][0] not in PADDING:
        return 0
    _, start, _, end = after[0]
    return end - start if end <= size and end - start <= INDEX_LIMIT else 0


def _left(room: int, growth: int) -> int | None:
    """Return the bytes of padding that keep the film in its place, None where it must move."""
    left = room - growth
    return left if left == 0 or left >= 8 else None


def _rewritten(old: bytes, layout: Layout, words: Mapping[bytes, str]) -> tuple[bytes, int]:
    """Return the new index, and by how many bytes it is larger than the old one."""
    moov = bytearray(old)
    leaves = _leaves(moov)
    nowhere = Box(kind=b"udta", start=len(moov), end=len(moov))
    udta = next((box for box in leaves if box.kind == b"udta"), nowhere)
    new = written(old[udta.start : udta.end], words)
    growth = len(new) - (udta.end - udta.start)
    if len(moov) + growth > INDEX_LIMIT:
        raise Unfamiliar
    if layout.is_late or _left(layout.room, growth) is None:
        _move(moov, leaves, layout, growth)
    moov[udta.start : udta.end] = new
    struct.pack_into(">I", moov, 0, len(moov))
    return bytes(moov), growth


def _move(moov: bytearray, leaves: list[Box], layout: Layout, growth: int) -> None:
    """Count the film's chunks where they come to lie. Raises `Unfamiliar`."""
    if layout.settled or any(box.kind in COUNTING and _counts(moov, box) for box in leaves):
        raise Unfamiliar
    for box in leaves:
        if box.kind in OFFSETS:
            _shift(moov, box, layout, growth)


def _counts(moov: bytearray, box: Box) -> bool:
    return box.kind != b"meta" or b"iloc" in moov[box.start : box.end]


def _leaves(moov: bytearray) -> list[Box]:
    """Return all boxes but those that lead to others."""
    waiting = [Box(kind=b"moov", start=0, end=len(moov))]
    leaves: list[Box] = []
    while waiting:
        outer = waiting.pop()
        for box in _inside(moov, outer.start + 8, outer.end):
            (waiting if box.kind in HOLDERS else leaves).append(box)
        if len(leaves) + len(waiting) > BOX_LIMIT:
            raise Unfamiliar
    for box in leaves:
        if box.kind == b"dref":
            _check_sources(moov, box)
    return leaves


def _inside(data: bytes | bytearray, start: int, end: int) -> list[Box]:
    """Return the boxes that fill the bytes from `start` to `end`, without a gap."""
    boxes: list[Box] = []
    for box in split(bytes(data), start, end):
        boxes.append(Box(kind=box[4:8], start=start, end=start + len(box)))
        start += len(box)
    return boxes


def _check_sources(moov: bytearray, dref: Box) -> None:
    """Refuse tracks whose film lies in another file: their offsets do not move with this one."""
    for entry in _inside(moov, dref.start + 16, dref.end):
        if moov[entry.start + 8 : entry.start + 12] != b"\0\0\0\1":
            raise Unfamiliar


def _shift(moov: bytearray, box: Box, layout: Layout, growth: int) -> None:
    code, start = OFFSETS[box.kind], box.start + 16
    offsets = array(code)
    claimed = int.from_bytes(moov[start - 4 : start], "big")
    if box.end - start != claimed * offsets.itemsize:
        raise Unfamiliar
    offsets.frombytes(moov[start : box.end])
    _swap(offsets)
    if not offsets:
        return
    before = len(moov) + growth if layout.is_late else growth
    if min(offsets) < layout.film_at or max(offsets) + before >= 1 << 8 * offsets.itemsize:
        raise Unfamiliar
    # What stands behind a late index comes only by its growth later, since it leaves its place
    moved = [at + (growth if at >= layout.moov_at else before) for at in offsets]
    table = array(code, moved)
    _swap(table)
    moov[start : box.end] = table.tobytes()


def _swap(numbers: array[int]) -> None:
    if sys.byteorder == "little":
        numbers.byteswap()


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
