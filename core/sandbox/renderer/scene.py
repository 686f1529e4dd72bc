"""Reads a prompt's words into a scene: where, in what light, with what in it; it paints nothing."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from core.sandbox.renderer.light import PALETTES, Palette

K = TypeVar("K")


class Place(StrEnum):
    """Where a scene is set."""

    MOUNTAINS = "mountains"
    HILLS = "hills"
    SEA = "sea"
    LAKE = "lake"
    CITY = "city"
    FOREST = "forest"
    DESERT = "desert"
    SPACE = "space"
    SILK = "silk"


class Prop(StrEnum):
    """What can be in a scene besides."""

    RAIN = "rain"
    SNOW = "snow"
    MIST = "mist"
    BIRDS = "birds"
    LANTERNS = "lanterns"
    FIREFLIES = "fireflies"
    EMBERS = "embers"
    AURORA = "aurora"
    BOAT = "boat"
    BEACON = "beacon"
    TRAIN = "train"


PLACES: Mapping[Place, str] = {
    Place.SPACE: "space galaxy planet nebula cosmos cosmic orbit asteroid spaceship astronaut "
    "spacecraft universe star-field starfield interstellar",
    Place.CITY: "city street town tram skyline skyscraper tower traffic neon tokyo york paris "
    "london urban alley downtown cyberpunk rooftop cafe bar market metro taxi car cars",
    Place.SEA: "sea ocean wave beach coast shore island surf harbor harbour lighthouse ship sail "
    "whale dolphin bay cliff tide yacht",
    Place.LAKE: "river lake boat pond water gutter stream canal lagoon swan reflection bridge "
    "waterfall fjord canoe",
    Place.FOREST: "forest wood tree jungle sequoia pine bamboo grove raccoon fox deer bear wolf "
    "squirrel owl mushroom rabbit garden fairy",
    Place.DESERT: "desert dune sahara sand camel canyon oasis mars pyramid savanna lion cowboy",
    Place.MOUNTAINS: "mountain peak alp alps summit glacier eagle dragon snow-capped himalaya "
    "valley ridge volcano castle snow winter climb climber goat",
    Place.HILLS: "hill field meadow rice terrace farm countryside village prairie vineyard sheep "
    "horse cow grass tuscany train balloon flower flowers",
    Place.SILK: "abstract silk ink paint liquid smoke marble pattern colour color fabric steam "
    "noodles clay potter macro watercolour watercolor fluid",
}

LIGHTS: Mapping[str, str] = {
    "neon": "neon cyberpunk synthwave vaporwave disco",
    "ember": "fire flame lava volcano dragon ember inferno burning evil hell",
    "night": "night midnight moon moonlit star stars starry dark lantern firefly fireflies aurora",
    "sunset": "sunset evening golden",
    "dusk": "dusk twilight dim",
    "sunrise": "sunrise dawn morning daybreak",
    "storm": "storm thunder lightning tempest rain rainy hurricane gale",
    "snow": "snow snowy winter ice frozen glacier blizzard frost arctic",
    "autumn": "autumn fall october amber harvest sequoia",
    "desert": "desert dune sahara camel sand canyon mars",
    "overcast": "overcast grey gray cloudy mist misty fog foggy haze",
    "green": "forest jungle meadow rice green spring bamboo grass moss raccoon",
    "day": "day noon sunny bright summer blue clear tropical",
    "rose": "pink rose blossom cherry romantic dream pastel watercolour watercolor paper",
}

PROPS: Mapping[Prop, str] = {
    Prop.RAIN: "rain rainy storm drizzle downpour wet",
    Prop.SNOW: "snow snowy blizzard snowfall snowflake winter",
    Prop.MIST: "mist misty fog foggy haze steam smoke",
    Prop.BIRDS: "bird birds eagle gull seagull gulls crow swallow hawk crane flock geese dragon",
    Prop.LANTERNS: "lantern lanterns candle candles",
    Prop.FIREFLIES: "firefly fireflies magic magical fairy glow glowing sparkle pollen",
    Prop.EMBERS: "fire flame ember embers lava campfire volcano dragon burning spark sparks",
    Prop.AURORA: "aurora borealis",
    Prop.BOAT: "boat ship sail sailboat sails canoe yacht gondola",
    Prop.BEACON: "lighthouse beacon",
    Prop.TRAIN: "train tram railway locomotive metro",
}

# What a place is lit by where no word says so: one of these, by the prompt's hash.
CUSTOM: Mapping[Place, tuple[str, ...]] = {
    Place.SPACE: ("space",),
    Place.CITY: ("night", "dusk", "neon"),
    Place.DESERT: ("desert", "sunset"),
    Place.SEA: ("sunset", "day", "rose"),
    Place.FOREST: ("green", "sunrise", "autumn"),
    Place.SILK: ("sunset", "neon", "rose", "ember", "night", "green"),
}
ANY_LIGHT = ("sunrise", "sunset", "rose", "day", "dusk")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a prompt asks to be seen; `text` is all of it, for what only chance decides."""

    place: Place
    palette: Palette
    props: frozenset[Prop]
    text: str


COMPOUNDS = frozenset(word for names in PLACES.values() for word in names.split() if "-" in word)
"""Words that mean something else than their parts: a snow-capped peak has no snow in the air."""


def read_scene(prompt: str, without: str = "") -> Scene:
    """Return the scene that a prompt describes; nothing named in `without` is put into it."""
    words, banned = _words(prompt), _words(without)
    place = _best(PLACES, words) or _by_chance(tuple(Place), prompt)
    light = _best(LIGHTS, words)
    if place is Place.SPACE:
        light = "space"
    if light is None:
        light = _by_chance(CUSTOM.get(place, ANY_LIGHT), prompt)
    props = {prop for prop, names in PROPS.items() if _hits(names, words) > _hits(names, banned)}
    text = f"{prompt}\n{without}" if without else prompt
    return Scene(place=place, palette=PALETTES[light], props=frozenset(props), text=text)


def _words(text: str) -> list[str]:
    found = re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower().replace("northern lights", "aurora"))
    return [part for word in found for part in ([word] if word in COMPOUNDS else word.split("-"))]


def _hits(names: str, words: list[str]) -> int:
    known = set(names.split())
    return sum(
        bool({word, word.removesuffix("s"), word.removesuffix("es")} & known) for word in words
    )


def _best(table: Mapping[K, str], words: list[str]) -> K | None:
    scores = {key: _hits(names, words) for key, names in table.items()}
    best = max(scores, key=lambda key: scores[key])
    return best if scores[best] else None


def _by_chance(options: tuple[K, ...], text: str) -> K:
    return options[zlib.crc32(text.encode(errors="replace")) % len(options)]
