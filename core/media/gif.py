"""Makes the GIF of a clip: one palette, one look-up a pixel, and still places left as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.media import ffmpeg, giffile, palette
from core.media.clip import Clip
from core.media.decode import DECODE_LIMITS, PICTURES_ONLY, RESULT_BOUNDS, check, source_arguments
from core.media.frames import Planes, Shape, read_frames, shape_of
from core.media.writing import replacing


@dataclass(frozen=True, kw_only=True)
class Look:
    """How much is kept: colours, dither, and how little a pixel may move and still stay.

    `dither` is the height of its pattern, of 255; `still` the most that a pixel may have moved in
    any channel, of 255, since it was drawn.
    """

    colours: int
    dither: int
    still: int


# Ten is a little over one step of the five-bit table.
FINE = Look(colours=palette.COLOURS, dither=10, still=4)
SMALL = Look(colours=128, dither=6, still=6)
"""About a fifth fewer bytes, and a third of a step less like the clip (bench/gif.py)."""

MOST_BYTES = 2_200_000
"""Of a preview: a larger GIF is made again, `SMALL`."""

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

    With more than `most` bytes it is written again, with fewer colours and less movement.
    It is never larger than the clip, and ends where its frames fill `frames.MEMORY_LIMIT`. Raises
    `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    shape = gif_shape(check(video, RESULT_BOUNDS), width=width, fps=fps)
    source = source_arguments(video, seconds=shape.seconds, bounds=RESULT_BOUNDS)
    wanted = [*PICTURES_ONLY, "-vf", shape.filters, *shape.output]
    with ffmpeg.reading([*source, *wanted], limits=DECODE_LIMITS) as pipe:
        frames = read_frames(pipe, shape)
    return write_gif(frames, target, shape, most)


def gif_shape(clip: Clip, *, width: int, fps: float) -> Shape:
    """Return the size and rate of the clip's GIF. Raises `MediaError`."""
    if width not in WIDTHS or not RATES[0] <= fps <= RATES[1]:
        raise MediaError("A GIF is 160 to 960 pixels wide, an even number, with 4 to 25 frames/s.")
    return shape_of(clip, side=width, fps=fps)


def write_gif(frames: Sequence[Planes], target: Path, shape: Shape, most: float = math.inf) -> Gif:
    """Write raw frames as a GIF, of about `most` bytes at most. Raises `StorageError`."""
    with replacing(target) as part:
        try:
            return _write(frames, part, FINE, shape, most)
        except _TooLargeError:
            return _write(frames, part, SMALL, shape, math.inf)


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


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one frame draws anew: indices of a box, and where the box lies."""

    indices: NDArray[np.uint8]
    left: int
    top: int

    def encoded(self, hundredths: int) -> bytes:
        """Return it as a GIF's picture, shown that long."""
        return giffile.picture(
            self.indices, left=self.left, top=self.top, hundredths=min(hundredths, 65_535)
        )


class Painter:
    """Draws frame over frame, and remembers what is on the screen and which pixels it came from."""

    def __init__(self, frame: Planes, table: NDArray[np.uint8], look: Look) -> None:
        self._table = table
        self._still = look.still
        height, width = frame.shape[1:]
        self._most, self._raise, self._less = _pattern(height, width, look.dither)
        self._drawn = frame.copy()
        self._shown = self._indices(frame)

    def first(self) -> Change:
        """Return the whole first picture."""
        return Change(indices=self._shown.copy(), left=0, top=0)

    def next(self, frame: Planes) -> Change | None:
        """Return what changes with the next frame, or None."""
        moved = np.maximum(frame, self._drawn) - np.minimum(frame, self._drawn)
        moving = np.maximum(np.maximum(moved[0], moved[1]), moved[2]) > self._still
        rows, columns = np.flatnonzero(moving.any(axis=1)), np.flatnonzero(moving.any(axis=0))
        if not len(rows):
            return None
        indices = self._indices(frame)
        np.copyto(self._drawn, frame, where=moving)
        new = moving & (indices != self._shown)
        np.copyto(self._shown, indices, where=new)
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return Change(
            indices=np.where(new[box], indices[box], np.uint8(giffile.TRANSPARENT)),
            left=int(columns[0]),
            top=int(rows[0]),
        )

    def _indices(self, frame: Planes) -> NDArray[np.uint8]:
        dithered = np.minimum(frame, self._most)
        dithered += self._raise
        np.maximum(dithered, self._less, out=dithered)
        dithered -= self._less
        return self._table.take(palette.cells(dithered))


def _pattern(height: int, width: int, dither: int) -> tuple[NDArray[np.uint8], ...]:
    """Return, per pixel: the most that can be raised, by how much, and what is then taken away."""
    order = np.zeros((1, 1))
    for _ in range(3):
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    offsets = np.floor((order + 0.5) / 64 * dither).astype(np.uint8)
    # Turned for each channel, so that colour is dithered and not light alone
    turned = np.stack([offsets, np.rot90(offsets), np.rot90(offsets, 2)])
    tiled = np.tile(turned, (1, -(-height // 8), -(-width // 8)))[:, :height, :width]
    return 255 - tiled, tiled, np.full_like(tiled, dither // 2)
