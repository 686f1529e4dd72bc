"""Makes a clip's poster, preview and GIF from a single decode; one may fail without the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from core.errors import StudioError
from core.media import ffmpeg, poster, preview
from core.media.decode import DECODE_LIMITS
from core.media.footage import MINUTE, Footage, footage
from core.media.gif import make as gif
from core.media.gif.frame_delta import Motion
from core.media.gif.make import FPS, MOST_BYTES, WIDTH, Gif, gif_shape, make_gif, write_gif
from core.media.gif.raw_frames import Shape, read_frames
from core.media.poster import make_poster
from core.media.preview import make_preview
from core.system.atomic_file import replacing
from core.system.shortage import is_shortage

T = TypeVar("T")

POSTER, PREVIEW, GIF = "poster.jpg", "preview.webp", "preview.gif"


@dataclass(frozen=True, kw_only=True)
class Previews:
    """The three files, None for one that could not be made; `problems` says why, by name."""

    poster: Path | None = None
    preview: Path | None = None
    gif: Gif | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def make_previews(video: Path, folder: Path) -> Previews:
    """Write `poster.jpg`, `preview.webp` and `preview.gif` into `folder`, which must exist.

    Raises `UnsafeMedia` and `StorageError` only for a clip that cannot be opened at all.
    """
    with footage(video) as film:
        shape = gif_shape(film.clip, width=WIDTH, fps=FPS)
        try:
            motion = _decode_once(film, shape, folder)
            if start := poster.first_that_shows(motion.frames, FPS):
                poster.write_poster(film, folder / POSTER, start=start)
        except StudioError:
            return _one_by_one(video, folder)
    problems: dict[str, str] = {}
    made = _attempt(problems, "gif", lambda: write_gif(motion, folder / GIF, shape, MOST_BYTES))
    return Previews(poster=folder / POSTER, preview=folder / PREVIEW, gif=made, problems=problems)


def _one_by_one(video: Path, folder: Path) -> Previews:
    """Try each by itself, so that each says what is wrong with it."""
    problems: dict[str, str] = {}
    return Previews(
        poster=_attempt(problems, "poster", lambda: make_poster(video, folder / POSTER)),
        preview=_attempt(problems, "preview", lambda: make_preview(video, folder / PREVIEW)),
        gif=_attempt(problems, "gif", lambda: make_gif(video, folder / GIF, most=MOST_BYTES)),
        problems=problems,
    )


def _attempt(problems: dict[str, str], name: str, make: Callable[[], T]) -> T | None:
    try:
        return make()
    except StudioError as error:
        if is_shortage(error):
            raise  # nothing is wrong with the clip: it is tried again
        problems[name] = str(error)
        return None


def _decode_once(film: Footage, shape: Shape, folder: Path) -> Motion:
    """Write poster and preview, and return what the GIF shows."""
    source = film.source(seconds=min(shape.seconds, MINUTE))
    with replacing(folder / POSTER) as still, replacing(folder / PREVIEW) as moving:
        outputs = [
            *["-map", "[gif]", *shape.output],
            *["-map", "[poster]", *poster.output(still)],
            *["-map", "[preview]", *preview.output(moving)],
        ]
        split = ["-filter_complex", _graph(film, shape)]
        with ffmpeg.reading([*source, *split, *outputs], limits=DECODE_LIMITS) as pipe:
            return Motion.of(read_frames(pipe, shape))


def _graph(film: Footage, shape: Shape) -> str:
    return (
        f"[0:{film.clip.stream}]split=3[a][b][c];"
        f"[a]{gif.filters(film, shape)}[gif];"
        f"[b]{poster.filters(film)}[poster];"
        f"[c]{preview.filters(film)}[preview]"
    )
