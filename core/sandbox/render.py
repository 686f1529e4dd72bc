"""From a task's values to a clip on disk: what is shot, what is mixed in, how it is encoded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import MediaError
from core.media import ffmpeg
from core.models import ModelSpec
from core.sandbox.faults import without_faults
from core.sandbox.film import shoot
from core.sandbox.mark import Mark
from core.sandbox.picture import Picture, mix
from core.sandbox.scene import read_scene
from core.sandbox.shot import Shot
from core.sandbox.source import SourceError, still, video_frames

LONGEST_SOURCE = 10.125
DEFAULT_RATE = 24
FADE_SECONDS = 1.0
OPENING_SECONDS = 2.0

ENCODER_LIMITS = ffmpeg.Limits(wall=600.0, cpu=600)


@dataclass(frozen=True, kw_only=True)
class Take:
    """A clip's size in pixels, its rate a second, and its number of frames."""

    width: int
    height: int
    fps: int
    frames: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def take_of(spec: ModelSpec, values: Mapping[str, Any]) -> Take:
    """Return what the values ask for; odd sides lose a pixel, since 4:2:0 has none."""
    width, height = spec.sizes[values.get("aspect_ratio") or "16:9"]
    width, height = int(values.get("width") or width), int(values.get("height") or height)
    fps = int(values.get("fps") or spec.fps or DEFAULT_RATE)
    seconds = spec.seconds(values) or (LONGEST_SOURCE if "strength" in values else 5.0)
    frames = max(1, round(seconds * fps))
    return Take(width=width // 2 * 2, height=height // 2 * 2, fps=fps, frames=frames)


def render_task(
    spec: ModelSpec,
    values: Mapping[str, Any],
    seed: int,
    *,
    media: Mapping[str, Path],
    target: Path,
) -> None:
    """Make a task's clip. The same values and seed give the same bytes.

    Raises `SourceError` or `core.errors.MediaError` where a file cannot be used.
    """
    take = take_of(spec, values)
    frames = shoot(_shot(take, values, seed))
    if "video_url" in media:
        source = video_frames(media["video_url"], size=take.size, fps=take.fps, most=take.frames)
        frames = _remade(source, frames, float(values.get("strength", 0.85)))
    if "start_video" in media:
        most = round(OPENING_SECONDS * take.fps)
        opening = video_frames(media["start_video"], size=take.size, fps=take.fps, most=most)
        frames = _opened(frames, list(opening), take.fps)
    if "start_image" in media:
        frames = _opened(frames, [still(media["start_image"], size=take.size)], take.fps)
    if "end_image" in media:
        frames = _closed(frames, still(media["end_image"], size=take.size), take)
    encode(_marked(frames, take), take, target)


def encode(frames: Iterable[Picture], take: Take, target: Path) -> None:
    """Write frames as H.264 in an MP4, whole or not at all. Raises `core.errors.MediaError`."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    os.close(handle)
    try:
        with ffmpeg.feeding(_arguments(take, Path(temporary)), limits=ENCODER_LIMITS) as pipe:
            for frame in frames:
                pipe.write(frame.data.tobytes())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _arguments(take: Take, target: Path) -> list[str]:
    # Two threads wherever it runs: their number shows in the bytes.
    colours = ("bt709",) * 3
    names = ("-colorspace", "-color_primaries", "-color_trc")
    tags = [part for pair in zip(names, colours, strict=True) for part in pair]
    return [
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{take.width}x{take.height}"),
        *("-r", str(take.fps), "-color_range", "tv", *tags, "-i", "-"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "2"),
        *("-pix_fmt", "yuv420p", "-color_range", "tv", *tags),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"),
        *("-movflags", "+faststart", "-f", "mp4", str(target.absolute())),
    ]


def _shot(take: Take, values: Mapping[str, Any], seed: int) -> Shot:
    others = {
        name: value
        for name, value in sorted(values.items())
        if name not in ("prompt", "seed", "strength", "num_frames", "duration", "width", "height")
    }
    return Shot(
        width=take.width,
        height=take.height,
        fps=take.fps,
        frames=take.frames,
        seed=seed,
        variation=repr(others),
        scene=read_scene(
            without_faults(str(values["prompt"])), str(values.get("negative_prompt", ""))
        ),
    )


def _remade(
    source: Iterator[Picture], frames: Iterator[Picture], strength: float
) -> Iterator[Picture]:
    nothing = True
    for kept in source:
        nothing = False
        yield mix(kept, next(frames), strength) if strength else kept
    if nothing:
        raise SourceError("The source holds no pictures that can be read.")


def _opened(frames: Iterator[Picture], opening: list[Picture], fps: int) -> Iterator[Picture]:
    if not opening:
        raise SourceError("The start video holds no pictures that can be read.")
    fade = round(FADE_SECONDS * fps)
    for index, frame in enumerate(frames):
        first = opening[min(index, len(opening) - 1)]
        yield mix(first, frame, (index - len(opening) + 1) / fade)


def _closed(frames: Iterator[Picture], last: Picture, take: Take) -> Iterator[Picture]:
    fade = round(FADE_SECONDS * take.fps)
    for index, frame in enumerate(frames):
        yield mix(frame, last, 1 - (take.frames - 1 - index) / fade)


def _marked(frames: Iterable[Picture], take: Take) -> Iterator[Picture]:
    mark = Mark(take.width, take.height)
    for frame in frames:
        copy = frame.copy()
        mark.set(copy)
        yield copy


__all__ = ["MediaError", "SourceError", "Take", "encode", "render_task", "take_of"]
