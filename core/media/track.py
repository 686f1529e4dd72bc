"""Reads one track of an MP4's index: what it shows, how long, and where its samples lie."""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate, pairwise

from core.errors import UnsafeMedia
from core.media.walk import DAMAGED, children, find

SAMPLE_LIMIT = 1_000_000
"""Samples that are counted in one track: four and a half hours at 60 a second."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a track's pictures are coded and shown."""

    width: int = 0
    height: int = 0
    codec: str = ""
    rotated: bool = False
    profile: int | None = None


class Sizes:
    """The bytes of each sample: a table, or one number for all, however many that claims to be."""

    def __init__(self, stsz: memoryview) -> None:
        numbers: tuple[int, int] = struct.unpack_from(">II", stsz, 4)
        self._each, self._count = numbers
        if self._count > SAMPLE_LIMIT:
            raise UnsafeMedia("The video has far too many frames: choose a shorter one.")
        table = [] if self._each else _numbers(stsz[12:], "I", self._count)
        self._ends = [0, *accumulate(table)]

    def __len__(self) -> int:
        return self._count

    def between(self, first: int, end: int) -> int:
        """Return the bytes of the samples `first` up to `end`."""
        if self._each:
            return self._each * (end - first)
        return self._ends[end] - self._ends[first]


@dataclass(frozen=True, kw_only=True)
class Track:
    """One track: what it holds, how long, and where its samples lie in the file."""

    handler: bytes
    seconds: float
    shown: int
    sizes: Sizes
    chunks: array[int]
    runs: list[tuple[int, int]]
    look: Look

    @property
    def fps(self) -> float:
        """Return the mean rate, in frames a second."""
        return len(self.sizes) / self.seconds if self.seconds > 0 else 0.0

    def ends_by(self, size: int) -> bool:
        """Say whether each chunk lies wholly before `size`, and every sample in some chunk."""
        at = 0
        for (first, per_chunk), (following, _) in pairwise([*self.runs, (len(self.chunks) + 1, 0)]):
            if not 1 <= first < following <= len(self.chunks) + 1:
                return False
            for chunk in range(first - 1, following - 1):
                end = min(at + per_chunk, len(self.sizes))
                if self.chunks[chunk] + self.sizes.between(at, end) > size:
                    return False
                at = end
        return at == len(self.sizes)


def read_track(trak: memoryview) -> Track | None:
    """Return the track, or None for one that has no sample table. Raises `UnsafeMedia`."""
    table = find(trak, b"mdia", b"minf", b"stbl")
    handler = find(trak, b"mdia", b"hdlr")
    header = find(trak, b"tkhd")
    if table is None or handler is None or header is None:
        return None
    boxes = dict(children(table))
    if not {b"stsz", b"stts"} <= boxes.keys():
        return None
    timescale, _ = header_times(find(trak, b"mdia", b"mdhd"))
    kind = bytes(handler[8:12])
    return Track(
        handler=kind,
        seconds=_duration(boxes[b"stts"]) / timescale if timescale else 0.0,
        shown=_shown(header) if find(trak, b"edts", b"elst") is not None else 0,
        sizes=Sizes(boxes[b"stsz"]),
        chunks=_chunks(boxes),
        runs=_runs(boxes.get(b"stsc")),
        look=_look(boxes.get(b"stsd"), header) if kind == b"vide" else Look(),
    )


def header_times(header: memoryview | None) -> tuple[int, int]:
    """Return the ticks a second, and the duration in ticks, of an `mvhd` or `mdhd`."""
    if header is None:
        return 0, 0
    layout, at = (">IQ", 20) if header[0] else (">II", 12)
    times: tuple[int, int] = struct.unpack_from(layout, header, at)
    return times


def _shown(tkhd: memoryview) -> int:
    layout, at = (">Q", 28) if tkhd[0] else (">I", 20)
    return int(struct.unpack_from(layout, tkhd, at)[0])


def _duration(stts: memoryview) -> int:
    (count,) = struct.unpack_from(">I", stts, 4)
    if count > SAMPLE_LIMIT:
        raise UnsafeMedia(DAMAGED)
    runs = _numbers(stts[8:], "I", 2 * count)
    return sum(length * each for length, each in zip(runs[::2], runs[1::2], strict=True))


def _chunks(boxes: dict[bytes, memoryview]) -> array[int]:
    code, offsets = ("Q", boxes[b"co64"]) if b"co64" in boxes else ("I", boxes.get(b"stco"))
    if offsets is None:
        return array("I")
    return _numbers(offsets[8:], code, struct.unpack_from(">I", offsets, 4)[0])


def _runs(stsc: memoryview | None) -> list[tuple[int, int]]:
    if stsc is None:
        return []
    numbers = _numbers(stsc[8:], "I", 3 * struct.unpack_from(">I", stsc, 4)[0])
    return list(zip(numbers[::3], numbers[1::3], strict=True))


def _numbers(data: memoryview, code: str, count: int) -> array[int]:
    """Read big-endian numbers; as many as are claimed must be there."""
    numbers = array(code)
    if count * numbers.itemsize > len(data):
        raise UnsafeMedia(DAMAGED)
    numbers.frombytes(data[: count * numbers.itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _look(stsd: memoryview | None, tkhd: memoryview) -> Look:
    entry = next(children(stsd[8:]), None) if stsd is not None else None
    if entry is None:
        return Look()
    kind, body = entry
    width, height = struct.unpack_from(">HH", body, 24)
    extras = dict(children(body[78:]))
    across, down = _aspect(extras.get(b"pasp"))
    matrix = struct.unpack_from(">9i", tkhd, 52 if tkhd[0] else 40)
    turned = abs(matrix[1]) > abs(matrix[0])
    wide = max(1, round(width * across / down)) if width else 0
    avcc = extras.get(b"avcC")
    return Look(
        width=height if turned else wide,
        height=wide if turned else height,
        codec=bytes(kind).decode("latin-1"),
        rotated=turned or matrix[0] < 0 or matrix[4] < 0 or across != down,
        profile=avcc[1] if avcc is not None else None,
    )


def _aspect(pasp: memoryview | None) -> tuple[int, int]:
    """Return the shape of a pixel; a shape that no camera has is taken for square."""
    if pasp is None:
        return 1, 1
    across, down = struct.unpack_from(">II", pasp)
    return (across, down) if down and 0.1 <= across / down <= 10 else (1, 1)
