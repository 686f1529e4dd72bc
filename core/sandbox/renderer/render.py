"""From a task's values to a clip on disk: what is shot, what is mixed in, how it is encoded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import MediaError
from core.media import ffmpeg
from core.sandbox.faults import without_faults
from core.sandbox.input_roles import InputRoles
from core.sandbox.measures import Take, take_of
from core.sandbox.order_files import SourceError
from core.sandbox.order_words import prompt_of, unwanted_in
from core.sandbox.renderer.film import shoot, shoot_over
from core.sandbox.renderer.inputs import still, video_frames
from core.sandbox.renderer.mark import Mark
from core.sandbox.renderer.scene import read_scene
from core.sandbox.renderer.shot import Shot
from core.sandbox.renderer.stills import enlarged, push_in
from core.sandbox.renderer.yuv import Picture, mix

FADE_SECONDS = 1.0
OPENING_SECONDS = 2.0
MOST_STILLS = 4

ENCODER_LIMITS = ffmpeg.Limits(wall=600.0, cpu=600)


def render_task(
    take: Take,
    values: Mapping[str, Any],
    seed: int,
    *,
    media: Mapping[str, Path],
    target: Path,
) -> None:
    """Make a task's clip. The same values and seed give the same bytes.

    Raises `SourceError` or `core.errors.MediaError` where a file cannot be used.
    """
    frames = _frames(InputRoles.of(media), _shot(take, values, seed), take, values)
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
    # The encoder writes what the pictures say: options for its own tags leave two of them out.
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    return [
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{take.width}x{take.height}"),
        *("-r", str(take.fps), "-i", "-", "-vf", tags),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "2"),
        *("-pix_fmt", "yuv420p"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"),
        *("-movflags", "+faststart", "-f", "mp4", str(target.absolute())),
    ]


def _frames(
    roles: InputRoles, shot: Shot, take: Take, values: Mapping[str, Any]
) -> Iterator[Picture]:
    frames = _main(roles, shot, take, values)
    if roles.opening:
        most = round(OPENING_SECONDS * take.fps)
        opening = video_frames(roles.opening, size=take.size, fps=take.fps, most=most)
        frames = _opened(frames, list(opening), take.fps)
    if roles.stills and roles.last:
        frames = _opened(frames, [still(roles.stills[0], size=take.size)], take.fps)
    if roles.last:
        frames = _closed(frames, still(roles.last, size=take.size), take)
    return frames


def _main(
    roles: InputRoles, shot: Shot, take: Take, values: Mapping[str, Any]
) -> Iterator[Picture]:
    if roles.source:
        source = video_frames(roles.source, size=take.size, fps=take.fps, most=take.frames)
        strength = values.get("strength")
        if isinstance(strength, int | float) and 0 <= strength <= 1:
            return _remade(source, shoot(shot), float(strength))
        return shoot_over(shot, _held(source, take.frames))
    if roles.stills and not roles.last:
        size = enlarged(take.size)
        stills = [still(path, size=size) for path in roles.stills[:MOST_STILLS]]
        return shoot_over(shot, push_in(stills, take))
    return shoot(shot)


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
        scene=read_scene(without_faults(prompt_of(values)), unwanted_in(values)),
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


def _held(source: Iterator[Picture], frames: int) -> Iterator[Picture]:
    """Yield so many frames of a clip, the last one for as long as it takes."""
    last = None
    for _ in range(frames):
        last = next(source, last)
        if last is None:
            raise SourceError("The source holds no pictures that can be read.")
        yield last


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
