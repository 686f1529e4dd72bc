"""The small animated preview that lists show, against the GIF of the same clip: time and bytes.

The clips are those of `gif.py`, the films that nobody here made among them.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from common.clips import FPS, WIDTH, make_clips
from common.real import real_films
from common.table import Report, Row, Target, main, middle_of
from common.timing import in_turn

from core.media import make_gif, make_preview

ROUNDS = 5


def row(name: str, clip: Path, folder: Path, rounds: int) -> Row:
    preview, gif = folder / "preview.webp", folder / "preview.gif"
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
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as name:
        folder, real = Path(name), {} if brief else real_films()
        clips = make_clips(folder, brief=brief) | real
        rounds = 1 if brief else ROUNDS
        rows = [row(clip, path, folder, rounds) for clip, path in clips.items()]

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
    if films := [row for row in rows if row["clip"] in real]:
        what, figure = "preview, median of others' films", middle_of(films, "preview, kB")
        goals.append(Target(what=what, figure=figure, limit=100.0, unit="kB"))
    return Report(title="The animated preview", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    main("The animated preview", measure)
