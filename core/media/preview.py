"""Makes a clip's small animated WebP, which lists show in place of the video."""

from __future__ import annotations

from pathlib import Path

from core.errors import MediaError
from core.media import ffmpeg
from core.media.colour import WEBP
from core.media.decode import DECODE_LIMITS
from core.media.footage import Footage, footage
from core.media.gif.raw_frames import shape_of
from core.system.atomic_file import replacing

SIDE = 320
FPS = 8
SECONDS = 12.0
"""A longer clip shows its beginning: lists must stay light."""

ENCODER = ("-c:v", "libwebp_anim", "-lossless", "0", "-q:v", "15", "-compression_level", "2")


def make_preview(video: Path, target: Path) -> Path:
    """Write the preview, `SIDE` pixels on its longer side, which loops for ever.

    Returns `target`. Raises `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    with footage(video) as film, replacing(target) as part:
        wanted = [*film.only_pictures, "-vf", filters(film), *output(part)]
        ffmpeg.run([*film.source(seconds=SECONDS), *wanted], limits=DECODE_LIMITS)
        if not part.exists() or not part.stat().st_size:
            raise MediaError("The video has no pictures that can be decoded: choose another one.")
    return target


def filters(film: Footage) -> str:
    """Return ffmpeg's filters that make the preview's size and rate."""
    shape = shape_of(film.clip, side=SIDE, fps=FPS)
    return film.filters((shape.width, shape.height), WEBP, fps=FPS)


def output(part: Path) -> list[str]:
    """Return ffmpeg's arguments that write the WebP at `part`."""
    end = ["-t", f"{SECONDS:g}", "-loop", "0", "-f", "webp"]
    return [*ENCODER, *end, f"file:{part.absolute()}"]
