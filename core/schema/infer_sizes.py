"""The sizes of a model's clips, where its parameters name them in pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from core.params import Choice, Param

_SIZE = re.compile(r"(\d{2,5}) ?[x×*] ?(\d{2,5})")
_USUAL = ((16, 9), (9, 16), (1, 1), (4, 3), (3, 4), (21, 9), (3, 2), (2, 3))


def infer_sizes(params: Sequence[Param]) -> dict[str, tuple[int, int]]:
    """Return width and height by aspect ratio; empty where the parameters do not tell."""
    found: dict[str, tuple[int, int]] = {}
    for param in params:
        if not isinstance(param, Choice):
            continue
        told = [param.default, *param.choices]
        pairs = [match for value in told if (match := _SIZE.fullmatch(str(value)))]
        for match in pairs:
            width, height = int(match[1]), int(match[2])
            found.setdefault(_ratio(width, height), (width, height))
    return found or _sides(params)


def _sides(params: Sequence[Param]) -> dict[str, tuple[int, int]]:
    sides = {param.name: param.default for param in params if param.name in {"width", "height"}}
    width, height = sides.get("width"), sides.get("height")
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) < 16:
        return {}
    return {_ratio(width, height): (width, height)}


def _ratio(width: int, height: int) -> str:
    for wide, high in _USUAL:
        if abs(width * high / (height * wide) - 1) < 0.03:
            return f"{wide}:{high}"
    both = math.gcd(width, height) or 1
    return f"{width // both}:{height // both}"
