"""Makes a user's video fit for a model: checked as hostile, then re-encoded where it must be."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import MediaError, UnsafeMedia
from core.media import ffmpeg
from core.media.boxes import probe
from core.media.clip import Clip
from core.media.decode import (
    DECODE_LIMITS,
    PICTURES_ONLY,
    SOURCE_BOUNDS,
    Bounds,
    check,
    source_arguments,
)
from core.media.frames import fitted
from core.media.writing import replacing

LIMITS = ffmpeg.Limits(wall=180.0, cpu=120, memory=3 * 2**30, output=DECODE_LIMITS.output)

H264 = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"),
    *("-threads", "2", "-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4"),
)

WITH_SOUND = (
    *("-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn"),
    *("-c:a", "aac", "-b:a", "128k"),
)

PLAYABLE_PROFILES = {66, 77, 88, 100}
"""H.264's profiles of eight bits and 4:2:0, which every player and provider takes."""

SLACK = 1.01
"""A rate that is exceeded by less is left alone: 30 means 29.97 as well."""

FASTEST_BITS, SLOWEST_BITS, SOUND_BITS = 40_000_000, 150_000, 128_000
"""Bits a second: more than any model needs, the fewest that are of use, and those of the sound."""

BITS_PER_PIXEL = 0.05
"""Below that a smaller picture looks better than a blurred one."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a model has room for: pixels (of either orientation), frames a second, seconds, bytes.

    `sound` says whether the sound, where there is one, goes along.
    """

    size: tuple[int, int]
    fps: float
    seconds: float
    size_bytes: int = SOURCE_BOUNDS.size_bytes
    sound: bool = False


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A file that fits: where it lies, its pixels, and what was done to it in words, if anything.

    `seconds` is None for a still image, and a sound has no pixels. `mime` is its media type.
    """

    path: Path
    mime: str
    width: int = 0
    height: int = 0
    seconds: float | None = None
    changes: str = ""


def check_source(path: Path, limits: Bounds = SOURCE_BOUNDS) -> Clip:
    """Return what is known of a user's video, without decoding any of it.

    Raises `UnsafeMedia` for one that is no video, cut off, or beyond the limits.
    """
    return check(path, limits)


def fit_source(path: Path, target: Path, room: Room) -> Fitted:
    """Write an H.264 MP4 that fits into `room`.

    A video that fits already is copied as it is. Raises `UnsafeMedia`, `MediaError` and
    `StorageError`.
    """
    clip = check_source(path)
    wanted = _Wanted.of(clip, room)
    with replacing(target) as part:
        if wanted.changes:
            _encode(path, part, wanted)
        else:
            shutil.copyfile(path, part)
        made = probe(part)
        if not made.frames or not made.whole:
            raise MediaError("The video has no pictures that can be decoded: choose another one.")
    return Fitted(
        path=target,
        width=made.width,
        height=made.height,
        mime="video/mp4",
        seconds=made.seconds,
        changes=", ".join(wanted.changes),
    )


def _encode(path: Path, part: Path, wanted: _Wanted) -> None:
    source = source_arguments(path, seconds=wanted.seconds, bounds=SOURCE_BOUNDS)
    most = ["-frames:v", str(max(1, int(wanted.seconds * wanted.fps + 0.01)))]
    outcome = ["-vf", wanted.filters, *most, *H264, *wanted.ceiling, f"file:{part.absolute()}"]
    if wanted.sound:
        try:
            ffmpeg.run([*source, *WITH_SOUND, *outcome], limits=LIMITS)
        except MediaError:
            pass  # a sound of a kind that is not decoded here; the pictures may be well
        else:
            return
    ffmpeg.run([*source, *PICTURES_ONLY, *outcome], limits=LIMITS)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    width: int
    height: int
    fps: float
    seconds: float
    bits: int
    sound: bool
    changes: list[str]

    @classmethod
    def of(cls, clip: Clip, room: Room) -> _Wanted:
        box = sorted(room.size, reverse=not clip.portrait)
        too_large = clip.size_bytes > room.size_bytes
        fps, bits = min(room.fps, clip.fps), _bits(clip, room)
        factor = min(box[0] / clip.width, box[1] / clip.height)
        if too_large:
            # So few bits would make many pixels a blur.
            pixels = bits / (fps * BITS_PER_PIXEL)
            factor = min(factor, math.sqrt(pixels / (clip.width * clip.height)))
        width, height = fitted(clip.width, clip.height, factor)
        changes = []
        if clip.seconds > room.seconds + 0.5 / clip.fps:
            changes.append(f"trimmed from {clip.seconds:.1f} s to {room.seconds:.1f} s")
        if factor < 1:
            changes.append(f"scaled from {clip.width}×{clip.height} to {width}×{height}")
        if clip.fps > room.fps * SLACK:
            changes.append(f"reduced from {clip.fps:.4g} to {room.fps:g} frames a second")
        if not changes and too_large:
            changes.append("compressed")
        if not changes and not _plays_everywhere(clip):
            changes.append("converted to H.264 MP4")
        return cls(
            width=width,
            height=height,
            fps=fps,
            seconds=room.seconds,
            bits=bits,
            sound=room.sound and clip.audio,
            changes=changes,
        )

    @property
    def filters(self) -> str:
        return f"fps={self.fps:.6g},scale={self.width}:{self.height}:flags=bicubic,setsar=1"

    @property
    def ceiling(self) -> list[str]:
        return ["-maxrate", str(self.bits), "-bufsize", str(self.bits)]


def _bits(clip: Clip, room: Room) -> int:
    """Return the bits a second that the pictures may take for the file to have room."""
    # One second more, since the first one may borrow as much again.
    seconds = min(clip.seconds, room.seconds) + 1
    most = int(room.size_bytes * 8 * 0.95 / seconds) - (SOUND_BITS if room.sound else 0)
    if most < SLOWEST_BITS:
        raise UnsafeMedia(
            f"The video is {clip.seconds:.0f} s long, too long to be made small enough: use a "
            "shorter one."
        )
    return min(most, FASTEST_BITS)


def _plays_everywhere(clip: Clip) -> bool:
    even = clip.width % 2 == 0 and clip.height % 2 == 0
    plain = even and not clip.rotated
    return (
        plain
        and clip.container == "mp4"
        and clip.codec == "avc1"
        and clip.profile in PLAYABLE_PROFILES
    )
