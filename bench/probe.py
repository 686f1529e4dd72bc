"""What a clip is, and its first picture: ours against imageio_ffmpeg's and ffmpeg's."""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

import imageio_ffmpeg
from common.clips import make_clips
from common.table import Report, Row, Target, main, middle, middle_of
from common.timing import in_turn

from core.media import ffmpeg, make_poster, probe

ROUNDS = 25
FIRST = "ffmpeg's first frame, ms"


def their_metadata(clip: Path) -> object:
    with closing(imageio_ffmpeg.read_frames(str(clip))) as reading:
        return next(reading)


def their_poster(clip: Path, target: Path) -> None:
    ffmpeg.run(["-i", str(clip), "-frames:v", "1", "-q:v", "3", "-y", str(target)])


def row(name: str, clip: Path, rounds: int) -> Row:
    ways = {
        "probe": partial(probe, clip),
        "imageio_ffmpeg": partial(their_metadata, clip),
        "poster": partial(make_poster, clip, clip.with_suffix(".jpg")),
        "ffmpeg": partial(their_poster, clip, clip.with_suffix(".their.jpg")),
    }
    spent = {way: 1000 * middle(times) for way, times in in_turn(ways, rounds).items()}
    return {
        "clip": name,
        "probe, ms": spent["probe"],
        "imageio_ffmpeg, ms": spent["imageio_ffmpeg"],
        "1 /": spent["imageio_ffmpeg"] / spent["probe"],
        "poster, ms": spent["poster"],
        FIRST: spent["ffmpeg"],
        "×": spent["poster"] / spent["ffmpeg"],
    }


def measure(*, brief: bool) -> Report:
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder:
        clips = make_clips(Path(folder), brief=brief)
        rows = [row(name, clip, 2 if brief else ROUNDS) for name, clip in clips.items()]

    median = partial(middle_of, rows)
    goals = [
        Target(
            what="probe, times as fast",
            figure=median("1 /"),
            limit=50.0,
            unit="×",
            at_least=True,
            against=f"imageio_ffmpeg: {median('imageio_ffmpeg, ms'):.0f} ms",
        ),
        Target(
            what="poster",
            figure=median("×"),
            limit=1.0,
            unit="×",
            against=f"ffmpeg's first frame: {median(FIRST):.0f} ms",
        ),
    ]
    return Report(title="Probe and poster", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    main("Probe and poster", measure)
