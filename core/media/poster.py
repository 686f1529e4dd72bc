"""Makes a clip's still picture: the first frame that shows something, as a JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import MediaError
from core.media import ffmpeg
from core.media.colour import JPEG, RGB
from core.media.decode import DECODE_LIMITS
from core.media.footage import Footage, footage
from core.media.gif.raw_frames import Planes, Shape, fitted, read_frames, shape_of
from core.system.atomic_file import replacing

WIDTH = 832

LOOK_SECONDS, LOOK_FPS, LOOK_SIDE = 12.0, 5.0, 64
"""How much of the clip is looked at for a first frame that shows something."""

EMPTY = 24
"""A frame whose lights and darks lie no further apart, of 255, shows nothing: black, or a fog."""

ENOUGH = 0.9
"""The share of the fullest frame's contrast at which a fade is over, or nearly."""

ENCODER = (
    *("-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4"),
    *("-threads", "1", "-f", "image2"),
)


def make_poster(video: Path, target: Path) -> Path:
    """Write the poster, at most `WIDTH` pixels wide, and return `target`.

    Raises `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    with footage(video) as film:
        write_poster(film, target, start=_begins(film))
    return target


def write_poster(film: Footage, target: Path, *, start: float) -> None:
    """Write the frame that stands so many seconds into the clip. Raises as `make_poster`."""
    # Two threads would decode two frames before either is let out, and most often one is enough
    source = film.source(seconds=LOOK_SECONDS, start=start, threads=1)
    with replacing(target) as part:
        wanted = [*film.only_pictures, "-vf", filters(film), *output(part)]
        ffmpeg.run([*source, *wanted], limits=DECODE_LIMITS)
        if not part.exists():
            raise MediaError("The video has no picture that can be shown: choose another one.")


def filters(film: Footage) -> str:
    """Return ffmpeg's filters that make the poster's size."""
    clip = film.clip
    return film.filters(fitted(clip.width, clip.height, WIDTH / clip.width), JPEG)


def output(part: Path) -> list[str]:
    """Return ffmpeg's arguments that write one JPEG at `part`."""
    return [*ENCODER, "-update", "1", f"file:{part.absolute()}"]


def first_that_shows(frames: Sequence[Planes], fps: float) -> float:
    """Return how many seconds into the clip a frame first shows something; 0 for the first one.

    A clip that begins with nothing is looked at for `LOOK_SECONDS`.
    """
    seen = frames[: max(1, int(LOOK_SECONDS * fps))]
    if _contrast(seen[0]) > EMPTY:
        return 0.0
    contrasts = [_contrast(frame) for frame in seen]
    enough = ENOUGH * max(contrasts)
    return next(place for place, contrast in enumerate(contrasts) if contrast >= enough) / fps


def _contrast(frame: Planes) -> float:
    dark, light = np.quantile(frame[:, ::4, ::4], (0.02, 0.98))
    return float(light - dark)


def _begins(film: Footage) -> float:
    """Look at small frames for where the clip first shows something."""
    first = _small(film, seconds=1 / LOOK_FPS)
    if _contrast(first[0]) > EMPTY:
        return 0.0
    return first_that_shows(_small(film, seconds=LOOK_SECONDS), LOOK_FPS)


def _small(film: Footage, *, seconds: float) -> list[Planes]:
    shape: Shape = shape_of(film.clip, side=LOOK_SIDE, fps=LOOK_FPS)
    size = shape.width, shape.height
    wanted = [*film.only_pictures, "-vf", film.filters(size, RGB, fps=LOOK_FPS), *shape.output]
    with ffmpeg.reading([*film.source(seconds=seconds), *wanted], limits=DECODE_LIMITS) as pipe:
        return list(read_frames(pipe, shape))
