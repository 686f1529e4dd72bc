"""Compares our GIF with Pillow's, ffmpeg's and a bare decode: time, bytes, likeness and calm.

    python bench/gif.py [--brief] [--json FILE] [CLIP ...]

PSNR-b compares pictures that were both blurred (σ 1.5 px), which is fair to dithering. Flicker is
the mean change in the GIF, of 255, where the source stands still: less is calmer.

All sides but the bare decode get the clip's exact colours. By default ffmpeg makes RGB of video by
a shorter way, half of the colour's width and one or two levels too dark: 43 to 48 dB beside the
same made with 16 bits, where the exact way has 63 to 67.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common.clips import FPS, HEIGHT, SMALL, WIDTH, make_clips
from common.table import Report, Row, Target, finish, middle, options
from common.timing import in_turn
from PIL import Image, ImageFilter

from core.media import ffmpeg, make_gif
from core.media.gif import MOST_BYTES

ROUNDS = 5
EXACT = f"{SMALL}+accurate_rnd+full_chroma_int"


def ours(clip: Path, target: Path) -> None:
    make_gif(clip, target, width=WIDTH, fps=FPS, most=MOST_BYTES)


def pillow(clip: Path, target: Path) -> None:
    first, *rest = stills(clip)
    first.save(target, save_all=True, append_images=rest, duration=1000 // FPS, loop=0)


def palettes(clip: Path, target: Path) -> None:
    chain = (
        f"{EXACT},split[a][b];[a]palettegen=stats_mode=diff[p];"
        "[b][p]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle"
    )
    ffmpeg.run(["-i", str(clip), "-filter_complex", chain, "-f", "gif", str(target)])


def decode(clip: Path, _target: Path) -> None:
    ffmpeg.run(["-i", str(clip), "-f", "null", "-"])


METHODS: dict[str, Callable[[Path, Path], None]] = {
    "ours": ours,
    "ffmpeg": palettes,
    "pillow": pillow,
    "decode": decode,
}


def stills(clip: Path) -> list[Image.Image]:
    """Return the frames that are compared with, in their exact colours."""
    raw = ffmpeg.run(["-i", str(clip), "-vf", EXACT, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    size = 3 * WIDTH * HEIGHT
    return [
        Image.frombytes("RGB", (WIDTH, HEIGHT), raw[at : at + size])
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


def judge(source: list[Image.Image], made: list[Image.Image]) -> tuple[float, float]:
    """Return the blurred PSNR in dB, and the flicker."""
    pairs = list(zip(source, made, strict=False))
    errors = [np.mean((blurred(ours_) - blurred(theirs)) ** 2) for ours_, theirs in pairs]
    flicker = []
    for (before, was), (after, became) in itertools.pairwise(pairs):
        still = np.abs(np.int16(before) - np.int16(after)).max(axis=2) <= 2
        moved = np.abs(np.int16(was) - np.int16(became)).mean(axis=2)
        if still.any():
            flicker.append(moved[still].mean())
    return float(10 * np.log10(255**2 / np.mean(errors))), float(np.mean(flicker or [0.0]))


def rows_of(name: str, clip: Path, folder: Path, rounds: int) -> list[Row]:
    """Return one row for each method on one clip."""
    made = {method: folder / f"{method}.gif" for method in METHODS}
    ways = {method: partial(make, clip, made[method]) for method, make in METHODS.items()}
    spent = {method: min(times) for method, times in in_turn(ways, rounds).items()}
    return [
        {"clip": name, "method": method, "s": seconds, "× ours": seconds / spent["ours"]}
        | quality(clip, made[method])
        for method, seconds in spent.items()
    ]


def quality(clip: Path, gif: Path) -> dict[str, Any]:
    if not gif.exists():
        return {}
    likeness, flicker = judge(stills(clip), shown(gif))
    return {"kB": gif.stat().st_size / 1000, "PSNR-b": likeness, "flicker": flicker}


def targets(rows: list[Row]) -> Iterator[Target]:
    """Yield what issue 5 asks of the GIF; medians are over the clips, as are those of bytes."""
    by = {(row["clip"], row["method"]): row for row in rows}
    clips = list(dict.fromkeys(row["clip"] for row in rows))

    def times(method: str) -> list[float]:
        return [by[clip, method]["× ours"] for clip in clips]

    def against(name: str, count: Callable[[float, float], float]) -> list[float]:
        return [count(by[clip, "ours"][name], by[clip, "ffmpeg"][name]) for clip in clips]

    faster = {"unit": "×", "at_least": True}
    yield Target(
        what="faster than Pillow, median", figure=middle(times("pillow")), limit=6.0, **faster
    )
    yield Target(
        what="faster than ffmpeg, median", figure=middle(times("ffmpeg")), limit=1.5, **faster
    )
    floor = middle([1 / ratio for ratio in times("decode")])
    yield Target(what="against a bare decode, median", figure=floor, limit=3.5, unit="×")
    largest = max(by[clip, "ours"]["kB"] / 1000 for clip in clips)
    yield Target(what="largest GIF", figure=largest, limit=2.2, unit="MB")
    better = min(against("PSNR-b", lambda mine, theirs: mine - theirs))
    what = "blurred PSNR above ffmpeg's, worst clip"
    yield Target(what=what, figure=better, limit=0.0, unit="dB", at_least=True)
    calmer = max(against("flicker", lambda mine, theirs: mine / theirs if theirs else 0.0))
    yield Target(what="flicker against ffmpeg's, worst clip", figure=calmer, limit=0.5, unit="×")


def measure(*, brief: bool, videos: list[Path]) -> Report:
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as name:
        folder = Path(name)
        clips = {path.stem: path for path in videos} or make_clips(folder, brief=brief)
        rounds = 1 if brief else ROUNDS
        rows = [row for stem, clip in clips.items() for row in rows_of(stem, clip, folder, rounds)]
    return Report(title="The GIF", rows=rows, targets=list(targets(rows)), brief=brief)


if __name__ == "__main__":
    parser = options("The GIF")
    parser.add_argument("clips", nargs="*", type=Path, help="videos to use in place of ours")
    wanted = parser.parse_args()
    finish(measure(brief=wanted.brief, videos=wanted.clips))
