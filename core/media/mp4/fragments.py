"""Tells where the samples of an MP4's fragments end, from their own small indices (`moof`)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.errors import UnsafeMedia
from core.media.mp4.boxes import DAMAGED, Outline, children, find
from core.media.mp4.track import SAMPLE_LIMIT

_BASE, _DESCRIPTION, _DURATION, _SIZE, _FROM_MOOF = 0x1, 0x2, 0x8, 0x10, 0x20000
_RUN_OFFSET, _RUN_FIRST, _RUN_SIZES = 0x1, 0x4, 0x200
_RUN_FIELDS = (0x100, 0x200, 0x400, 0x800)
"""Flags of `tfhd` and `trun` (ISO/IEC 14496-12, 8.8.7 and 8.8.8); each field has four bytes."""


def fragments_end_by(seen: Outline) -> bool:
    """Say whether all samples of all fragments lie within the file.

    Raises `UnsafeMedia` and `struct.error` for a damaged index.
    """
    sizes = _usual_sizes(memoryview(seen.moov or b""))
    return all(
        end <= seen.size_bytes
        for at, moof in seen.fragments.items()
        for end in _ends(at, memoryview(moof), sizes)
    )


def _usual_sizes(moov: memoryview) -> dict[int, int]:
    """Return the bytes of a sample by its track, where nothing nearer says them (`trex`)."""
    extends = find(moov, b"mvex")
    tracks = [body for kind, body in children(extends or memoryview(b"")) if kind == b"trex"]
    return {
        struct.unpack_from(">I", body, 4)[0]: struct.unpack_from(">I", body, 16)[0]
        for body in tracks
    }


def _ends(at: int, moof: memoryview, sizes: dict[int, int]) -> Iterator[int]:
    """Yield where each run of samples ends, in bytes from the file's start."""
    follows = at
    for kind, traf in children(moof):
        header = find(traf, b"tfhd") if kind == b"traf" else None
        if header is None:
            continue
        base, size = _header(header, at, follows, sizes)
        for name, run in children(traf):
            if name == b"trun":
                base, follows = _run(run, base, follows, size)
                yield follows


def _header(tfhd: memoryview, at: int, follows: int, sizes: dict[int, int]) -> tuple[int, int]:
    """Return from where a track's runs are counted, and the usual bytes of a sample."""
    flags, track = struct.unpack_from(">II", tfhd)
    place, base = 8, at if flags & _FROM_MOOF else follows
    if flags & _BASE:
        (base,) = struct.unpack_from(">Q", tfhd, place)
        place += 8
    place += 4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION)
    usual = sizes.get(track, 0)
    return base, struct.unpack_from(">I", tfhd, place)[0] if flags & _SIZE else usual


def _run(trun: memoryview, base: int, follows: int, size: int) -> tuple[int, int]:
    """Return the base, as it was given, and where the run's last sample ends."""
    flags, count = struct.unpack_from(">II", trun)
    if count > SAMPLE_LIMIT:
        raise UnsafeMedia(DAMAGED)
    start, place = max(base, follows), 8
    if flags & _RUN_OFFSET:
        start = base + struct.unpack_from(">i", trun, place)[0]
        place += 4
    place += 4 * bool(flags & _RUN_FIRST)
    fields = [flag for flag in _RUN_FIELDS if flags & flag]
    if not flags & _RUN_SIZES:
        return base, start + count * size
    numbers = struct.unpack_from(f">{count * len(fields)}I", trun, place)
    return base, start + sum(numbers[fields.index(_RUN_SIZES) :: len(fields)])
