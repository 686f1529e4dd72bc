"""Space: a nebula, stars at three distances, and a planet that turns."""

from __future__ import annotations

import numpy as np

from core.sandbox.renderer.layer import layer
from core.sandbox.renderer.noise import Random, field, step
from core.sandbox.renderer.shot import Painter, Shot, blend, tint
from core.sandbox.renderer.yuv import Floats, Picture, as_bytes, floats, halved, to_ycc

HUES = (
    ((0.34, 0.12, 0.52), (0.95, 0.42, 0.62), (0.20, 0.42, 0.86)),
    ((0.08, 0.30, 0.50), (0.20, 0.80, 0.80), (0.60, 0.30, 0.86)),
    ((0.46, 0.16, 0.12), (1.00, 0.62, 0.30), (0.42, 0.20, 0.62)),
)
GROUNDS = (
    ((0.16, 0.30, 0.52), (0.86, 0.78, 0.62), (0.95, 0.95, 0.98)),
    ((0.42, 0.20, 0.12), (0.84, 0.52, 0.30), (0.98, 0.86, 0.66)),
    ((0.20, 0.16, 0.34), (0.56, 0.42, 0.70), (0.90, 0.80, 0.92)),
)


def nebula(shot: Shot) -> Painter:
    """Return the painter of the clouds of gas behind all."""
    random = shot.random("nebula")
    speed = shot.unit * 0.015
    size = (shot.height, shot.reach(speed))
    unit = shot.unit
    gas = field(random, size, (unit * 0.5, unit * 0.7), 6)
    other = field(random, size, (unit * 0.4, unit * 0.4), 6)
    bent = np.clip(1 - np.abs(gas + 0.35 * other) * 1.5, 0, 1)
    first, second_hue, third = (tint(hue) for hue in HUES[int(random.integers(len(HUES)))])
    cloud = step(-0.5, 0.9, gas)[..., None] * first * 0.55
    cloud = cloud + (bent**3 * step(-0.6, 0.5, other))[..., None] * second_hue * 0.55
    cloud = cloud + step(0.0, 1.0, other - 0.3 * gas)[..., None] * third * 0.5
    dust = step(0.75, -0.1, field(random, size, (unit * 0.3, unit * 0.5), 6))
    rgb = tint(shot.palette.zenith) + cloud * (0.25 + 0.75 * dust[..., None])
    sheet = layer(random, np.clip(rgb + _dots(random, size, 900, 0.5)[..., None], 0, 1), None)

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, speed * second)

    return paint


def stars(shot: Shot, depth: float) -> Painter:
    """Return the painter of stars; the nearer, from 0 to 1, the fewer and the quicker."""
    random = shot.random(f"stars {depth}")
    speed = shot.unit * (0.03 + 0.16 * depth)
    size = (shot.height, shot.reach(speed))
    light = _dots(random, size, 2600 + 9000 * depth, 1.0)
    if depth > 0.5:
        light = np.maximum(light, 0.7 * np.roll(light, 1, 0) + 0.7 * np.roll(light, 1, 1))
    tinted = blend(tint((1.0, 0.9, 0.8)), tint((0.8, 0.9, 1.0)), float(random.uniform()))
    sheet = layer(random, tinted * np.ones((*size, 1), np.float32), np.clip(light, 0, 1))

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, speed * second)

    return paint


def _dots(random: Random, size: tuple[int, int], area: float, power: float) -> Floats:
    dots = np.zeros(size, np.float32)
    count = int(size[0] * size[1] / area)
    rows, columns = random.integers(0, size[0], count), random.integers(0, size[1], count)
    bright = (random.uniform(0.25, 1, count) ** 3 * power).astype(np.float32)
    np.maximum.at(dots, (rows, columns), bright)
    np.maximum.at(dots, (rows, np.minimum(columns + 1, size[1] - 1)), bright * np.float32(0.4))
    return dots


class Planet:
    """A ball whose surface slides round under a fixed light."""

    def __init__(self, shot: Shot) -> None:
        random = shot.random("planet")
        self._radius = round(shot.unit * float(random.uniform(0.24, 0.36))) // 2 * 2
        self._x = shot.width * float(random.uniform(0.3, 0.72))
        self._y = shot.height * float(random.uniform(0.42, 0.62))
        self._drift = -shot.unit * 0.022
        side = 2 * self._radius + 8
        at = (np.arange(side, dtype=np.float32) - side / 2 + 0.5) / self._radius
        x, y = np.meshgrid(at, at)
        far = np.hypot(x, y)
        z = np.sqrt(np.clip(1 - far**2, 0, 1))
        self._edge = np.clip((1 - far) * self._radius + 0.5, 0, 1).astype(np.float32)
        light = np.clip((-0.62 * x - 0.45 * y + 0.64 * z) * 1.25 + 0.05, 0, 1)
        self._light = (0.03 + 0.97 * light**0.9).astype(np.float32)
        self._air = ((1 - z) ** 3 * (light + 0.1))[..., None] * tint((0.45, 0.65, 1.0)) * 0.75
        self._map, self._period = _surface(random, self._radius)
        self._row = np.clip((y * 0.5 + 0.5) * self._map.shape[0], 0, self._map.shape[0] - 1).astype(
            np.int32
        )
        turn = np.arctan2(x, np.maximum(z, 1e-3)) / np.pi
        self._column = ((turn + 1) * self._period / 2).astype(np.float32)

    def paint(self, picture: Picture, second: float) -> None:
        """Paint the planet as it stands at that second."""
        turned = self._column + np.float32(self._period * 0.022 * second)
        whole = turned.astype(np.int32)
        share = (turned - whole)[..., None]
        here = self._map[self._row, whole % self._period]
        ground = here + (self._map[self._row, (whole + 1) % self._period] - here) * share
        rgb = np.clip(ground * self._light[..., None] + self._air, 0, 1)
        self._place(picture, rgb, self._x + self._drift * second)

    def _place(self, picture: Picture, rgb: Floats, x: float) -> None:
        side = rgb.shape[0]
        left, top = int(x - side / 2) // 2 * 2, int(self._y - side / 2) // 2 * 2
        luma, cb, cr = to_ycc(rgb)
        for plane, part, scale in ((picture.y, luma, 1), (picture.cb, cb, 2), (picture.cr, cr, 2)):
            value, edge = (part, self._edge) if scale == 1 else (halved(part), halved(self._edge))
            row, column = top // scale, left // scale
            height, width = value.shape
            a, b = max(0, -row), max(0, -column)
            c, d = min(height, plane.shape[0] - row), min(width, plane.shape[1] - column)
            inside = plane[row + a : row + c, column + b : column + d]
            cut = edge[a:c, b:d]
            inside[:] = as_bytes(floats(inside) + (value[a:c, b:d] - inside) * cut)


def _surface(random: Random, radius: int) -> tuple[Floats, int]:
    height, period = 2 * radius, 4 * radius
    bands = field(random, (height, 1 * period), (radius * 0.16, radius * 3.0), 4)
    storms = field(random, (height, period), (radius * 0.3, radius * 0.5), 6)
    seam = np.linspace(0, 1, period // 8, dtype=np.float32)[None, :]
    for part in (bands, storms):
        part[:, -seam.shape[1] :] += (part[:, :1] - part[:, -1:]) * seam
    low, middle, high = (tint(ground) for ground in GROUNDS[int(random.integers(len(GROUNDS)))])
    mixed = bands * 0.75 + storms * 0.45
    ground = blend(blend(low, middle, step(-0.5, 0.3, mixed)), high, step(0.2, 0.95, mixed))
    return ground.astype(np.float32), period
