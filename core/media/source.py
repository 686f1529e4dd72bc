"""Makes a user's video fit for a model: checked as hostile, then re-encoded where it must be."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import MediaError
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

PLAYABLE_PROFILES = {66, 77, 88, 100}
"""H.264's profiles of eight bits and 4:2:0, which every player and provider takes."""

SLACK = 1.01
"""A rate that is exceeded by less is left alone: 30 means 29.97 as well."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A file that fits: where it lies, its pixels, and what was done to it in words, if anything.

    `seconds` is None for a still image. `mime` is `video/mp4`, `image/png` or `image/jpeg`.
    """

    path: Path
    width: int
    height: int
    mime: str
    seconds: float | None = None
    changes: str = ""


def check_source(path: Path, limits: Bounds = SOURCE_BOUNDS) -> Clip:
    """Return what is known of a user's video, without decoding any of it.

    Raises `UnsafeMedia` for one that is no video, cut off, or beyond the limits.
    """
    return check(path, limits)


def fit_source(
    path: Path, target: Path, *, size: tuple[int, int], fps: float, seconds: float
) -> Fitted:
    """Write a silent H.264 MP4 within `size` (pixels, of either orientation), rate and length.

    A video that fits already is copied as it is. Raises `UnsafeMedia`, `MediaError` and
    `StorageError`.
    """
    clip = check_source(path)
    wanted = _Wanted.of(clip, size=size, fps=fps, seconds=seconds)
    with replacing(target) as part:
        if wanted.changes:
            source = source_arguments(path, seconds=seconds, bounds=SOURCE_BOUNDS)
            most = ["-frames:v", str(max(1, int(seconds * wanted.fps + 0.01)))]
            outcome = [*PICTURES_ONLY, "-vf", wanted.filters, *most, *H264]
            outcome.append(f"file:{part.absolute()}")
            ffmpeg.run([*source, *outcome], limits=LIMITS)
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


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    width: int
    height: int
    fps: float
    changes: list[str]

    @classmethod
    def of(cls, clip: Clip, *, size: tuple[int, int], fps: float, seconds: float) -> _Wanted:
        box = sorted(size, reverse=not clip.portrait)
        factor = min(box[0] / clip.width, box[1] / clip.height)
        width, height = fitted(clip.width, clip.height, factor)
        changes = []
        if clip.seconds > seconds + 0.5 / clip.fps:
            changes.append(f"trimmed to {seconds:.1f} s")
        if clip.width > box[0] or clip.height > box[1]:
            changes.append(f"scaled to {width}×{height}")
        if clip.fps > fps * SLACK:
            changes.append(f"reduced to {fps:g} frames a second")
        if not changes and not _plays_everywhere(clip):
            changes.append("converted to H.264 MP4")
        return cls(width=width, height=height, fps=min(fps, clip.fps), changes=changes)

    @property
    def filters(self) -> str:
        return f"fps={self.fps:.6g},scale={self.width}:{self.height}:flags=bicubic,setsar=1"


def _plays_everywhere(clip: Clip) -> bool:
    even = clip.width % 2 == 0 and clip.height % 2 == 0
    plain = even and not clip.rotated
    return (
        plain
        and clip.container == "mp4"
        and clip.codec == "avc1"
        and clip.profile in PLAYABLE_PROFILES
    )
