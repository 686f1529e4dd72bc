"""Random fields and curves that look like nature; pure functions of a generator."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.sandbox.renderer.yuv import Floats, floats

Random = np.random.Generator


def field(rng: Random, size: tuple[int, int], cell: tuple[float, float], octaves: int) -> Floats:
    """Return height × width of smooth noise, about -1 to 1.

    `cell` is the height and width in pixels of the largest features; each octave halves it.
    """
    height, width = size
    total = np.zeros(size, np.float32)
    weight, whole = 1.0, 0.0
    for octave in range(octaves):
        rows = max(2, round(height / cell[0] * 2**octave) + 2)
        columns = max(2, round(width / cell[1] * 2**octave) + 2)
        grid = rng.uniform(-1, 1, (min(rows, height), min(columns, width))).astype(np.float32)
        total += weight * resized(grid, width, height)
        whole += weight
        weight *= 0.5
    return total * np.float32(1.9 / whole)


def curve(rng: Random, width: int, cell: float, octaves: int, *, rough: float = 0.5) -> Floats:
    """Return `width` values of smooth noise in a line, about -1 to 1; `rough` keeps the detail."""
    total = np.zeros(width, np.float32)
    weight, whole = 1.0, 0.0
    at = np.arange(width, dtype=np.float32)
    for octave in range(octaves):
        step = cell / 2**octave
        if step < 2:
            break
        points = rng.uniform(-1, 1, int(width / step) + 4).astype(np.float32)
        total += weight * _smooth(points, at / step)
        whole += weight
        weight *= rough
    return total * np.float32(1.5 / whole)


def resized(plane: Floats, width: int, height: int) -> Floats:
    """Return a plane stretched smoothly to another size."""
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def step(low: float, high: float, values: Floats) -> Floats:
    """Return 0 below `low`, 1 above `high`, and a smooth way between; low may exceed high."""
    share = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
    return floats(share * share * (3 - 2 * share))


def _smooth(points: Floats, at: Floats) -> Floats:
    index = at.astype(np.int32)
    share = at - index
    share = share * share * (3 - 2 * share)
    return floats(points[index] * (1 - share) + points[index + 1] * share)
