"""Decodes a video into small raw frames in memory, at a steady rate; it writes no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.media.clip import Clip

Planes = NDArray[np.uint8]
"""One frame: three planes of height × width, in the order green, blue, red."""

MEMORY_LIMIT = 192 * 2**20
"""Bytes of frames held at once; a GIF that would need more ends there."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Pixels and frames a second of a small copy."""

    width: int
    height: int
    fps: float

    @property
    def frame_bytes(self) -> int:
        """Bytes of one raw frame."""
        return 3 * self.width * self.height

    @property
    def most_frames(self) -> int:
        """How many frames may be held."""
        return max(1, MEMORY_LIMIT // self.frame_bytes)

    @property
    def seconds(self) -> float:
        """The longest clip whose frames may be held."""
        return self.most_frames / self.fps

    @property
    def output(self) -> list[str]:
        """Ffmpeg's arguments that write the frames to its stdout, for `read_frames`."""
        most = ["-frames:v", str(self.most_frames)]
        return [*most, "-f", "rawvideo", "-pix_fmt", "gbrp", "pipe:1"]


def shape_of(clip: Clip, *, side: int, fps: float) -> Shape:
    """Return the clip's shape, shrunk until its longer side is `side` pixels; never enlarged."""
    width, height = fitted(clip.width, clip.height, side / max(clip.width, clip.height))
    return Shape(width=width, height=height, fps=fps)


def fitted(width: int, height: int, factor: float) -> tuple[int, int]:
    """Return the size times `factor`, at most 1, in even numbers of at least 2."""
    factor = min(1.0, factor)
    return max(2, 2 * round(width * factor / 2)), max(2, 2 * round(height * factor / 2))


def read_frames(pipe: IO[bytes], shape: Shape) -> Iterator[Planes]:
    """Yield raw `gbrp` frames to the end of the pipe. Raises `MediaError` where there is none."""
    for number in range(shape.most_frames):
        raw = pipe.read(shape.frame_bytes)
        if len(raw) == shape.frame_bytes:
            yield np.frombuffer(raw, np.uint8).reshape(3, shape.height, shape.width)
        elif number:
            return
        else:
            raise MediaError("The video has no pictures that can be decoded: choose another one.")
