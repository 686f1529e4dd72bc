"""Makes a clip's small animated WebP, which lists show in place of the video."""

from __future__ import annotations

from pathlib import Path

from core.errors import MediaError
from core.media import ffmpeg
from core.media.clip import Clip
from core.media.decode import DECODE_LIMITS, PICTURES_ONLY, RESULT_BOUNDS, check, source_arguments
from core.media.frames import shape_of
from core.media.writing import replacing

SIDE = 320
FPS = 8
SECONDS = 12.0
"""A longer clip shows its beginning: lists must stay light."""

WEBP = ("-c:v", "libwebp_anim", "-lossless", "0", "-q:v", "15", "-compression_level", "2")


def make_preview(video: Path, target: Path) -> Path:
    """Write the preview, `SIDE` pixels on its longer side, which loops for ever.

    Returns `target`. Raises `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    clip = check(video, RESULT_BOUNDS)
    source = source_arguments(video, seconds=SECONDS, bounds=RESULT_BOUNDS)
    with replacing(target) as part:
        wanted = [*PICTURES_ONLY, "-vf", scaling(clip), *output(part)]
        ffmpeg.run([*source, *wanted], limits=DECODE_LIMITS)
        if not part.exists() or not part.stat().st_size:
            raise MediaError("The video has no pictures that can be decoded: choose another one.")
    return target


def scaling(clip: Clip) -> str:
    """Return ffmpeg's filters that make the preview's size and rate."""
    return shape_of(clip, side=SIDE, fps=FPS).filters


def output(part: Path) -> list[str]:
    """Return ffmpeg's arguments that write the WebP at `part`."""
    end = ["-t", f"{SECONDS:g}", "-loop", "0", "-pix_fmt", "yuv420p", "-f", "webp"]
    return [*WEBP, *end, f"file:{part.absolute()}"]
