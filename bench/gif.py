"""Compares our GIF with Pillow's, ffmpeg's and a bare decode: time, bytes, likeness and calm.

    python bench/gif.py [--brief] [--json FILE] [CLIP ...]

Four clips are made on the spot with ffmpeg, two of them from photographs in Gradio's package.
PSNR-b compares pictures that were both blurred (σ 1.5 px), which is fair to dithering. Flicker is
the mean change in the GIF, of 255, where the source stands still: less is calmer.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import gradio
import numpy as np
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.media import ffmpeg, make_gif

WIDTH, HEIGHT, FPS = 416, 240, 10
PHOTOS = Path(gradio.__file__).parent / "media_assets" / "images"
CROP = "scale=832:480:force_original_aspect_ratio=increase,crop=832:480"
SMALL = f"fps={FPS},scale={WIDTH}:{HEIGHT}:flags=lanczos"
H264 = "-frames:v 81 -c:v libx264 -preset medium -crf 18 -pix_fmt yuv420p -movflags +faststart -an"

CLIPS = {
    # A photograph that stands still under a camera's grain, with something moving in front
    "textured": (
        f"-loop 1 -r 16 -i {PHOTOS}/cheetah1.jpg -f lavfi -i testsrc2=s=160x120:r=16",
        f"[0]{CROP},noise=alls=3:allf=t[a];[a][1]overlay=x='40*t':y=300",
    ),
    # The camera pans over a photograph
    "panning": (
        f"-loop 1 -r 16 -i {PHOTOS}/tower.jpg",
        "scale=1400:-2,crop=832:480:x='60*t':y='(ih-480)/2+20*t'",
    ),
    "synthetic": ("-f lavfi -i mandelbrot=s=832x480:r=16", "null"),
    # Every pixel is another one in each frame: the worst that there is
    "noise": ("-f lavfi -i testsrc2=s=832x480:r=16", "noise=alls=12:allf=t"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method on one clip: seconds, kB, dB, and mean change where nothing should change."""

    clip: str
    method: str
    seconds: float
    kilobytes: float = 0.0
    psnr_blurred: float = 0.0
    flicker: float = 0.0


def make_clips(folder: Path, names: list[str]) -> dict[str, Path]:
    """Write the named clips, 832×480 at 16 frames a second, 5 s."""
    for name in names:
        inputs, filters = CLIPS[name]
        arguments = [*inputs.split(), "-filter_complex", filters, *H264.split()]
        ffmpeg.run([*arguments, str(folder / f"{name}.mp4")])
    return {name: folder / f"{name}.mp4" for name in names}


def frames_of(clip: Path) -> list[Image.Image]:
    """Return the frames that every method starts from."""
    raw = ffmpeg.run(["-i", str(clip), "-vf", SMALL, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    size = 3 * WIDTH * HEIGHT
    return [
        Image.frombytes("RGB", (WIDTH, HEIGHT), raw[at : at + size])
        for at in range(0, len(raw), size)
    ]


def ours(clip: Path, target: Path) -> None:
    make_gif(clip, target, width=WIDTH, fps=FPS)


def pillow(clip: Path, target: Path) -> None:
    first, *rest = frames_of(clip)
    first.save(target, save_all=True, append_images=rest, duration=1000 // FPS, loop=0)


def palettes(clip: Path, target: Path) -> None:
    chain = (
        f"{SMALL},split[a][b];[a]palettegen=stats_mode=diff[p];"
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
    return 10 * np.log10(255**2 / np.mean(errors)), float(np.mean(flicker or [0.0]))


def measure(name: str, clip: Path, folder: Path, rounds: int) -> list[Row]:
    """Run each method on one clip, in turn, so that a busy moment hits them alike."""
    times: dict[str, list[float]] = {method: [] for method in METHODS}
    for _ in range(rounds):
        for method, make in METHODS.items():
            began = time.perf_counter()
            make(clip, folder / f"{method}.gif")
            times[method].append(time.perf_counter() - began)
    return [row(name, clip, method, min(spent), folder) for method, spent in times.items()]


def row(name: str, clip: Path, method: str, seconds: float, folder: Path) -> Row:
    if method == "decode":
        return Row(clip=name, method=method, seconds=seconds)
    gif = folder / f"{method}.gif"
    likeness, flicker = judge(frames_of(clip), shown(gif))
    return Row(
        clip=name,
        method=method,
        seconds=seconds,
        kilobytes=gif.stat().st_size / 1000,
        psnr_blurred=float(likeness),
        flicker=flicker,
    )


def report(rows: list[Row]) -> None:
    """Print the table, and how much longer the others take."""
    print(f"{'clip':12} {'method':8} {'s':>6} {'× ours':>7} {'kB':>7} {'PSNR-b':>7} {'flicker':>8}")
    own = {row.clip: row.seconds for row in rows if row.method == "ours"}
    for row in rows:
        ratio = row.seconds / own[row.clip]
        quality = f"{row.kilobytes:7.0f} {row.psnr_blurred:7.1f} {row.flicker:8.2f}"
        print(
            f"{row.clip:12} {row.method:8} {row.seconds:6.2f} {ratio:7.2f} "
            f"{quality if row.kilobytes else ''}"
        )
    for method in ("ffmpeg", "pillow"):
        ratios = [row.seconds / own[row.clip] for row in rows if row.method == method]
        print(f"median: {method} takes {statistics.median(ratios):.1f} × as long as ours")
    ratios = [own[row.clip] / row.seconds for row in rows if row.method == "decode"]
    print(f"median: ours takes {statistics.median(ratios):.1f} × as long as a bare decode")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path, help="videos to use in place of ours")
    parser.add_argument("--brief", action="store_true", help="one clip, one round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as name:
        folder = Path(name)
        names = list(CLIPS)[:1] if wanted.brief else list(CLIPS)
        clips = {path.stem: path for path in wanted.clips} or make_clips(folder, names)
        rounds = 1 if wanted.brief else 3
        rows = [one for name, clip in clips.items() for one in measure(name, clip, folder, rounds)]
    report(rows)
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(one) for one in rows], indent=2))


if __name__ == "__main__":
    main()
