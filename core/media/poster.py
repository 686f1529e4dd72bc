"""Makes a clip's still picture: the first frame that is not black, as a JPEG."""

from __future__ import annotations

from pathlib import Path

from core.errors import MediaError
from core.media import ffmpeg
from core.media.clip import Clip
from core.media.decode import DECODE_LIMITS, PICTURES_ONLY, RESULT_BOUNDS, check, source_arguments
from core.media.frames import fitted
from core.media.writing import replacing

WIDTH = 832
DARK_SECONDS = 3.0
"""How far into the clip a frame is looked for that is not black."""

JPEG = (
    *("-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"),
    *("-threads", "1", "-f", "image2"),
)

NOT_BLACK = (
    "blackframe=amount=0:threshold=24,metadata=select:"
    "key=lavfi.blackframe.pblack:value=98:function=less"
)
"""Ffmpeg's filters that let through only frames of which two hundredths or more are lit."""


def make_poster(video: Path, target: Path) -> Path:
    """Write the poster, at most `WIDTH` pixels wide, and return `target`.

    Raises `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    clip = check(video, RESULT_BOUNDS)
    try:
        _write(video, target, f"{NOT_BLACK},{scaling(clip)}")
    except MediaError:  # all black, it seems: then the very first frame is as good as any
        _write(video, target, scaling(clip))
    return target


def scaling(clip: Clip) -> str:
    """Return ffmpeg's filter that makes the poster's size."""
    width, height = fitted(clip.width, clip.height, WIDTH / clip.width)
    return f"scale={width}:{height}:flags=bicubic,setsar=1"


def _write(video: Path, target: Path, filters: str) -> None:
    # Two threads would decode two frames before either is let out, and most often one is enough
    source = source_arguments(video, seconds=DARK_SECONDS, bounds=RESULT_BOUNDS, threads=1)
    with replacing(target) as part:
        ffmpeg.run([*source, *PICTURES_ONLY, "-vf", filters, *output(part)], limits=DECODE_LIMITS)
        if not part.exists():
            raise MediaError("The video has no picture that can be shown: choose another one.")


def output(part: Path) -> list[str]:
    """Return ffmpeg's arguments that write one JPEG at `part`."""
    return [*JPEG, "-update", "1", f"file:{part.absolute()}"]
