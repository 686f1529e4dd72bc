"""Makes the GIF of a clip, and makes it again with less where it grows too large."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.media import ffmpeg
from core.media.clip import Clip
from core.media.colour import RGB
from core.media.decode import DECODE_LIMITS
from core.media.footage import MINUTE, Footage, footage
from core.media.gif import denoise as grain
from core.media.gif import encode as giffile
from core.media.gif import palette
from core.media.gif.frame_delta import Look, Painter
from core.media.gif.raw_frames import Planes, Shape, read_frames, shape_of
from core.system.atomic_file import replacing

# Ten is a little over one step of the five-bit table.
FINE = Look(colours=palette.COLOURS, dither=10, near=3, far=6)
CALM = Look(colours=palette.COLOURS, dither=6, near=5, far=8)
"""For a grainy clip, of which the grain is taken out first: a third to three quarters the bytes."""
SMALL = Look(colours=128, dither=6, near=6, far=8)
"""About a fifth fewer bytes than `FINE`, and two decibels less like the clip (bench/gif.py)."""
LEAST = Look(colours=80, dither=4, near=8, far=10)
"""Another fifth fewer, and two more decibels."""
FAINT = Look(colours=72, dither=3, near=9, far=11)
"""The last at the full rate; what is still too large shows every second frame, and so on."""

HALVINGS = 4
"""How often the rate is halved before a GIF is kept however large it is."""

GRAIN = 1.5, 20.0
"""What is taken out, of 255: less is held back by `Look.far`, and more is the picture itself."""

MOST_BYTES = 2_200_000
"""Of a preview: a larger GIF is made again, with less."""

WIDTH = 416
FPS = 10
WIDTHS = range(160, 961, 2)
RATES = 4.0, 25.0


@dataclass(frozen=True, kw_only=True)
class Gif:
    """A finished GIF: pixels, pictures a second, how many are stored, and bytes.

    Fewer pictures are stored than shown where nothing moved.
    """

    width: int
    height: int
    fps: float
    frames: int
    size_bytes: int


def make_gif(
    video: Path,
    target: Path,
    *,
    width: int = WIDTH,
    fps: float = FPS,
    most: float = math.inf,
) -> Gif:
    """Write the clip as a GIF that loops for ever; `width` is that of its longer side.

    With more than `most` bytes it is written again, without its grain, with fewer colours, less
    movement and at last fewer frames.
    It is never larger than the clip, and ends where its frames fill `frames.MEMORY_LIMIT`. Raises
    `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    with footage(video) as film:
        shape = gif_shape(film.clip, width=width, fps=fps)
        wanted = [*film.only_pictures, "-vf", filters(film, shape), *shape.output]
        source = film.source(seconds=min(shape.seconds, MINUTE))
        with ffmpeg.reading([*source, *wanted], limits=DECODE_LIMITS) as pipe:
            frames = read_frames(pipe, shape)
    return write_gif(frames, target, shape, most)


def filters(film: Footage, shape: Shape) -> str:
    """Return ffmpeg's filters that make the GIF's frames."""
    return film.filters((shape.width, shape.height), RGB, fps=shape.fps, kernel="lanczos")


def gif_shape(clip: Clip, *, width: int, fps: float) -> Shape:
    """Return the size and rate of the clip's GIF. Raises `MediaError`."""
    if width not in WIDTHS or not RATES[0] <= fps <= RATES[1]:
        raise MediaError("A GIF is 160 to 960 pixels wide, an even number, with 4 to 25 frames/s.")
    return shape_of(clip, side=width, fps=fps)


def write_gif(frames: list[Planes], target: Path, shape: Shape, most: float = math.inf) -> Gif:
    """Write raw frames as a GIF, of about `most` bytes at most. Raises `StorageError`.

    `frames` may lose their grain on the way.
    """
    with replacing(target) as part:
        for look in _looks(frames):
            with contextlib.suppress(_TooLargeError):
                return _write(frames, part, look, shape, most)
        for halved in range(1, HALVINGS):
            with contextlib.suppress(_TooLargeError):
                return _write_thinned(frames, part, shape, 2**halved, most)
        return _write_thinned(frames, part, shape, 2**HALVINGS, math.inf)


def _looks(frames: list[Planes]) -> Iterator[Look]:
    """Yield what is tried, the finest first; after that one `frames` have no grain any more."""
    yield FINE
    found = grain.measure(frames)
    if GRAIN[0] <= found.max() <= GRAIN[1]:
        # In place, since a minute of frames takes a quarter of a gigabyte
        for number, frame in enumerate(grain.without(frames, found)):
            frames[number] = frame
        yield CALM
    yield from (SMALL, LEAST, FAINT)


def _write_thinned(frames: list[Planes], part: Path, shape: Shape, every: int, most: float) -> Gif:
    """Write every so manieth frame, each for so much longer."""
    kept = frames[::every]
    # Their own rate, that the last one ends when the clip does
    fps = shape.fps * len(kept) / len(frames)
    return _write(kept, part, LEAST, replace(shape, fps=fps), most)


class _TooLargeError(Exception):
    """The GIF has more bytes than it may have."""


def _write(frames: Sequence[Planes], part: Path, look: Look, shape: Shape, most: float) -> Gif:
    colours = palette.choose(frames, look.colours)
    pictures = 0
    with part.open("wb") as file:
        file.write(giffile.head(shape.width, shape.height, colours))
        for change in _changes(frames, palette.table(colours), look, shape.fps):
            file.write(change)
            pictures += 1
            if file.tell() > most:
                raise _TooLargeError
        file.write(giffile.END)
        size = file.tell()
    return Gif(
        width=shape.width, height=shape.height, fps=shape.fps, frames=pictures, size_bytes=size
    )


def _changes(
    frames: Sequence[Planes], table: NDArray[np.uint8], look: Look, fps: float
) -> Iterator[bytes]:
    """Yield the encoded changes; a frame without any lengthens the one before it."""
    painter = Painter(frames[0], table, look)
    waiting, since = painter.first(), 0
    for number, frame in enumerate(frames[1:], start=1):
        change = painter.next(frame)
        if change is None:
            continue
        yield waiting.encoded(_moment(number, fps) - _moment(since, fps))
        waiting, since = change, number
    yield waiting.encoded(_moment(len(frames), fps) - _moment(since, fps))


def _moment(number: int, fps: float) -> int:
    """Return when a frame begins, in hundredths of a second, the only times a GIF has."""
    return round(100 * number / fps)
