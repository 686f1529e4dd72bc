"""Compares our GIF with Pillow's, ffmpeg's and a bare decode: time, bytes, likeness and calm.

    python bench/gif.py [--brief] [--json FILE] [CLIP ...]

Four clips are made on the spot, and films that nobody here made come from packages. A CLIP is one
of their names (`panning`, `bikes`), or any video's path, of any shape. All take minutes.
PSNR-b compares pictures that were both blurred (σ 1.5 px), which is fair to dithering. Flicker is
the mean change in the GIF, of 255, where the source changes by no more than 2, 5 or 8: less is
calmer. At 2 that is the threshold of our own painter, which flatters it; 5 is what is judged.

`ffmpeg` and Pillow get the clip's exact colours; `ffmpeg, plain` is what people usually run. By
default ffmpeg makes RGB of video by a shorter way, half of the colour's width and one or two levels
too dark: 43 to 48 dB beside the same made with 16 bits, where the exact way has 63 to 67.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common.clips import CLIPS, FPS, WIDTH, make_clips
from common.real import real_films
from common.table import Report, Row, Target, finish, middle, options
from common.timing import in_turn
from PIL import Image, ImageFilter

from core.media import ffmpeg, make_gif
from core.media.colour import RGB
from core.media.footage import footage
from core.media.gif.make import MOST_BYTES
from core.media.gif.raw_frames import shape_of

ROUNDS = 3
MASKS = (2, 5, 8)


@dataclass(frozen=True)
class Film:
    """A clip, the size of its GIFs, and ffmpeg's filters that make their exact and plain frames."""

    path: Path
    width: int
    height: int
    exact: str
    plain: str

    @classmethod
    def of(cls, path: Path) -> Film:
        with footage(path) as film:
            shape = shape_of(film.clip, side=WIDTH, fps=FPS)
            size = shape.width, shape.height
            exact = film.filters(size, RGB, fps=FPS, kernel="lanczos")
        plain = f"fps={FPS},scale={shape.width}:{shape.height}:flags=lanczos"
        return cls(path, *size, exact, plain)


def ours(film: Film, target: Path) -> None:
    make_gif(film.path, target, width=WIDTH, fps=FPS, most=MOST_BYTES)


def pillow(film: Film, target: Path) -> None:
    first, *rest = stills(film)
    first.save(target, save_all=True, append_images=rest, duration=1000 // FPS, loop=0)


def palettes(film: Film, target: Path, filters: str) -> None:
    chain = (
        f"{filters},split[a][b];[a]palettegen=stats_mode=diff[p];"
        "[b][p]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle"
    )
    ffmpeg.run(["-i", str(film.path), "-filter_complex", chain, "-f", "gif", str(target)])


def exact(film: Film, target: Path) -> None:
    palettes(film, target, film.exact)


def plain(film: Film, target: Path) -> None:
    palettes(film, target, film.plain)


def decode(film: Film, _target: Path) -> None:
    ffmpeg.run(["-i", str(film.path), "-an", "-f", "null", "-"])


METHODS: dict[str, Callable[[Film, Path], None]] = {
    "ours": ours,
    "ffmpeg": exact,
    "ffmpeg, plain": plain,
    "pillow": pillow,
    "decode": decode,
}


def stills(film: Film) -> list[Image.Image]:
    """Return the frames that are compared with, in their exact colours."""
    wanted = ["-an", "-vf", film.exact, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = ffmpeg.run(["-i", str(film.path), *wanted])
    size = 3 * film.width * film.height
    return [
        Image.frombytes("RGB", (film.width, film.height), raw[at : at + size])
        for at in range(0, len(raw), size)
    ]


def shown(gif: Path) -> list[Image.Image]:
    """Return what is on the screen at each tenth of a second."""
    frames = []
    with Image.open(gif) as image:
        ended = 0
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            ended += image.info["duration"]
            while len(frames) * 1000 // FPS < ended:
                frames.append(image.convert("RGB"))
    return frames


def blurred(image: Image.Image) -> np.ndarray:
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)), np.float32)


def judge(source: list[Image.Image], made: list[Image.Image]) -> dict[str, float]:
    """Return the blurred PSNR in dB, and the flicker at each of the masks."""
    pairs = list(zip(source, made, strict=False))
    errors = [np.mean((blurred(ours_) - blurred(theirs)) ** 2) for ours_, theirs in pairs]
    flicker: dict[int, list[float]] = {mask: [] for mask in MASKS}
    for (before, was), (after, became) in itertools.pairwise(pairs):
        changed = np.abs(np.int16(before) - np.int16(after)).max(axis=2)
        moved = np.abs(np.int16(was) - np.int16(became)).mean(axis=2)
        for mask, found in flicker.items():
            if (changed <= mask).any():
                found.append(float(moved[changed <= mask].mean()))
    calm = {f"flicker {mask}": float(np.mean(found or [0.0])) for mask, found in flicker.items()}
    return {"PSNR-b": float(10 * np.log10(255**2 / np.mean(errors)))} | calm


def rows_of(name: str, clip: Path, folder: Path, rounds: int) -> list[Row]:
    """Return one row for each method on one clip."""
    film = Film.of(clip)
    made = {method: folder / f"{method}.gif" for method in METHODS}
    ways = {method: partial(make, film, made[method]) for method, make in METHODS.items()}
    spent = {method: min(times) for method, times in in_turn(ways, rounds).items()}
    source = stills(film)
    return [
        {"clip": name, "method": method, "s": seconds, "× ours": seconds / spent["ours"]}
        | quality(source, made[method])
        for method, seconds in spent.items()
    ]


def quality(source: list[Image.Image], gif: Path) -> dict[str, Any]:
    if not gif.exists():
        return {}
    return {"kB": gif.stat().st_size / 1000} | judge(source, shown(gif))


def targets(rows: list[Row], real: frozenset[str]) -> Iterator[Target]:
    """Yield what issue 9 asks of the GIF, over all clips and over those that nobody here made."""
    by = {(row["clip"], row["method"]): row for row in rows}
    clips = list(dict.fromkeys(row["clip"] for row in rows))

    def times(method: str, among: list[str]) -> list[float]:
        return [by[clip, method]["× ours"] for clip in among]

    def against(name: str, count: Callable[[float, float], float]) -> list[float]:
        return [count(by[clip, "ours"][name], by[clip, "ffmpeg"][name]) for clip in clips]

    faster = {"unit": "×", "at_least": True}
    for kind, among in (("", clips), (", films of others", [c for c in clips if c in real])):
        if among:
            figure = middle(times("ffmpeg", among))
            yield Target(
                what=f"faster than ffmpeg, median{kind}", figure=figure, limit=2.0, **faster
            )
    for method in ("ffmpeg", "ffmpeg, plain"):
        figure = min(times(method, clips))
        yield Target(what=f"faster than {method}, worst clip", figure=figure, limit=1.0, **faster)
    figure = middle(times("pillow", clips))
    yield Target(what="faster than Pillow, median", figure=figure, limit=6.0, **faster)
    floor = middle([1 / ratio for ratio in times("decode", clips)])
    yield Target(what="against a bare decode, median", figure=floor, limit=3.5, unit="×")
    largest = max(by[clip, "ours"]["kB"] / 1000 for clip in clips)
    yield Target(what="largest GIF", figure=largest, limit=2.2, unit="MB")
    better = min(against("PSNR-b", lambda mine, theirs: mine - theirs))
    what = "blurred PSNR above ffmpeg's, worst clip"
    yield Target(what=what, figure=better, limit=-0.3, unit="dB", at_least=True)
    calmer = max(against("flicker 5", lambda mine, theirs: mine / theirs if theirs else 0.0))
    what = "flicker against ffmpeg's at a mask of 5, worst clip"
    yield Target(what=what, figure=calmer, limit=0.5, unit="×")


def chosen(names: list[str], folder: Path, *, brief: bool) -> tuple[dict[str, Path], set[str]]:
    """Return the clips that are asked for, by name, and which of them nobody here made."""
    found = {Path(name).stem: Path(name) for name in names if Path(name).is_file()}
    wanted = [name for name in names if not Path(name).is_file()]
    films = {} if brief and not wanted else real_films()
    if not names:
        made = make_clips(folder, brief=brief)
        return made | films, set(films)
    real = {film: path for film, path in films.items() if any(name in film for name in wanted)}
    ours_ = [clip for clip in CLIPS if clip in wanted]
    if unknown := [name for name in wanted if name not in CLIPS and name not in " ".join(real)]:
        raise SystemExit(f"{unknown[0]} is neither a file nor one of {', '.join([*CLIPS, *films])}")
    return (make_clips(folder, ours_) if ours_ else {}) | real | found, set(real)


def measure(*, brief: bool, names: list[str]) -> Report:
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as name:
        folder = Path(name)
        clips, real = chosen(names, folder, brief=brief)
        rounds = 1 if brief else ROUNDS
        rows = [row for stem, clip in clips.items() for row in rows_of(stem, clip, folder, rounds)]
    goals = list(targets(rows, frozenset(real)))
    return Report(title="The GIF", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    parser = options("The GIF")
    parser.add_argument("clips", nargs="*", metavar="CLIP", help="these alone, by name or path")
    wanted = parser.parse_args()
    finish(measure(brief=wanted.brief, names=wanted.clips))
