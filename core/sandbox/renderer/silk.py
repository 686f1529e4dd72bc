"""Flowing cloth of light, for prompts that name no place."""

from __future__ import annotations

import numpy as np

from core.sandbox.renderer.noise import resized
from core.sandbox.renderer.shot import Painter, Shot, blend, tint
from core.sandbox.renderer.yuv import Floats, Picture, as_bytes, to_ycc

SCALE = 4


def cloth(shot: Shot) -> Painter:
    """Return the painter of the whole frame: waves bent by waves, lit from one side."""
    random = shot.random("cloth")
    height, width = shot.height // SCALE, shot.width // SCALE
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(min(height, width))
    turns = random.uniform(0, 2 * np.pi, 8).astype(np.float32)
    bends = random.uniform(1.1, 2.2, 6).astype(np.float32)
    colours = _colours(shot)
    lean = np.float32(random.uniform(-0.5, 0.5))

    def paint(picture: Picture, second: float) -> None:
        now = np.float32(second)
        u = x + np.float32(0.16) * np.sin(bends[0] * 2 * y + turns[0] + now * np.float32(0.5))
        v = y + np.float32(0.14) * np.sin(bends[1] * 2 * x + turns[1] - now * np.float32(0.42))
        u = u + np.float32(0.12) * np.sin(bends[2] * 3 * v + turns[2] - now * np.float32(0.6))
        v = v + np.float32(0.10) * np.sin(bends[3] * 3 * u + turns[3] + now * np.float32(0.5))
        folds = np.sin(bends[4] * 3 * (v + lean * u) + turns[4] + now * np.float32(0.7))
        folds += np.float32(0.5) * np.sin(bends[5] * 6 * (u * lean + v) + 3 * u + turns[5] - now)
        slope = np.zeros_like(folds)
        slope[1:] = folds[1:] - folds[:-1]
        shine = np.clip(slope * np.float32(height / 9.0), -1, 1)
        tone = np.clip(folds * np.float32(0.30) + np.float32(0.5), 0, 1)
        rgb = _looked_up(colours, tone)
        rgb = rgb * (np.float32(0.72) + np.float32(0.38) * shine[..., None])
        rgb += (np.clip(shine, 0, 1) ** 6 * np.float32(0.16))[..., None]
        _stretch(picture, np.clip(rgb, 0, 1))

    return paint


def _colours(shot: Shot) -> Floats:
    palette = shot.palette
    stops = np.stack(
        [
            tint(palette.near),
            tint(palette.zenith),
            tint(palette.middle),
            tint(palette.horizon),
            tint(palette.light) * np.float32(0.96),
        ]
    )
    at = np.linspace(0, len(stops) - 1.001, 256, dtype=np.float32)
    index = at.astype(np.int32)
    return blend(stops[index], stops[index + 1], at - index)


def _looked_up(colours: Floats, tone: Floats) -> Floats:
    at = tone * np.float32(254.9)
    index = at.astype(np.int32)
    share = (at - index)[..., None]
    return colours[index] * (1 - share) + colours[index + 1] * share


def _stretch(picture: Picture, rgb: Floats) -> None:
    luma, cb, cr = to_ycc(rgb)
    picture.y[:] = as_bytes(resized(luma, picture.width, picture.height))
    for target, plane in ((picture.cb, cb), (picture.cr, cr)):
        target[:] = as_bytes(resized(plane, picture.width // 2, picture.height // 2))
