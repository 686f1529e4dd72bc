"""A city: blocks with lit windows, one row behind the other, and the lights of its traffic."""

from __future__ import annotations

import numpy as np

from core.sandbox.renderer.layer import Stamp, disc, glow, layer
from core.sandbox.renderer.noise import Random
from core.sandbox.renderer.shot import Painter, Shot, blend, tint
from core.sandbox.renderer.yuv import Floats, Picture

LAMPS = ((1.0, 0.78, 0.46), (1.0, 0.9, 0.7), (0.72, 0.86, 1.0), (1.0, 0.62, 0.36))
SIGNS = ((0.1, 0.9, 1.0), (1.0, 0.2, 0.7), (1.0, 0.65, 0.2), (0.5, 0.35, 1.0))


def blocks(shot: Shot, horizon: int) -> list[Painter]:
    """Return the painters of the rows of houses, the farthest first, all standing on `horizon`."""
    return [_row(shot, horizon, depth) for depth in (0.0, 0.45, 1.0)]


def _row(shot: Shot, horizon: int, depth: float) -> Painter:
    random = shot.random(f"houses {depth}")
    palette, unit = shot.palette, shot.unit
    speed = unit * (0.012 + 0.05 * depth)
    width = shot.reach(speed)
    tall = horizon * (0.62 - 0.06 * depth)
    top = max(0, int(horizon - tall * 1.25)) // 2 * 2
    rgb = np.zeros((horizon - top, width, 3), np.float32)
    alpha = np.zeros((horizon - top, width), np.float32)
    wall = blend(tint(palette.far), tint(palette.near), 0.25 + 0.75 * depth)
    # By day the near colour is that of woods: houses are greyer, and stand in the light.
    day = 1 - min(1.0, palette.night * 2)
    stone = blend(tint(palette.zenith), tint((0.62, 0.55, 0.50)), 0.55) * (0.95 - 0.35 * depth)
    wall = blend(wall, stone, 0.8 * day)
    at = -int(unit * 0.1)
    while at < width:
        broad = int(unit * random.uniform(0.07, 0.17) * (0.75 + 0.5 * depth))
        height = tall * float(random.uniform(0.25, 1.0)) ** (1.3 - 0.4 * depth)
        if random.random() > 0.12 * depth + 0.10 * (depth == 1.0):
            _house(random, shot, (rgb, alpha), (at, broad, int(height), depth), wall)
        at += int(broad * random.uniform(0.82, 1.25)) + 1
    haze = np.linspace(0, 1, horizon - top, dtype=np.float32)[:, None] ** 2 * (0.55 - 0.45 * depth)
    rgb = blend(rgb, tint(palette.mist), haze * np.ones_like(alpha))
    sheet = layer(random, np.clip(rgb, 0, 1), alpha, top=top)

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, speed * second)

    return paint


def _house(
    random: Random,
    shot: Shot,
    sheet: tuple[Floats, Floats],
    place: tuple[int, int, int, float],
    wall: Floats,
) -> None:
    rgb, alpha = sheet
    at, broad, height, depth = place
    rows, width = alpha.shape
    left, right, top = max(0, at), min(width, at + broad), max(0, rows - height)
    if right - left < 3:
        return
    shade = np.linspace(1.18, 0.82, right - left, dtype=np.float32)[None, :, None]
    rgb[top:, left:right] = wall * shade * np.float32(random.uniform(0.85, 1.15))
    alpha[top:, left:right] = 1
    if random.random() < 0.4:
        mast = min(right - 1, left + broad // 2)
        alpha[max(0, top - broad // 3) : top, mast : mast + 1 + int(depth)] = 1
        rgb[max(0, top - broad // 3) : top, mast : mast + 1 + int(depth)] = wall
    _windows(random, shot, rgb[top + 3 :, left + 2 : right - 2], depth)
    if depth > 0.3 and shot.palette.night > 0.6 and random.random() < 0.35:
        _sign(random, rgb[top:, left:right])


def _windows(random: Random, shot: Shot, face: Floats, depth: float) -> None:
    unit = shot.unit / 480
    pitch_x, pitch_y = max(3, round((4 + 5 * depth) * unit)), max(4, round((6 + 6 * depth) * unit))
    wide, high = max(1, round(pitch_x * 0.55)), max(2, round(pitch_y * 0.5))
    rows, columns = face.shape[0] // pitch_y, face.shape[1] // pitch_x
    if rows < 1 or columns < 1:
        return
    share = 0.06 + 0.40 * shot.palette.night
    lit = (random.uniform(0, 1, (rows, columns)) < share).astype(np.float32)
    lit *= random.uniform(0.35, 1.0, (rows, columns)).astype(np.float32)
    lamps = np.array(LAMPS, np.float32)[random.integers(0, len(LAMPS), (rows, columns))]
    cell = np.zeros((pitch_y, pitch_x), np.float32)
    cell[:high, :wide] = 1
    pattern = np.kron(lit, cell)[..., None]
    dark = np.kron(np.ones_like(lit), cell)[..., None] * (0.28 - 0.2 * shot.palette.night)
    colours = np.repeat(np.repeat(lamps, pitch_y, 0), pitch_x, 1)
    area = face[: pattern.shape[0], : pattern.shape[1]]
    area *= 1 - dark
    area += (colours - area) * pattern * np.float32(0.95)


def _sign(random: Random, face: Floats) -> None:
    colour = tint(SIGNS[int(random.integers(len(SIGNS)))])
    high, broad = int(face.shape[0] * random.uniform(0.15, 0.4)), max(2, face.shape[1] // 7)
    left = int(random.uniform(0.1, 0.75) * face.shape[1])
    top = int(random.uniform(0.08, 0.3) * face.shape[0])
    face[top : top + high, left : left + broad] = colour


def traffic(shot: Shot, row: int) -> Painter:
    """Return the painter of cars' lights passing both ways just above `row`."""
    random = shot.random("traffic")
    unit = shot.unit
    cars = [
        (
            float(random.uniform(0, 1.4)),
            float(random.uniform(0.10, 0.24)) * (1 if index % 2 else -1),
            float(random.uniform(0.000, 0.018)),
        )
        for index in range(14)
    ]
    white = Stamp(glow(unit * 0.022), (1.0, 0.93, 0.75))
    red = Stamp(glow(unit * 0.018), (1.0, 0.16, 0.10))

    def paint(picture: Picture, second: float) -> None:
        for start, speed, lift in cars:
            x = ((start + speed * second) % 1.4 - 0.2) * shot.width
            lamp = white if speed > 0 else red
            y = row - unit * (0.008 + lift)
            lamp.shine(picture, x, y, 0.95)
            lamp.shine(picture, x + unit * 0.014, y, 0.8)

    return paint


def bokeh(shot: Shot) -> Painter:
    """Return the painter of lights out of focus, close to the lens."""
    random = shot.random("bokeh")
    unit = shot.unit
    colours = (shot.palette.accent, *SIGNS) if shot.palette.night > 0.8 else (shot.palette.accent,)
    lights = []
    for _ in range(11):
        stamp = Stamp(
            disc(unit * float(random.uniform(0.02, 0.06)), soft=unit * 0.006),
            colours[int(random.integers(len(colours)))],
        )
        place = random.uniform((-0.1, 0.62, 0.03, 0.10), (1.3, 1.0, 0.09, 0.26))
        lights.append((stamp, [float(value) for value in place]))

    def paint(picture: Picture, second: float) -> None:
        for stamp, (x, y, speed, power) in lights:
            across = (x - speed * second) * shot.width
            stamp.shine(
                picture, across, y * shot.height, power * (0.85 + 0.15 * np.sin(3 * second + 9 * x))
            )

    return paint
