"""What drifts between the camera and the scene: rain, snow, mist, sparks, lanterns, birds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.sandbox.renderer.layer import Stamp, glow, layer
from core.sandbox.renderer.noise import Random, field, step
from core.sandbox.renderer.shot import Painter, Shot, blend, tint
from core.sandbox.renderer.yuv import Bytes, Floats, Picture


def mist(shot: Shot, horizon: float) -> Painter:
    """Return the painter of a bank of mist that drifts across."""
    random = shot.random("mist")
    speed = shot.unit * 0.10
    width = shot.reach(speed)
    top = int(horizon - shot.unit * 0.10) // 2 * 2
    size = ((shot.height - top) // 2 * 2, width)
    mass = field(random, size, (shot.unit * 0.14, shot.unit * 0.75), 5)
    down = np.linspace(0, 1, size[0], dtype=np.float32)[:, None]
    alpha = step(-0.35, 0.7, mass) * step(0.0, 0.25, down) * step(1.05, 0.35, down) * 0.62
    rgb = blend(tint(shot.palette.mist), tint(shot.palette.horizon), 0.35) * np.ones(
        (*size, 1), np.float32
    )
    sheet = layer(random, rgb, alpha, top=top)

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, speed * second)

    return paint


def rain(shot: Shot) -> Painter:
    """Return the painter of two sheets of slanting rain."""
    random = shot.random("rain")
    unit = shot.unit / 480
    sheets = []
    for count, long, bright, speed in ((420, 26, 34, 620.0), (130, 52, 52, 1050.0)):
        tall = 1024
        image = Image.new("L", (shot.width, tall))
        draw = ImageDraw.Draw(image)
        for _ in range(round(count * shot.width / 832)):
            x, y = random.uniform(0, shot.width), random.uniform(0, tall)
            tail = long * unit * random.uniform(0.6, 1.2)
            fill = int(bright * random.uniform(0.4, 1.0))
            for wrap in (0, -tall):
                ends = (x, y + wrap, x - tail * 0.16, y + wrap + tail)
                draw.line(ends, fill=fill, width=1 if long < 40 else max(1, round(1.3 * unit)))
        soft = image.filter(ImageFilter.GaussianBlur(0.6))
        sheets.append((np.asarray(soft, np.uint8), speed * unit))

    def paint(picture: Picture, second: float) -> None:
        for sheet, speed in sheets:
            _fall(picture.y, sheet, int(speed * second))

    return paint


def _fall(plane: Bytes, sheet: Bytes, down: int) -> None:
    rows = (np.arange(plane.shape[0]) - down) % sheet.shape[0]
    fallen = sheet[rows]
    fallen = np.minimum(fallen, 235 - np.minimum(plane, 235))
    plane += fallen


def snow(shot: Shot) -> Painter:
    """Return the painter of flakes, the near ones large and quick."""
    random = shot.random("snow")
    unit = shot.unit
    sheets = []
    for count, size, bright, speed in (
        (520, 0.0022, 120, 0.10),
        (210, 0.0042, 150, 0.18),
        (46, 0.010, 120, 0.34),
    ):
        sheets.append((_flakes(shot, random, count, (unit * size + 0.4, bright)), speed * unit))

    def paint(picture: Picture, second: float) -> None:
        for sheet, speed in sheets:
            sway = unit * 0.02 * np.sin(1.3 * second + speed)
            aside = int(0.35 * speed * second + sway) % picture.width
            _fall(picture.y, sheet[:, aside : aside + picture.width], int(speed * second))

    return paint


def _flakes(shot: Shot, random: Random, count: int, look: tuple[float, int]) -> Bytes:
    """Return a sheet twice as wide as the frame that repeats itself both ways."""
    radius, bright = look
    image = Image.new("L", (shot.width, shot.height))
    draw = ImageDraw.Draw(image)
    for _ in range(round(count * shot.width / 832)):
        x, y = random.uniform(0, shot.width), random.uniform(radius * 2, shot.height - radius * 2)
        r = radius * random.uniform(0.6, 1.3)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=int(bright * random.uniform(0.5, 1.0)))
    sheet = np.asarray(image.filter(ImageFilter.GaussianBlur(0.35 * radius + 0.3)), np.uint8)
    return np.concatenate([sheet, sheet], axis=1)


def embers(shot: Shot) -> Painter:
    """Return the painter of sparks that rise and gutter."""
    return _drifting(shot, "embers", (1.0, 0.52, 0.16), rise=0.16, count=60)


def fireflies(shot: Shot) -> Painter:
    """Return the painter of small lights that wander and pulse."""
    return _drifting(shot, "fireflies", (0.95, 0.95, 0.42), rise=0.02, count=44)


def _drifting(
    shot: Shot, name: str, colour: tuple[float, float, float], *, rise: float, count: int
) -> Painter:
    random = shot.random(name)
    unit = shot.unit
    stamps = [Stamp(glow(unit * size + 1.5), colour) for size in (0.010, 0.016, 0.026)]
    places = random.uniform((0, 0.3, 0, 1.2), (1, 1.1, 6.3, 3.2), (count, 4)).tolist()
    lights = [(stamps[index % 3], *place) for index, place in enumerate(places)]

    def paint(picture: Picture, second: float) -> None:
        for stamp, x, y, turn, rate in lights:
            up = (y - rise * rate * 0.5 * second) % 1.1 if rise > 0.1 else y
            across = x + 0.03 * np.sin(turn + rate * second * 0.7)
            down = up + 0.02 * np.sin(turn * 2 + rate * second)
            power = 0.5 + 0.5 * np.sin(turn * 3 + rate * 2.1 * second)
            stamp.shine(picture, across * shot.width, down * shot.height, float(power))

    return paint


def lanterns(shot: Shot, horizon: float, *, afloat: bool) -> Painter:
    """Return the painter of paper lanterns: on the water where there is some, else in the air."""
    random = shot.random("lanterns")
    unit = shot.unit
    items = []
    for index in range(16):
        near = (index + 0.5) / 16
        x, turn = random.uniform((-0.1, 0), (1.15, 6.3))
        size = unit * (0.010 + 0.040 * near**1.5)
        halo = Stamp(glow(size * 3.4), (1.0, 0.56, 0.20))
        body = Stamp(_paper(size), (1.0, 0.83, 0.50))
        items.append((near, float(x), float(turn), size, halo, body))

    def paint(picture: Picture, second: float) -> None:
        for near, x, turn, size, halo, body in items:
            across = x * shot.width + (0.02 + 0.055 * near) * unit * second * (
                1 if turn > 3.1 else -1
            )
            down = horizon + (shot.height * 0.94 - horizon) * near**1.3
            if not afloat:
                down = shot.height * (0.92 - 0.8 * near) - unit * 0.05 * second * (0.4 + near)
            down += unit * 0.004 * np.sin(turn + 2.2 * second)
            flicker = 0.8 + 0.12 * np.sin(turn + 7 * second)
            halo.shine(picture, across, down, 0.55 * flicker)
            body.cover(picture, across, down - size * 0.4, 0.92)
            if afloat:
                halo.shine(picture, across, down + size * 2.2, 0.22 * flicker)

    return paint


def _paper(size: float) -> Floats:
    height, width = max(4, round(size * 2.0)), max(3, round(size * 1.5))
    image = Image.new("L", (width * 4, height * 4))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 2, width * 4 - 3, height * 4 - 3), radius=width * 1.3, fill=255)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32) / 255


def birds(shot: Shot, horizon: float) -> Painter:
    """Return the painter of a flock on the wing."""
    random = shot.random("birds")
    unit = shot.unit
    lead = random.uniform((0.05, 0.22), (0.3, 0.5))
    flock = []
    for index in range(7):
        back, side = (index + 1) // 2, 1 if index % 2 else -1
        flock.append(
            (
                float(lead[0] - back * 0.035 + random.uniform(-0.01, 0.01)),
                float(lead[1] + back * 0.028 * side + random.uniform(-0.01, 0.01)),
                float(random.uniform(0, 6.3)),
                float(random.uniform(0.016, 0.024)) * (1.5 if index == 0 else 1.0),
            )
        )
    poses = 16
    colour = tuple(0.5 * part for part in shot.palette.near)
    wings = {
        size: [
            Stamp(_wings(unit * size, pose / poses), (colour[0], colour[1], colour[2]))
            for pose in range(poses)
        ]
        for _, _, _, size in flock
    }

    def paint(picture: Picture, second: float) -> None:
        for x, y, turn, size in flock:
            pose = int((turn / 6.3 + 1.5 * second) * poses) % poses
            across = (x + 0.105 * second) * shot.width
            down = y * horizon + unit * 0.006 * np.sin(turn + 2 * second) - unit * 0.01 * second
            wings[size][pose].cover(picture, across, down, 0.9)

    return paint


def _wings(size: float, phase: float) -> Floats:
    span, scale = max(6, round(size * 2.6)), 4
    image = Image.new("L", (span * scale, span * scale))
    draw = ImageDraw.Draw(image)
    middle = span * scale / 2
    lift = np.sin(2 * np.pi * phase) * 0.30 - 0.06
    points = []
    for share in (-1.0, -0.5, 0.0, 0.5, 1.0):
        bend = lift * (1.0 if abs(share) > 0.7 else 0.72 if share else 0.0)
        points.append((middle + share * middle * 0.95, middle - bend * span * scale * 0.8))
    for (x, y), (u, v) in pairwise(points):
        draw.line((x, y, u, v), fill=255, width=max(3, span // 4))
    draw.ellipse(
        (middle - span * 0.28, middle - span * 0.22, middle + span * 0.28, middle + span * 0.34),
        fill=255,
    )
    return np.asarray(image.resize((span, span), Image.Resampling.BOX), np.float32) / 255
