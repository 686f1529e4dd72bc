"""Makes the GIF of a clip, with less where it would grow too large."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.errors import MediaError
from core.media import ffmpeg
from core.media.clip import Clip
from core.media.colour import RGB
from core.media.decode import DECODE_LIMITS
from core.media.footage import MINUTE, Footage, footage
from core.media.gif import denoise as grain
from core.media.gif import encode as giffile
from core.media.gif.diffusion import Paint, indexed
from core.media.gif.forecast import Room, forecast
from core.media.gif.frame_delta import Mask, Motion, Screen, soon
from core.media.gif.look import LIMIT, Look, spared
from core.media.gif.raw_frames import Planes, Shape, read_frames, shape_of
from core.system.atomic_file import replacing

HALVINGS = 4
"""How often the rate is halved before a GIF is kept however large it is."""

LEARNT, AT_LEAST = 0.4, 0.15
"""After a GIF that is too large so much more is spared for each 1 in the logarithm of its bytes,
and at the least so much; twice that the next time."""

TOGETHER = 4_000_000
"""Pixels of the frames that are reduced to colours together, so that memory stays small."""

GRAIN = 1.5, 20.0
"""What is taken out, of 255: less costs few bytes, and more is the picture itself."""

GRAINY = 1.2
"""With so much to be spared, a clip's grain goes before its colours do."""

MOST_BYTES = 2_200_000
"""Of a preview."""

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

    Where more than `most` bytes are foretold, or come, it has fewer colours and longer runs of
    each, no grain, and at last fewer frames.
    It is never larger than the clip, and ends where its frames fill `frames.MEMORY_LIMIT`. Raises
    `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    with footage(video) as film:
        shape = gif_shape(film.clip, width=width, fps=fps)
        wanted = [*film.only_pictures, "-vf", filters(film, shape), *shape.output]
        source = film.source(seconds=min(shape.seconds, MINUTE))
        with ffmpeg.reading([*source, *wanted], limits=DECODE_LIMITS) as pipe:
            motion = Motion.of(read_frames(pipe, shape))
    return write_gif(motion, target, shape, most)


def filters(film: Footage, shape: Shape) -> str:
    """Return ffmpeg's filters that make the GIF's frames."""
    return film.filters((shape.width, shape.height), RGB, fps=shape.fps, kernel="lanczos")


def gif_shape(clip: Clip, *, width: int, fps: float) -> Shape:
    """Return the size and rate of the clip's GIF. Raises `MediaError`."""
    if width not in WIDTHS or not RATES[0] <= fps <= RATES[1]:
        raise MediaError("A GIF is 160 to 960 pixels wide, an even number, with 4 to 25 frames/s.")
    return shape_of(clip, side=width, fps=fps)


def write_gif(motion: Motion, target: Path, shape: Shape, most: float = math.inf) -> Gif:
    """Write raw frames as a GIF, of about `most` bytes at most. Raises `StorageError`.

    They may lose their grain on the way.
    """
    with replacing(target) as part:
        for halved in range(HALVINGS + 1):
            work = _Work(part, *_thinned(motion, shape, 2**halved))
            with contextlib.suppress(_TooLargeError):
                return work.within(most if halved < HALVINGS else math.inf)
    raise AssertionError  # the last one is kept however large it is


def _thinned(motion: Motion, shape: Shape, every: int) -> tuple[Motion, Shape]:
    """Return every so manieth frame, to be shown for so much longer."""
    if every == 1:
        return motion, shape
    kept = motion.frames[::every]
    # Their own rate, that the last one ends when the clip does
    slower = replace(shape, fps=shape.fps * len(kept) / len(motion.frames))
    return Motion.of(kept), slower


def _lose_grain(frames: list[Planes]) -> bool:
    """Take the grain out of the frames, and tell whether they had any."""
    found = grain.measure(frames)
    if not GRAIN[0] <= found.max() <= GRAIN[1]:
        return False
    # In place, since a minute of frames takes a quarter of a gigabyte
    for number, frame in enumerate(grain.without(frames, found)):
        frames[number] = frame
    return True


class _TooLargeError(Exception):
    """The GIF would have `times` as many bytes as it may have."""

    def __init__(self, times: float) -> None:
        super().__init__(times)
        self.times = times


@dataclass
class _Work:
    """A GIF that is being written: its file, and what it shows at which size and rate."""

    part: Path
    motion: Motion
    shape: Shape

    def within(self, most: float) -> Gif:
        """Write it, sparing what is foretold, and more where that was too little."""
        spare, step = self._spare(most), AT_LEAST
        while spare < LIMIT:
            try:
                return self._write(spared(spare), most)
            except _TooLargeError as error:
                spare += max(step, math.log(error.times) / LEARNT)
                step *= 2
        return self._write(spared(LIMIT), most)

    def _spare(self, most: float) -> float:
        spare = forecast(self.motion, most)
        if spare <= GRAINY or not _lose_grain(self.motion.frames):
            return spare
        self.motion = Motion.of(self.motion.frames)
        return forecast(self.motion, most)

    def _write(self, look: Look, most: float) -> Gif:
        paint = Paint.of(self.motion.frames, look.colours, look.slack)
        moved, pictures = self.motion.at(look), 0
        room = Room(most, moved)
        with self.part.open("wb") as file:
            file.write(giffile.head(self.shape.width, self.shape.height, paint.colours))
            for number, change in self._changes(moved, paint):
                file.write(change)
                pictures += 1
                if (times := room.filled(file.tell(), number)) > 1:
                    raise _TooLargeError(times)
            file.write(giffile.END)
            return Gif(**asdict(self.shape), frames=pictures, size_bytes=file.tell())

    def _changes(self, moved: list[Mask], paint: Paint) -> Iterator[tuple[int, bytes]]:
        """Yield the encoded changes, each with the number of its frame.

        A frame without any lengthens the one before it.
        """
        screen, waiting, since, fps = Screen(), None, 0, self.shape.fps
        pictures = self._pictures(moved, paint)
        for number, (picture, mask) in enumerate(zip(pictures, moved, strict=True)):
            change = screen.show(picture, mask)
            if change is None:
                continue
            if waiting is not None:
                yield since, waiting.encoded(_moment(number, fps) - _moment(since, fps))
            waiting, since = change, number
        if waiting is not None:
            yield since, waiting.encoded(_moment(len(moved), fps) - _moment(since, fps))

    def _pictures(self, moved: list[Mask], paint: Paint) -> Iterator[giffile.Indices]:
        """Yield each frame in the palette's indices."""
        frames, fleeting = self.motion.frames, soon(moved)
        count = max(1, TOGETHER // frames[0][0].size)
        for at in range(0, len(frames), count):
            part = slice(at, at + count)
            yield from indexed(frames[part], moved[part], fleeting[part], paint)


def _moment(number: int, fps: float) -> int:
    """Return when a frame begins, in hundredths of a second, the only times a GIF has."""
    return round(100 * number / fps)
