"""Things that stand or move in a scene: a boat, a lighthouse, a train."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from core.sandbox.renderer.layer import Stamp, glow
from core.sandbox.renderer.shot import Painter, Shot
from core.sandbox.renderer.yuv import Floats, Picture, floats

FINE = 4


def boat(shot: Shot, horizon: float) -> Painter:
    """Return the painter of a sailing boat that crosses the water and rocks."""
    random = shot.random("boat")
    unit = shot.unit
    size = unit * float(random.uniform(0.15, 0.2))
    x, way = float(random.uniform(0.18, 0.42)), unit * 0.045
    row = horizon + (shot.height - horizon) * 0.34
    near = shot.palette.near
    hull = (near[0] * 0.6, near[1] * 0.6, near[2] * 0.6)
    cloth = tuple(
        0.55 * part + 0.45 * light
        for part, light in zip(shot.palette.mist, shot.palette.light, strict=True)
    )
    leans = np.linspace(-4, 4, 33)
    hulls = [Stamp(_hull(size, lean), hull) for lean in leans]
    sails = [Stamp(_sails(size, lean), (cloth[0], cloth[1], cloth[2])) for lean in leans]
    shade = Stamp(_sails(size, 0)[::-1], hull)

    def paint(picture: Picture, second: float) -> None:
        pose = round(16 + 15 * np.sin(1.5 * second))
        across = x * shot.width + way * second
        down = row - size * 0.42 + unit * 0.004 * np.sin(1.9 * second)
        shade.cover(picture, across + unit * 0.003 * np.sin(5 * second), row + size * 0.5, 0.30)
        sails[pose].cover(picture, across, down, 0.97)
        hulls[pose].cover(picture, across, down, 0.97)

    return paint


def _hull(size: float, lean: float) -> Floats:
    return _drawn(
        size,
        lean,
        [
            ((0.18, 0.84), (0.82, 0.84), (0.70, 0.97), (0.30, 0.97)),
            ((0.495, 0.06), (0.51, 0.06), (0.51, 0.86), (0.495, 0.86)),
        ],
    )


def _sails(size: float, lean: float) -> Floats:
    return _drawn(
        size,
        lean,
        [((0.53, 0.10), (0.80, 0.79), (0.53, 0.79)), ((0.475, 0.20), (0.475, 0.79), (0.24, 0.79))],
    )


def _drawn(size: float, lean: float, shapes: list[tuple[tuple[float, float], ...]]) -> Floats:
    side = max(8, round(size))
    image = Image.new("L", (side * FINE, side * FINE))
    draw = ImageDraw.Draw(image)
    for shape in shapes:
        draw.polygon([(x * side * FINE, y * side * FINE) for x, y in shape], fill=255)
    turned = image.rotate(
        lean, Image.Resampling.BILINEAR, center=(side * FINE / 2, side * FINE * 0.9)
    )
    return np.asarray(turned.resize((side, side), Image.Resampling.BOX), np.float32) / 255


def lighthouse(shot: Shot, horizon: float) -> Painter:
    """Return the painter of a lighthouse on its rock, whose beam goes round."""
    random = shot.random("lighthouse")
    unit = shot.unit
    size = unit * 0.42
    x = shot.width * float(random.choice((0.2, 0.8)) + random.uniform(-0.04, 0.04))
    near = shot.palette.near
    rock = Stamp(
        _drawn(
            size,
            0,
            [((0.12, 1.0), (0.30, 0.86), (0.44, 0.82), (0.60, 0.83), (0.80, 0.93), (0.95, 1.0))],
        ),
        (near[0], near[1], near[2]),
    )
    tower = Stamp(
        _drawn(size, 0, [((0.455, 0.24), (0.545, 0.24), (0.57, 0.84), (0.43, 0.84))]),
        (0.80, 0.78, 0.76),
    )
    bands = Stamp(
        _drawn(
            size,
            0,
            [
                ((0.45, 0.36), (0.55, 0.36), (0.556, 0.48), (0.444, 0.48)),
                ((0.44, 0.60), (0.56, 0.60), (0.566, 0.72), (0.434, 0.72)),
            ],
        ),
        (0.62, 0.16, 0.14),
    )
    room = Stamp(
        _drawn(
            size,
            0,
            [
                ((0.44, 0.21), (0.56, 0.21), (0.56, 0.24), (0.44, 0.24)),
                ((0.455, 0.12), (0.545, 0.12), (0.5, 0.07)),
            ],
        ),
        (near[0], near[1], near[2]),
    )
    lamp = Stamp(glow(unit * 0.10), (1.0, 0.9, 0.62))
    top = horizon - size * 0.5
    beams = [Stamp(_beam(unit * 0.9, reach), (1.0, 0.94, 0.75)) for reach in np.linspace(-1, 1, 48)]

    def paint(picture: Picture, second: float) -> None:
        turn = 1.3 * second
        pose = round(23.5 + 23.5 * np.cos(turn))
        beams[pose].shine(picture, x, top - size * 0.335, 0.40 + 0.25 * abs(np.cos(turn)))
        for part in (rock, tower, bands, room):
            part.cover(picture, x, top + 2, 0.98)
        lamp.shine(picture, x, top - size * 0.335, 0.75 + 0.25 * np.sin(turn))

    return paint


def _beam(length: float, reach: float) -> Floats:
    height, width = round(length * 0.36), round(length * 2)
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    x = (np.arange(width, dtype=np.float32)[None, :] - width / 2) * (1 if reach >= 0 else -1)
    far = np.clip(x / (length * max(0.08, abs(reach))), 0, None)
    spread = 2.0 + np.abs(x) * 0.10
    light = np.exp(-((y / spread) ** 2)) * np.clip(1 - far, 0, 1) * (x > 0)
    return floats(light)


def train(shot: Shot, row: float) -> Painter:
    """Return the painter of a train that passes along `row`, its windows a line of light."""
    unit = shot.unit
    length, tall = round(unit * 1.9), max(6, round(unit * 0.045)) // 2 * 2
    body, windows = np.ones((tall, length), np.float32), np.zeros((tall, length), np.float32)
    car, pane = round(unit * 0.30), max(4, round(unit * 0.026))
    for left in range(0, length, car):
        body[:, left : left + max(2, pane // 5)] = 0
        for at in range(left + pane // 2, left + car - pane, pane):
            windows[tall // 4 : tall * 5 // 8, at : at + round(pane * 0.62)] = 1
    near = shot.palette.near
    steel = Stamp(body, (near[0] * 0.7, near[1] * 0.7, near[2] * 0.75))
    light = Stamp(windows * body, (1.0, 0.82, 0.48))
    lamp = Stamp(glow(unit * 0.09), (1.0, 0.9, 0.65))
    bridge = Stamp(
        _bridge(shot.width + 8, round(unit * 0.07)), (near[0] * 0.6, near[1] * 0.6, near[2] * 0.6)
    )

    def paint(picture: Picture, second: float) -> None:
        across = -0.15 * length + unit * 0.34 * second
        middle = row - tall * 0.5 - unit * 0.052
        bridge.cover(picture, shot.width / 2, row - unit * 0.02, 0.95)
        steel.cover(picture, across, middle, 0.97)
        light.cover(picture, across, middle, 0.95)
        lamp.shine(picture, across + length / 2, middle, 0.8)

    return paint


def _bridge(width: int, height: int) -> Floats:
    mask = np.zeros((height, width), np.float32)
    mask[: max(2, height // 6)] = 1
    mask[-max(1, height // 9) :] = 1
    pitch = height * 2
    rows = np.arange(height, dtype=np.float32)[:, None] / height
    columns = (np.arange(width, dtype=np.float32)[None, :] % pitch) / pitch
    lattice = np.minimum(np.abs(columns * 2 - rows), np.abs(2 - columns * 2 - rows)) < 0.06
    mask[np.asarray(lattice)] = 1
    return mask
