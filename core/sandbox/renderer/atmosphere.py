"""Lays the light of a scene over pictures that are given, softly: they stay what they are."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.sandbox.renderer.shot import Painter, Shot, tint
from core.sandbox.renderer.yuv import Floats, Picture, to_ycc

COARSE = 8
"""Pixels of the frame for one of the light, which has no edges."""

ARRIVAL = 2.0
"""Seconds until all of the light is there."""

STAIN, DUSK, GLOW = 0.2, 0.3, 0.36


def light(shot: Shot) -> Painter:
    """Return the painter of a sun that drifts past outside the frame, and of its colours."""
    palette = shot.palette
    start = float(shot.random("light").uniform(0.1, 0.6))
    shade = [float(part[0, 0]) for part in to_ycc(tint(palette.horizon)[None, None])]
    down, across = _coarse(shot)

    def paint(picture: Picture, second: float) -> None:
        share = _eased(second / ARRIVAL)
        x = start + 0.5 * second / max(1.0, shot.seconds)
        far = np.hypot(across - x, (down + 0.12) * 0.8)
        beam = np.clip(1.1 - far, 0, 1) ** 2 * (GLOW * share)
        _brighten(picture, beam, 1 - DUSK * palette.night * share)
        for plane, value in zip((picture.cb, picture.cr), shade[1:], strict=True):
            stained = plane + (np.float32(value) - plane) * np.float32(STAIN * share)
            plane[:] = stained.astype(np.uint8)

    return paint


def _brighten(picture: Picture, beam: Floats, dimmed: float) -> None:
    size = picture.width, picture.height
    field = Image.fromarray((beam * 255).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    luma = picture.y.astype(np.uint16)
    luma *= round(256 * dimmed)
    luma >>= 8
    room = 235 - np.minimum(luma, 235)
    luma += room * np.asarray(field) >> 8
    picture.y[:] = np.maximum(luma, 16).astype(np.uint8)


def _coarse(shot: Shot) -> tuple[Floats, Floats]:
    rows, columns = max(2, shot.height // COARSE), max(2, shot.width // COARSE)
    down, across = np.ogrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    return down.astype(np.float32), across.astype(np.float32)


def _eased(share: float) -> float:
    part = min(1.0, max(0.0, share))
    return part * part * (3 - 2 * part)
