"""Colours of the light at one time of day or in one mood; a table, picked by the prompt's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours from 0 to 1. `night` is how dark it is, from 0 to 1; `sun` how high the light stands.

    `zenith`, `middle` and `horizon` colour the sky, `light` the sun or moon, `far` and `near` the
    land, `mist` what lies between, `water` its depth, `accent` whatever glows.
    """

    zenith: Colour
    middle: Colour
    horizon: Colour
    light: Colour
    far: Colour
    near: Colour
    mist: Colour
    water: Colour
    accent: Colour
    night: float = 0.0
    sun: float = 0.3


def colour(code: str) -> Colour:
    """Return the colour of a code like `ffaa00`."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _palette(codes: str, *, night: float = 0.0, sun: float = 0.3) -> Palette:
    zenith, middle, horizon, light, far, near, mist, water, accent = map(colour, codes.split())
    return Palette(
        zenith=zenith,
        middle=middle,
        horizon=horizon,
        light=light,
        far=far,
        near=near,
        mist=mist,
        water=water,
        accent=accent,
        night=night,
        sun=sun,
    )


# zenith middle horizon light far near mist water accent
PALETTES: Mapping[str, Palette] = {
    "sunrise": _palette(
        "35507f 8f8fb5 ffcf9e fff0cf 7f86a8 1d2a3d f6c9a6 2b4560 ffc27a", night=0.05, sun=0.12
    ),
    "sunset": _palette(
        "2b2257 a8446f ff9a5a ffe0a3 8a4a6e 1a1230 f0926b 33284f ff9d4d", night=0.12, sun=0.1
    ),
    "day": _palette(
        "2f74bd 78b3e2 d9edf6 fffbe8 8fb0c9 24452f cfe3ee 1f5f86 fff2b0", night=0.0, sun=0.5
    ),
    "overcast": _palette(
        "6d7f90 94a3af c3ccd1 eef2f3 8c9ba6 27343c b4c0c7 3d5361 ffd89a", night=0.05, sun=0.4
    ),
    "storm": _palette(
        "1c2733 3a4a58 71808a bccad2 465663 0e161d 5d6d78 1d2e3a ffc878", night=0.45, sun=0.45
    ),
    "dusk": _palette(
        "141c40 43406f c98a86 ffd9b0 4b4a74 0d1124 8a7390 1b2447 ffb464", night=0.4, sun=0.05
    ),
    "night": _palette(
        "060b1e 10204a 2f4f7c e6efff 24406a 04070f 2d4a73 0a1a38 ffc46b", night=1.0, sun=0.5
    ),
    "neon": _palette(
        "0a0620 271250 7a2a86 ffd7fb 3b2a72 07040f 5a2c80 150c38 22e0ff", night=0.9, sun=0.55
    ),
    "snow": _palette(
        "5d88b8 a3c1dd e9f1f7 fffaf0 a9c0d6 2e4257 e3edf5 50769a fff0c8", night=0.0, sun=0.3
    ),
    "desert": _palette(
        "3f6fae 9fb9cf f7dcb0 fff3d0 d49a66 8a4a26 f2cf9c 3f7a86 fff0b0", night=0.0, sun=0.25
    ),
    "autumn": _palette(
        "5a7da8 b9b9b4 f7d9a8 fff0c8 a5764f 2d1a12 ecc490 3c4a55 ff9a3c", night=0.0, sun=0.2
    ),
    "green": _palette(
        "5f93a8 a5c8b8 eef3d0 fffbe0 7fa58a 10251c d3e6c4 2a5a56 ffe98a", night=0.0, sun=0.35
    ),
    "ember": _palette(
        "170a12 4a141c c2431f ffb45a 5a2024 0c0508 8a3020 2a0e12 ff7a2a", night=0.6, sun=0.2
    ),
    "space": _palette(
        "03040c 0a0a22 1a1440 fff0dc 2c3f8f 04040a 6a3a9a 0a1030 ff9ad0", night=1.0, sun=0.5
    ),
    "rose": _palette(
        "3b3f7a b386b8 ffc9c4 fff0ea 9a8bb8 2b2447 f3c6cc 42507f ffd0dc", night=0.05, sun=0.18
    ),
}
