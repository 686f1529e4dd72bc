"""What every painter is told: the frame, the light, and where its chance comes from."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.sandbox.renderer.light import Palette
from core.sandbox.renderer.noise import Random
from core.sandbox.renderer.scene import Scene
from core.sandbox.renderer.yuv import Floats, Picture

Painter = Callable[[Picture, float], None]
"""Paints its part of the frame that is `second` seconds into the clip."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One clip to be: its frame in pixels, its rate, its length, its scene and its chance."""

    width: int
    height: int
    fps: int
    frames: int
    seed: int
    variation: str
    scene: Scene

    @property
    def palette(self) -> Palette:
        """The scene's light."""
        return self.scene.palette

    @property
    def seconds(self) -> float:
        """The length."""
        return self.frames / self.fps

    @property
    def unit(self) -> float:
        """The frame's shorter side: what sizes and speeds are measured by."""
        return float(min(self.width, self.height))

    def random(self, name: str) -> Random:
        """Return the chance of one part of the picture, which no other part disturbs."""
        text = f"{self.scene.text}\n{self.variation}\n{name}"
        return np.random.default_rng(
            [self.seed & (2**64 - 1), zlib.crc32(text.encode(errors="replace"))]
        )

    def reach(self, speed: float) -> int:
        """Return the width of a layer that slides `speed` pixels a second, even."""
        return (self.width + math.ceil(abs(speed) * self.seconds) + 8) // 2 * 2


def tint(colour: tuple[float, float, float]) -> Floats:
    """Return a colour as an array that scales and mixes."""
    return np.array(colour, np.float32)


def blend(first: Floats, second: Floats, share: Floats | float) -> Floats:
    """Return colours between two; a field of shares gives a field of colours."""
    part = np.asarray(share, np.float32)
    if part.ndim:
        part = part[..., None]
    return (first + (second - first) * part).astype(np.float32)
