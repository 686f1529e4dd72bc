"""Reads an order's size, rate and length out of its values, however a model writes them.

What a model of the sandbox's own asks for is what it gets. A clip for any other model is at most
1280 pixels on its longer side, 30 frames a second and 10 seconds, however large the order: the
sandbox is for trying things out, and stays quick. Where an order tells nothing, its clip has the
shape of the picture or clip that came with it, else 16:9, in 720p; it lasts as long as that
clip, else 5 seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.models import ModelSpec
from core.sandbox.order_files import Facts

Values = Mapping[str, Any]
Size = tuple[int, int]

LONGEST_SOURCE = 10.125
DEFAULT_RATE = 24
DEFAULT_SECONDS = 5.0
DEFAULT_LINES = 720
LARGEST_SIDE, LEAST_SIDE = 1280, 160
STEEPEST = 4.0
"""The longer side of a frame over its shorter one, at most."""

LONGEST, SHORTEST = 10.0, 1.0
FASTEST, SLOWEST = 30, 8

WIDE = 16 / 9
SHAPES = {"landscape": WIDE, "wide": WIDE, "portrait": 9 / 16, "upright": 9 / 16, "square": 1.0}
LINES = {"1k": 1080, "2k": 1440, "4k": 2160, "8k": 4320, "sd": 480, "hd": 720, "fhd": 1080}

RATIO_NAMES = ("aspect_ratio", "aspectratio", "ratio", "orientation", "format")
SIZE_NAMES = ("resolution", "size", "video_size", "image_size", "quality", "dimensions")
FRAME_NAMES = ("num_frames", "frames", "frame_count", "frame_num")
SECOND_NAMES = ("duration", "seconds", "length", "duration_seconds", "video_length")
RATE_NAMES = ("fps", "frame_rate", "framerate", "frames_per_second", "target_fps")

UNITS = ("frames", "s")

NUMBER = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*[a-z]*\s*", re.IGNORECASE)
SIZE = re.compile(r"(\d{2,5})\s*[x*×:,/]\s*(\d{2,5})", re.IGNORECASE)
RATIO = re.compile(r"(?<!\d)(\d{1,2}(?:\.\d{1,2})?)\s*[:x_/]\s*(\d{1,2}(?:\.\d{1,2})?)(?!\d)")
LINE_COUNT = re.compile(r"(?<!\d)(\d{3,4})\s*[pi]?(?![\dx*×:])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Take:
    """A clip's size in pixels, its rate a second, and its number of frames."""

    width: int
    height: int
    fps: int
    frames: int

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.width, self.height


def take_of(spec: ModelSpec, values: Values, given: Facts | None = None) -> Take:
    """Return what the values ask for; `given` is the picture or clip that came with them.

    Odd sides lose a pixel, since 4:2:0 has none.
    """
    if _is_own(spec):
        return _as_asked(spec, values)
    width, height = _bounded(_size(spec, values, given))
    rate = _first_number(values, RATE_NAMES) or spec.fps or DEFAULT_RATE
    fps = round(min(FASTEST, max(SLOWEST, rate)))
    asked = _length(spec, values) or (given.seconds if given else None) or DEFAULT_SECONDS
    seconds = min(LONGEST, max(SHORTEST, asked))
    return Take(width=width, height=height, fps=fps, frames=round(seconds * fps))


def seconds_of(spec: ModelSpec, values: Values) -> float | None:
    """Return the length in seconds that is asked for, at any vendor's length."""
    return spec.seconds(values) if _is_own(spec) else _length(spec, values)


def _is_own(spec: ModelSpec) -> bool:
    return spec.built_in and spec.wire is None


def _as_asked(spec: ModelSpec, values: Values) -> Take:
    width, height = spec.sizes[values.get("aspect_ratio") or "16:9"]
    width, height = int(values.get("width") or width), int(values.get("height") or height)
    fps = int(values.get("fps") or spec.fps or DEFAULT_RATE)
    seconds = spec.seconds(values) or (LONGEST_SOURCE if "strength" in values else DEFAULT_SECONDS)
    frames = max(1, round(seconds * fps))
    return Take(width=width // 2 * 2, height=height // 2 * 2, fps=fps, frames=frames)


def _size(spec: ModelSpec, values: Values, given: Facts | None) -> tuple[float, float]:
    width, height = _first_number(values, ("width",)), _first_number(values, ("height",))
    if width and height:
        return width, height
    said = [*_texts(values, SIZE_NAMES), *_texts(values, RATIO_NAMES)]
    for text in said:
        if found := SIZE.search(text):
            pair = float(found[1]), float(found[2])
            if min(pair) >= 100:
                return pair
    shape = _shape(spec, values, given)
    if width:
        return width, width / shape
    if height:
        return height * shape, height
    lines = _lines(values)
    if not lines and (known := _known_size(spec, values)):
        return known
    return _lined(shape, lines or DEFAULT_LINES)


def _known_size(spec: ModelSpec, values: Values) -> tuple[float, float] | None:
    for text in _texts(values, RATIO_NAMES):
        return spec.sizes.get(text)
    return next(iter(spec.sizes.values()), None)


def _shape(spec: ModelSpec, values: Values, given: Facts | None) -> float:
    for text in [*_texts(values, RATIO_NAMES), *_texts(values, SIZE_NAMES)]:
        if found := RATIO.search(text):
            across, down = float(found[1]), float(found[2])
            if across > 0 and down > 0:
                return across / down
        if known := next((SHAPES[word] for word in SHAPES if word in text), None):
            return known
    if given:
        return given.width / given.height
    width, height = next(iter(spec.sizes.values()), (WIDE, 1.0))
    return width / height


def _lines(values: Values) -> int | None:
    for text in _texts(values, SIZE_NAMES):
        if found := LINE_COUNT.search(text):
            return int(found[1])
        if known := next((LINES[word] for word in LINES if word == text), None):
            return known
    return None


def _lined(shape: float, lines: int) -> tuple[float, float]:
    return (lines * shape, lines) if shape >= 1 else (lines, lines / shape)


def _bounded(size: tuple[float, float]) -> Size:
    shape = min(STEEPEST, max(1 / STEEPEST, size[0] / size[1]))
    longer = min(float(LARGEST_SIDE), max(size))
    shorter = longer / max(shape, 1 / shape)
    if shorter < LEAST_SIDE:
        longer, shorter = longer * LEAST_SIDE / shorter, float(LEAST_SIDE)
    across, down = (longer, shorter) if shape >= 1 else (shorter, longer)
    return _even(across), _even(down)


def _even(length: float) -> int:
    # A third of a pixel forgives 853.33 and the like; then down, as with odd sides elsewhere.
    return math.floor(length + 1 / 3) // 2 * 2


def _length(spec: ModelSpec, values: Values) -> float | None:
    rate = _first_number(values, RATE_NAMES) or spec.fps or DEFAULT_RATE
    of_unit = {unit: [param.name for param in spec.params if param.unit == unit] for unit in UNITS}
    if frames := _first_number(values, (*of_unit["frames"], *FRAME_NAMES)):
        return frames / rate
    return _first_number(values, (*of_unit["s"], *SECOND_NAMES))


def _first_number(values: Values, names: tuple[str, ...]) -> float | None:
    """Return the first of those values that is a number above zero, 5, "5" or "5s"."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and (found := NUMBER.fullmatch(value)):
            value = float(found[1])
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    return None


def _texts(values: Values, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = values.get(name)
        if isinstance(value, Mapping):
            pair = value.get("width"), value.get("height")
            value = f"{pair[0]}x{pair[1]}"
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield str(value).strip().lower()
