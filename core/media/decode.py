"""The one safe way to hand a video to ffmpeg, and the limits that it must meet before.

A playlist that is named `.mp4` makes ffmpeg open the files that it lists, and a protocol whitelist
alone does not stop that: the demuxer is therefore always forced by the file's first bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnsafeMedia
from core.media import decoders, ffmpeg
from core.media.clip import Clip
from core.media.mp4.boxes import NO_CLIP
from core.media.mp4.probe import probe
from core.media.sniff import read_head, sniff

THREADS = 2


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a video may be at most before any of it is decoded."""

    size_bytes: int = 200_000_000
    seconds: float = 60.0
    fps: float = 60.0
    pixels: int = 1920 * 1920


RESULT_BOUNDS = Bounds(size_bytes=2 * 2**30, pixels=4096 * 2304, fps=math.inf, seconds=math.inf)
"""For what a provider made: some make 4K. However long it is, only a minute of it is decoded."""

DECODE_LIMITS = ffmpeg.Limits(wall=120.0, cpu=120, memory=3 * 2**30, output=200_000_000)
"""Half a minute of processor does for a minute of HD; 4K of 60 frames a second takes four times."""


def check(path: Path, bounds: Bounds) -> Clip:
    """Return the probed clip where it may be decoded. Raises `UnsafeMedia` and `StorageError`."""
    clip = probe(path)
    if not clip.whole and not clip.is_empty:
        raise UnsafeMedia("The video is cut off: copy or download it again.")
    if not clip.frames or not clip.width or not clip.height:
        raise UnsafeMedia("The file has no pictures in it: choose another video.")
    for much, most, words in (
        (clip.size_bytes / 1e6, bounds.size_bytes / 1e6, "{:.0f} MB large; {:.0f} MB"),
        (clip.seconds, bounds.seconds, "{:.0f} s long; {:.0f} s"),
        (clip.fps, bounds.fps * 1.01, "at {:.0f} frames a second; {:.0f}"),
        (clip.width * clip.height / 1e6, bounds.pixels / 1e6, "of {:.1f} megapixels; {:.1f}"),
    ):
        if much > most:
            raise UnsafeMedia(f"The video is {words.format(much, most)} is the most that is taken.")
    return clip


def source_arguments(
    path: Path, *, seconds: float, bounds: Bounds, threads: int = THREADS
) -> list[str]:
    """Return ffmpeg's arguments up to `-i`: forced demuxer, whitelists and limits.

    At most `seconds` are read, and decoded by so many `threads`. Raises `UnsafeMedia` and
    `StorageError`.
    """
    kind = sniff(read_head(path))
    if kind not in ("mov", "matroska"):
        raise UnsafeMedia(NO_CLIP)
    # The coder's grid of 16 pixels may stick out of the picture
    most = ["-max_pixels", str(bounds.pixels * 9 // 8), "-t", f"{seconds:.3f}"]
    return [
        *ffmpeg.SAFE_INPUT,
        "-codec_whitelist",
        decoders.ALL,
        *most,
        *("-threads", str(threads)),
        "-f",
        kind,
        "-i",
        f"file:{path.absolute()}",
    ]


PICTURES_ONLY = ("-map", "0:v:0", "-an", "-sn", "-dn")
"""Output arguments: the first track of pictures and nothing else."""
