"""What is far away: the sky and its light, clouds, stars that twinkle, the northern lights."""

from __future__ import annotations

import numpy as np

from core.sandbox.renderer.layer import Stamp, disc, glow, layer
from core.sandbox.renderer.noise import Random, curve, field, resized, step
from core.sandbox.renderer.shot import Painter, Shot, blend, tint
from core.sandbox.renderer.yuv import Floats, Picture, floats


def sky(shot: Shot, horizon: float, sun_x: float) -> Painter:
    """Return the painter of a sky whose horizon is at that row; `sun_x` from 0 to 1."""
    random = shot.random("sky")
    palette = shot.palette
    speed = shot.unit * 0.008
    width, height = shot.reach(speed), shot.height
    y = np.linspace(0, height / horizon, height, dtype=np.float32)[:, None]
    x = (np.arange(width, dtype=np.float32) / shot.width)[None, :]
    down = np.clip(y, 0, 1) * np.ones_like(x)
    rgb = blend(tint(palette.zenith), tint(palette.middle), step(0.0, 0.72, down))
    rgb = blend(rgb, tint(palette.horizon), step(0.38, 1.02, down))
    sun = (sun_x * shot.width, horizon * (1 - palette.sun))
    rgb += _halo(shot, sun, (height, width))
    rgb += _stars(random, (height, width), palette.night, horizon)[..., None]
    _disc(rgb, shot, sun)
    sheet = layer(random, np.clip(rgb, 0, 1), None)

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, speed * second)

    return paint


def sun_at(shot: Shot) -> float:
    """Return where across the frame the sun or moon stands, from 0 to 1."""
    return float(shot.random("sun").uniform(0.24, 0.76))


def _halo(shot: Shot, sun: tuple[float, float], size: tuple[int, int]) -> Floats:
    palette = shot.palette
    rows = np.arange(size[0], dtype=np.float32)[:, None] - sun[1]
    columns = np.arange(size[1], dtype=np.float32)[None, :] - sun[0]
    far = np.hypot(columns * 0.8, rows) / shot.unit
    strength = 0.30 if palette.night > 0.7 else 0.62
    near = np.exp(-far * 11.0) * 0.55 + np.exp(-far * 3.0) * strength
    warm = tint(palette.light) * tint(palette.light) * (0.42 + 0.2 * palette.night)
    return floats(near[..., None] * warm)


def _disc(rgb: Floats, shot: Shot, sun: tuple[float, float]) -> None:
    palette = shot.palette
    radius = shot.unit * (0.042 if palette.night > 0.7 else 0.05)
    mask = disc(radius, soft=1.2)
    half = mask.shape[0] // 2
    top, left = round(sun[1]) - half, round(sun[0]) - half
    inside = rgb[max(0, top) : top + mask.shape[0], left : left + mask.shape[1]]
    cut = mask[max(0, -top) :][: inside.shape[0], : inside.shape[1], None]
    body = blend(tint(palette.light), tint((1.0, 1.0, 1.0)), 0.55) * 1.08
    if palette.night > 0.7:
        body = tint(palette.light) * 1.02
        seas = field(shot.random("moon"), mask.shape, (radius * 0.7, radius * 0.7), 4)
        body = body * (
            0.86 + 0.14 * seas[max(0, -top) :][: inside.shape[0], : inside.shape[1], None]
        )
    inside += (body - inside) * cut


def _stars(random: Random, size: tuple[int, int], night: float, horizon: float) -> Floats:
    field_of_stars = np.zeros(size, np.float32)
    if night < 0.35:
        return field_of_stars
    count = int(size[0] * size[1] / 420 * night)
    rows = (random.uniform(0, 1, count) ** 1.2 * horizon).astype(int) % size[0]
    columns = random.integers(1, size[1] - 1, count)
    bright = (random.uniform(0, 1, count) ** 5 * night).astype(np.float32)
    bright *= np.clip(1.15 - rows / horizon, 0, 1)
    np.maximum.at(field_of_stars, (rows, columns), bright)
    side = bright * np.float32(0.3)
    np.maximum.at(field_of_stars, (rows, columns - 1), side)
    np.maximum.at(field_of_stars, (rows, columns + 1), side)
    return field_of_stars


def clouds(shot: Shot, horizon: float, sun_x: float) -> list[Painter]:
    """Return the painters of two sheets of cloud, the higher one slower."""
    random = shot.random("clouds")
    cover = float(random.uniform(-0.12, 0.12)) + (0.30 if shot.palette.sun == 0.45 else 0.0)
    speeds = (shot.unit * 0.018, shot.unit * 0.042)
    sizes = ((0.16, 1.0), (0.20, 0.62))
    return [
        _cloud_sheet(shot, horizon, sun_x, (speed, size, cover, str(index)))
        for index, (speed, size) in enumerate(zip(speeds, sizes, strict=True))
    ]


def _cloud_sheet(
    shot: Shot, horizon: float, sun_x: float, look: tuple[float, tuple[float, float], float, str]
) -> Painter:
    speed, size, cover, name = look
    random = shot.random(f"cloud {name}")
    palette = shot.palette
    height, width = int(horizon * 0.96) // 2 * 2, shot.reach(speed)
    mass = field(random, (height, width), (shot.unit * size[0], shot.unit * size[1]), 6)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    thick = mass + np.float32(cover) - np.float32(0.10)
    alpha = step(-0.06, 0.55, thick) * step(-0.1, 0.25, down) * step(1.0, 0.55, down)
    lit = np.clip(0.5 + 2.2 * (mass - np.roll(mass, -max(2, height // 40), axis=0)), 0, 1)
    sun = np.exp(-np.abs(np.arange(width, dtype=np.float32) / shot.width - sun_x) * 2.0)[None, :]
    shade = blend(
        tint(palette.middle) * 0.86, tint(palette.zenith), np.float32(0.25) * np.ones_like(mass)
    )
    bright = blend(
        tint(palette.horizon), tint(palette.light), np.clip(sun * 0.9, 0, 1) * np.ones_like(mass)
    )
    rgb = blend(
        shade, bright, np.clip(lit * (0.45 + 0.55 * sun) + 0.1, 0, 1) * (1 - 0.45 * palette.night)
    )
    sheet = layer(random, np.clip(rgb, 0, 1), alpha * np.float32(0.88 - 0.3 * palette.night))

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, speed * second)

    return paint


def twinkle(shot: Shot, horizon: float) -> Painter:
    """Return the painter of the few stars that are bright enough to flicker."""
    random = shot.random("twinkle")
    count = 26
    xs = random.uniform(0, shot.width, count)
    ys = random.uniform(0, 0.7 * horizon, count)
    turns = random.uniform(0, 2 * np.pi, count)
    rates = random.uniform(2.0, 6.0, count)
    star = Stamp(glow(shot.unit * 0.009 + 1.5), (0.9, 0.95, 1.0))
    drift = shot.unit * 0.008

    def paint(picture: Picture, second: float) -> None:
        for x, y, turn, rate in zip(xs, ys, turns, rates, strict=True):
            power = 0.45 + 0.45 * np.sin(turn + rate * second)
            star.shine(picture, x - drift * second, y, float(power))

    return paint


def aurora(shot: Shot, horizon: float) -> Painter:
    """Return the painter of curtains of green light that wave."""
    random = shot.random("aurora")
    small, tall = max(16, shot.width // 6), max(12, int(horizon) // 6)
    rows = np.linspace(0, 1, tall, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, small, dtype=np.float32)
    folds = [(float(random.uniform(0.3, 0.62)), float(random.uniform(0, 6))) for _ in range(3)]
    rays = [curve(random, small * 3, 9, 4, rough=0.8) for _ in folds]

    def paint(picture: Picture, second: float) -> None:
        green, violet = np.zeros((tall, small), np.float32), np.zeros((tall, small), np.float32)
        for (foot, turn), ray in zip(folds, rays, strict=True):
            wave = foot + 0.10 * np.sin(columns * 5 + turn + second * 0.5)
            wave = wave + 0.05 * np.sin(columns * 13 - turn - second * 0.9)
            start = int(second * 5) % small
            share = second * 5 - int(second * 5)
            strength = (
                ray[start : start + small] * (1 - share)
                + ray[start + 1 : start + 1 + small] * share
            )
            power = np.clip(0.55 + 0.6 * strength, 0.05, 1.3)[None, :]
            above = wave[None, :] - rows
            body = np.where(above > 0, np.exp(-above * 4.2), np.exp(above * 26))
            green += power * body
            violet += power * np.exp(-np.abs(above - 0.26) * 7) * 0.7
        _add_light(picture, (green, violet), int(horizon) // 2 * 2)

    return paint


def _add_light(picture: Picture, light: tuple[Floats, Floats], height: int) -> None:
    green, violet = light
    height = min(height, picture.height)
    parts = ((picture.y, 58.0, 22.0, 1), (picture.cb, -16.0, 20.0, 2), (picture.cr, -34.0, 10.0, 2))
    for plane, of_green, of_violet, scale in parts:
        change = resized(
            green * of_green + violet * of_violet, picture.width // scale, height // scale
        )
        target = plane[: height // scale]
        target[:] = np.clip(target + change, 16, 235).astype(np.uint8)
