"""Reads one track of an MP4's index: what it shows, how long, and where its samples lie."""

from __future__ import annotations

import re
import struct
import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate, pairwise

from core.errors import UnsafeMedia
from core.media.mp4.boxes import DAMAGED, children, find

SAMPLE_LIMIT = 1_000_000
"""Samples that are counted in one track: four and a half hours at 60 a second."""


FEW_FRAMES = 4
EVEN = 0.1
"""How far the median rate may lie from the mean for frames to count as evenly timed."""

STILLS = frozenset((b"jpeg", b"mjpg", b"mjpa", b"png ", b"tiff", b"gif "))
STILL_OBJECTS = {0x6C, 0x6D, 0x6E}
"""MPEG-4's numbers for JPEG, PNG and JPEG 2000, which an `mp4v` may hold."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a track's samples are coded, and how its pictures are shown."""

    width: int = 0
    height: int = 0
    codec: str = ""
    rotated: bool = False
    profile: int | None = None
    is_still: bool = False


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
    usual: float
    number: int = 1
    is_enabled: bool = True

    @property
    def fps(self) -> float:
        """Return the usual rate, in frames a second."""
        return usual_rate(len(self.sizes), self.seconds, self.usual)

    @property
    def is_cover(self) -> bool:
        """Whether it is one still picture, of a kind that no film is made of."""
        return len(self.sizes) == 1 and self.look.is_still

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
    duration, usual = _durations(boxes[b"stts"])
    return Track(
        handler=kind,
        seconds=duration / timescale if timescale else 0.0,
        usual=usual / timescale if timescale else 0.0,
        number=struct.unpack_from(">I", header, 20 if header[0] else 12)[0],
        is_enabled=bool(header[3] & 1),
        shown=_shown(header) if find(trak, b"edts", b"elst") is not None else 0,
        sizes=Sizes(boxes[b"stsz"]),
        chunks=_chunks(boxes),
        runs=_runs(boxes.get(b"stsc")),
        look=_look(boxes.get(b"stsd"), header)
        if kind == b"vide"
        else Look(codec=_coded(boxes.get(b"stsd"))),
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


def usual_rate(frames: int, seconds: float, usual: float) -> float:
    """Return frames a second: the mean rate, or 1/`usual` where the two are far apart.

    `usual` is the median time that a frame is shown, in seconds. A clock of few ticks a second
    rounds it, so the mean is the truer one of two that are near.
    """
    mean = frames / seconds if seconds > 0 else 0.0
    if frames < FEW_FRAMES or not mean or usual <= 0:
        return mean
    median = 1 / usual
    return mean if abs(median - mean) <= EVEN * mean else median


def _durations(stts: memoryview) -> tuple[int, int]:
    """Return all ticks together, and the median of a frame's."""
    (count,) = struct.unpack_from(">I", stts, 4)
    if count > SAMPLE_LIMIT:
        raise UnsafeMedia(DAMAGED)
    numbers = _numbers(stts[8:], "I", 2 * count)
    runs = list(zip(numbers[1::2], numbers[::2], strict=True))
    half, passed = sum(frames for _, frames in runs) / 2, 0
    total = sum(each * frames for each, frames in runs)
    for each, frames in sorted(runs):
        passed += frames
        if passed >= half:
            return total, each
    return total, 0


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


def _coded(stsd: memoryview | None) -> str:
    """Return the name of how the samples are coded, "" where none is given."""
    entry = next(children(stsd[8:]), None) if stsd is not None else None
    return bytes(entry[0]).decode("latin-1") if entry else ""


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
        is_still=bytes(kind) in STILLS or _object(extras.get(b"esds")) in STILL_OBJECTS,
    )


def _object(esds: memoryview | None) -> int | None:
    """Return MPEG-4's number for what is coded, from the decoder's description in an `esds`."""
    if esds is None:
        return None
    found = re.search(rb"\x04(?:[\x80-\xff]{0,3}[\x00-\x7f])(.)", bytes(esds[4:64]), re.DOTALL)
    return found[1][0] if found else None


def _aspect(pasp: memoryview | None) -> tuple[int, int]:
    """Return the shape of a pixel; a shape that no camera has is taken for square."""
    if pasp is None:
        return 1, 1
    across, down = struct.unpack_from(">II", pasp)
    return (across, down) if down and 0.1 <= across / down <= 10 else (1, 1)
