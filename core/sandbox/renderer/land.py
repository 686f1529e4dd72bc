"""Ridges one behind the other, with rock, snow, grass, sand or trees on them, and mist between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sandbox.renderer.layer import layer
from core.sandbox.renderer.noise import Random, curve, field, step
from core.sandbox.renderer.scene import Place
from core.sandbox.renderer.shot import Painter, Shot, blend, tint
from core.sandbox.renderer.yuv import Floats, Picture, floats


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """One range: `depth` from 0, far, to 1, near.

    `line` is the row of its top in each column, `ground` the same without the trees on it, and
    `foot` the row that mist lies at.
    """

    depth: float
    speed: float
    line: Floats
    ground: Floats
    foot: float


def ridges(shot: Shot, horizon: float, sun_x: float) -> list[Painter]:
    """Return the painters of the ranges, the farthest first."""
    return [_range(shot, ridge, sun_x) for ridge in _plan(shot, horizon)]


def far_shore(shot: Shot, horizon: float, sun_x: float) -> list[Painter]:
    """Return the painters of what stands behind water: an island, or wooded hills."""
    lake = shot.scene.place is Place.LAKE
    plan = ((0.05, 0.20), (0.25, 0.12), (0.45, 0.05)) if lake else ((0.12, 0.045),)
    painters = []
    for depth, rise in plan:
        random = shot.random(f"shore {depth}")
        speed = shot.unit * (0.010 + 0.016 * depth)
        width = shot.reach(speed)
        ground = horizon - shot.unit * rise * _shore(random, width, shot.unit, lake=lake)
        line = _trees(random, ground, shot.unit * 0.045, 0.9) if depth > 0.4 else ground
        ridge = Ridge(depth=depth, speed=speed, line=line, ground=ground, foot=horizon)
        painters.append(_range(shot, ridge, sun_x, bottom=round(horizon)))
    return painters


def _shore(random: Random, width: int, unit: float, *, lake: bool) -> Floats:
    if lake:
        return floats(0.7 * np.clip(1 - np.abs(curve(random, width, unit * 0.55, 7)), 0, 1))
    return floats(np.clip(curve(random, width, unit * 0.8, 6) + 0.1, -0.05, None))


def _plan(shot: Shot, horizon: float) -> list[Ridge]:
    count = 4 if shot.scene.place is Place.DESERT else 5
    plan = []
    for index in range(count):
        depth = index / (count - 1)
        speed = shot.unit * (0.012 + 0.13 * depth**1.8)
        random = shot.random(f"ridge {index}")
        width = shot.reach(speed)
        foot = horizon + (shot.height - horizon) * (depth**1.4) * 0.72 - shot.unit * 0.02
        ground = foot - _profile(shot, random, width, depth)
        line = ground
        if tall := _tallness(shot, depth):
            dense = 0.9 if shot.scene.place is Place.FOREST else 0.4
            line = _trees(random, ground, tall, dense)
        plan.append(Ridge(depth=depth, speed=speed, line=line, ground=ground, foot=foot))
    return plan


def _profile(shot: Shot, random: Random, width: int, depth: float) -> Floats:
    unit = shot.unit
    match shot.scene.place:
        case Place.MOUNTAINS if depth < 0.7:
            rough = np.abs(curve(random, width, unit * (0.62 - 0.2 * depth), 8, rough=0.52))
            return floats(unit * (0.42 - 0.32 * depth) * np.clip(1 - rough, 0, 1) ** 1.5)
        case Place.DESERT:
            return _dune(random, width, unit * (0.75 + 0.7 * depth)) * np.float32(
                unit * (0.10 + 0.13 * depth)
            )
        case _:
            hills = curve(random, width, unit * (0.8 + 0.4 * depth), 6, rough=0.36) * 0.5 + 0.5
            return (unit * (0.18 - 0.09 * depth) * hills).astype(np.float32)


def _dune(random: Random, width: int, long: float) -> Floats:
    """Return a line of crests, from 0 to 1: a slow rise to each and a steep fall."""
    at = np.arange(width, dtype=np.float32) / long + float(random.uniform(0, 1))
    at += 0.16 * curve(random, width, long * 0.8, 2)
    share = at % 1.0
    rise, fall = np.clip(share / 0.66, 0, 1), np.clip((share - 0.66) / 0.34, 0, 1)
    shape = np.sin(rise * np.pi / 2) ** 1.6 * np.clip(np.cos(fall * np.pi / 2), 0, 1) ** 1.4
    height = np.array(random.uniform(0.45, 1.0, int(at.max()) + 3), np.float32)
    low = height[at.astype(int)]
    return floats(shape * (low + (height[at.astype(int) + 1] - low) * share))


def _tallness(shot: Shot, depth: float) -> float:
    match shot.scene.place:
        case Place.FOREST:
            return shot.unit * (0.045 + 0.18 * depth**2)
        case Place.DESERT:
            return 0.0
        case place:
            first = 0.7 if place is Place.MOUNTAINS else 0.3
            return shot.unit * (0.03 + 0.11 * depth**2) if depth >= first else 0.0


def _trees(random: Random, line: Floats, tall: float, dense: float) -> Floats:
    """Return a line with conifers standing on it; rows count downwards."""
    width = line.shape[0]
    grown = line.copy()
    at = -tall
    while at < width + tall:
        height = tall * float(random.uniform(0.5, 1.15))
        half = max(1.5, height * float(random.uniform(0.16, 0.23)))
        left, right = max(0, int(at - half)), min(width, int(at + half) + 2)
        if right > left and random.random() < dense:
            aside = np.abs(np.arange(left, right, dtype=np.float32) - np.float32(at)) / half
            # Branches in tiers: steps on the way down from the tip.
            tiers = aside + 0.10 * ((aside * 6.5) % 1.0)
            foot = line[min(width - 1, max(0, int(at)))]
            tree = foot + 0.05 * tall - height * np.clip(1 - tiers, 0, None)
            grown[left:right] = np.where(
                aside <= 1, np.minimum(grown[left:right], tree), grown[left:right]
            )
        at += half * float(random.uniform(0.5, 2.2))
    return grown.astype(np.float32)


def _range(shot: Shot, ridge: Ridge, sun_x: float, *, bottom: int | None = None) -> Painter:
    random = shot.random(f"rock {ridge.depth}")
    end = shot.height if bottom is None else bottom // 2 * 2
    top = min(end - 4, max(0, int(ridge.line.min()) - 2)) // 2 * 2
    rows = np.arange(top, end, dtype=np.float32)[:, None]
    alpha = np.clip(rows - ridge.line[None, :] + 0.5, 0, 1)
    sheet = layer(random, _surface(shot, ridge, rows, sun_x), alpha, top=top)

    def paint(picture: Picture, second: float) -> None:
        sheet.slide(picture, ridge.speed * second)

    return paint


def _surface(shot: Shot, ridge: Ridge, rows: Floats, sun_x: float) -> Floats:
    palette, unit, depth = shot.palette, shot.unit, ridge.depth
    below = (rows - ridge.ground[None, :]) / unit
    side = 1.0 if sun_x < 0.5 else -1.0
    near = blend(tint(palette.far), tint(palette.near), depth**0.75)
    match shot.scene.place:
        case Place.MOUNTAINS if depth < 0.7:
            body = _rock(shot, ridge, below, side, near)
        case Place.DESERT:
            body = _sand(shot, ridge, below, side, near)
        case _:
            body = _growth(shot, ridge, below, near)
    fog = step(ridge.foot - 0.14 * unit, ridge.foot + 0.10 * unit, rows) * (0.86 - 0.70 * depth)
    return np.clip(blend(body, tint(palette.mist), fog * np.ones_like(below)), 0, 1)


def _growth(shot: Shot, ridge: Ridge, below: Floats, near: Floats) -> Floats:
    random = shot.random(f"growth {ridge.depth}")
    patches = field(random, below.shape, (shot.unit * 0.05, shot.unit * 0.22), 5)
    light = blend(near, tint(shot.palette.light), 0.30 - 0.22 * shot.palette.night)
    edge = np.exp(-np.clip(below, 0, None) * 26) * 0.5
    return blend(
        near * np.ones((*below.shape, 1), np.float32), light, np.clip(patches * 0.5 + edge, 0, 1)
    )


def _rock(shot: Shot, ridge: Ridge, below: Floats, side: float, near: Floats) -> Floats:
    random = shot.random(f"rock face {ridge.depth}")
    unit, palette = shot.unit, shot.palette
    width = below.shape[1]
    creases = 1 - np.abs(field(random, below.shape, (unit * 0.22, unit * 0.10), 6)) * 1.3
    # A face looks the way that the ridge above it does, the farther down the more ragged.
    bulk = np.convolve(ridge.ground, np.ones(9, np.float32) / 9, "same")
    facing = np.gradient(bulk).astype(np.float32)
    aside = (np.arange(width)[None, :] + creases * unit * 0.07 + below * unit * 0.35 * side).astype(
        int
    )
    faces = np.clip(facing[np.clip(aside, 0, width - 1)] * -side * 0.9, -1, 1)
    grain = np.clip((creases - np.roll(creases, int(2 * side), axis=1)) * 5, -1, 1)
    lit = np.clip(0.42 + 0.40 * faces + 0.34 * grain, 0, 1)
    dark = near * np.float32(0.62)
    light = blend(near, tint(palette.light), 0.46 - 0.30 * palette.night)
    body = blend(dark * np.ones((*below.shape, 1), np.float32), light, lit)
    cold = palette.horizon[2] > 0.9
    reach = 0.20 if cold else 0.085
    snow = step(reach, reach * 0.45, below + 0.10 * (creases - 0.6) - 0.03 * faces)
    white = blend(
        tint(palette.zenith) * 0.75 + 0.12,
        np.clip(tint(palette.light) * 1.03, 0, 1),
        step(0.15, 0.75, lit),
    )
    white = blend(
        white, tint(palette.far), np.float32(0.25 + 0.45 * palette.night) * np.ones_like(lit)
    )
    return blend(body, white, snow * (0.95 - 0.35 * palette.night))


def _sand(shot: Shot, ridge: Ridge, below: Floats, side: float, near: Floats) -> Floats:
    random = shot.random(f"sand {ridge.depth}")
    unit, palette = shot.unit, shot.palette
    width = below.shape[1]
    down = np.clip(below, 0, None)
    bend = field(random, below.shape, (unit * 0.3, unit * 0.5), 3)
    aside = (np.arange(width)[None, :] + down * unit * 0.55 * (1 + 0.5 * bend)).astype(int)
    slope = np.gradient(ridge.ground).astype(np.float32)[np.clip(aside, 0, width - 1)]
    face = step(-0.10, 0.14, slope * side) * np.exp(-down * 2.2)
    ripples = np.sin(down * 150 + 14 * bend + aside * (7 / unit)) * 0.05 * np.exp(-down * 1.5)
    lit = np.clip(0.62 - 0.60 * face + 0.10 * bend + ripples, 0, 1)
    dark = near * tint((0.52, 0.46, 0.56))
    light = blend(near, tint(palette.light), 0.42 - 0.2 * ridge.depth - 0.2 * palette.night)
    return blend(dark * np.ones((*below.shape, 1), np.float32), light, lit)
