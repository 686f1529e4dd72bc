"""Puts the painters of a scene in order, from the back to the front, and shoots the frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from core.sandbox.renderer import air, atmosphere, city, land, silk, sky, space, things, water
from core.sandbox.renderer.scene import Place, Prop
from core.sandbox.renderer.shot import Painter, Shot
from core.sandbox.renderer.yuv import Picture, blank, mix

ARRIVAL = 0.8
"""Seconds in which the weather comes over a given picture."""


def shoot(shot: Shot) -> Iterator[Picture]:
    """Yield the frames of a shot. Each is only good until the next: it is painted over."""
    painters = _painters(shot)
    picture = blank(shot.width, shot.height)
    for index in range(shot.frames):
        for paint in painters:
            paint(picture, index / shot.fps)
        yield picture


def shoot_over(shot: Shot, pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Yield given pictures in the scene's light and weather, the first one as it is given."""
    painters = [atmosphere.light(shot), *_in_the_air(shot), *_weather(shot), _lens(shot)]
    for index, picture in enumerate(pictures):
        frame = picture.copy()
        for paint in painters:
            paint(frame, index / shot.fps)
        yield mix(picture, frame, index / (shot.fps * ARRIVAL))


def _painters(shot: Shot) -> list[Painter]:
    match shot.scene.place:
        case Place.SILK:
            painters = [silk.cloth(shot)]
        case Place.SPACE:
            painters = _space(shot)
        case Place.CITY:
            painters = _city(shot)
        case Place.SEA | Place.LAKE:
            painters = _waterside(shot)
        case _:
            painters = _landscape(shot)
    return [*painters, *_weather(shot), _lens(shot)]


def _space(shot: Shot) -> list[Painter]:
    planet = space.Planet(shot)
    return [
        space.nebula(shot),
        space.stars(shot, 0.0),
        space.stars(shot, 0.4),
        planet.paint,
        space.stars(shot, 1.0),
    ]


def _city(shot: Shot) -> list[Painter]:
    ground = water.waterline(shot, 0.74)
    sun_x = sky.sun_at(shot)
    painters = [
        *_heaven(shot, ground * 0.94, sun_x),
        *city.blocks(shot, ground),
        city.traffic(shot, ground),
    ]
    if Prop.TRAIN in shot.scene.props:
        painters.append(things.train(shot, ground))
    painters.append(water.water(shot, ground, sun_x=sun_x, rough=0.0))
    if shot.palette.night > 0.3:
        painters.append(city.bokeh(shot))
    return painters


def _waterside(shot: Shot) -> list[Painter]:
    sea = shot.scene.place is Place.SEA
    horizon = water.waterline(shot, float(shot.random("horizon").uniform(0.5, 0.58)))
    sun_x = sky.sun_at(shot)
    props = shot.scene.props
    painters = [*_heaven(shot, horizon, sun_x), *land.far_shore(shot, horizon, sun_x)]
    if Prop.BEACON in props:
        painters.append(things.lighthouse(shot, horizon))
    if Prop.TRAIN in props:
        painters.append(things.train(shot, horizon))
    painters.append(water.water(shot, horizon, sun_x=sun_x, rough=0.85 if sea else 0.12))
    if Prop.BOAT in props:
        painters.append(things.boat(shot, horizon))
    if Prop.LANTERNS in props:
        painters.append(air.lanterns(shot, horizon, afloat=True))
    if Prop.BIRDS in props:
        painters.append(air.birds(shot, horizon))
    return painters


def _landscape(shot: Shot) -> list[Painter]:
    horizon = shot.height * float(shot.random("horizon").uniform(0.50, 0.6))
    sun_x = sky.sun_at(shot)
    props = shot.scene.props
    ranges = land.ridges(shot, horizon, sun_x)
    painters = [*_heaven(shot, horizon, sun_x), *ranges[:-1]]
    if Prop.MIST in props or shot.scene.place is Place.FOREST:
        painters.append(air.mist(shot, horizon))
    if Prop.TRAIN in props:
        painters.append(things.train(shot, horizon + shot.unit * 0.12))
    if Prop.BIRDS in props:
        painters.append(air.birds(shot, horizon))
    painters.append(ranges[-1])
    if Prop.LANTERNS in props:
        painters.append(air.lanterns(shot, horizon, afloat=False))
    return painters


def _heaven(shot: Shot, horizon: float, sun_x: float) -> list[Painter]:
    painters = [sky.sky(shot, horizon, sun_x)]
    if shot.palette.night > 0.5:
        painters.append(sky.twinkle(shot, horizon))
    if Prop.AURORA in shot.scene.props:
        return [*painters, sky.aurora(shot, horizon)]
    return painters + sky.clouds(shot, horizon, sun_x)


def _in_the_air(shot: Shot) -> list[Painter]:
    horizon = shot.height * 0.5
    props = shot.scene.props
    painters = []
    if Prop.MIST in props:
        painters.append(air.mist(shot, horizon * 1.5))
    if Prop.BIRDS in props:
        painters.append(air.birds(shot, horizon))
    if Prop.LANTERNS in props:
        painters.append(air.lanterns(shot, horizon, afloat=False))
    return painters


def _weather(shot: Shot) -> list[Painter]:
    weather = {
        Prop.RAIN: air.rain,
        Prop.SNOW: air.snow,
        Prop.EMBERS: air.embers,
        Prop.FIREFLIES: air.fireflies,
    }
    return [paint(shot) for prop, paint in weather.items() if prop in shot.scene.props]


def _lens(shot: Shot) -> Painter:
    """Return the painter of what the lens does: corners a little darker, a little grain."""
    random = shot.random("grain")
    y, x = np.ogrid[-1 : 1 : shot.height * 1j, -1 : 1 : shot.width * 1j]
    corners = (256 - 46 * np.clip(np.hypot(x, y) - 0.55, 0, 1) ** 1.5).astype(np.uint16)
    spare = 64
    grain = random.normal(0, 0.8, (shot.height + spare, shot.width + spare)).round().astype(np.int8)
    places = random.integers(0, spare, (shot.frames, 2))

    def paint(picture: Picture, second: float) -> None:
        row, column = places[round(second * shot.fps) % shot.frames]
        darker = picture.y * corners
        darker >>= 8
        darker += grain[row : row + shot.height, column : column + shot.width].view(np.uint8)
        picture.y[:] = darker.astype(np.uint8)

    return paint
