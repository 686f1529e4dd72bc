"""The small animated preview that lists show, against the GIF of the same clip: time and bytes."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from common.clips import FPS, WIDTH, make_clips
from common.table import Report, Row, Target, main, middle_of
from common.timing import in_turn

from core.media import make_gif, make_preview

ROUNDS = 5


def row(name: str, clip: Path, rounds: int) -> Row:
    preview, gif = clip.with_suffix(".webp"), clip.with_suffix(".gif")
    ways = {
        "preview": partial(make_preview, clip, preview),
        "gif": partial(make_gif, clip, gif, width=WIDTH, fps=FPS),
    }
    spent = {way: min(times) for way, times in in_turn(ways, rounds).items()}
    return {
        "clip": name,
        "preview, s": spent["preview"],
        "GIF, s": spent["gif"],
        "preview, kB": preview.stat().st_size / 1000,
        "GIF, kB": gif.stat().st_size / 1000,
    }


def measure(*, brief: bool) -> Report:
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder:
        clips = make_clips(Path(folder), brief=brief)
        rows = [row(name, clip, 1 if brief else ROUNDS) for name, clip in clips.items()]

    median = partial(middle_of, rows)
    theirs = f"the GIF: {median('GIF, kB'):.0f} kB, {median('GIF, s'):.2f} s"
    goals = [
        Target(
            what="preview, median",
            figure=median("preview, kB"),
            limit=100.0,
            unit="kB",
            against=theirs,
        ),
        Target(
            what="preview, median",
            figure=median("preview, s"),
            limit=0.35,
            unit="s",
            against=theirs,
        ),
    ]
    return Report(title="The animated preview", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    main("The animated preview", measure)
