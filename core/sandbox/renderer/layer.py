"""Pictures wider than the frame that slide behind it, and stamps that are set into it.

A layer is painted once and then only copied: each is kept at four shifts of a quarter pixel, so
that a slow pan glides, and the rows that hide all behind them are copied without any sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sandbox.renderer.noise import Random
from core.sandbox.renderer.yuv import Bytes, Floats, Picture, as_bytes, floats, halved, to_ycc

PHASES = 4
Wide = np.ndarray[tuple[int, ...], np.dtype[np.uint16]]


@dataclass(frozen=True, eq=False)
class _Sheet:
    """One plane of a layer: its colours times their opacity, and how much of the back is kept."""

    colour: tuple[Bytes, ...]
    keep: tuple[Wide, ...]
    top: int

    def slide(self, target: Bytes, x: float) -> None:
        whole = int(x)
        phase = int((x - whole) * PHASES)
        columns = slice(whole, whole + target.shape[1])
        colour = self.colour[phase][:, columns]
        blended = self.keep[phase].shape[0]
        solid = self.top + blended
        target[solid : self.top + colour.shape[0]] = colour[blended:]
        if blended:
            back = target[self.top : solid]
            kept = back * self.keep[phase][:, columns]
            kept >>= 8
            kept += colour[:blended]
            back[:] = kept


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture with see-through parts, at a fixed height; `width` is in pixels of luma."""

    sheets: tuple[_Sheet, _Sheet, _Sheet]
    width: int

    def slide(self, picture: Picture, x: float) -> None:
        """Set the layer into a frame, whose left edge then shows the layer's column `x`."""
        x = min(max(0.0, x), self.width - picture.width - 2.0)
        luma, cb, cr = self.sheets
        luma.slide(picture.y, x)
        cb.slide(picture.cb, x / 2)
        cr.slide(picture.cr, x / 2)


def layer(rng: Random, rgb: Floats, alpha: Floats | None, *, top: int = 0) -> Layer:
    """Return a layer of height × width × 3 from 0 to 1; no `alpha` means that it hides all.

    `top` is the frame's row that the first row falls on; it and both sides must be even.
    """
    height, width = rgb.shape[:2]
    luma, cb, cr = to_ycc(rgb)
    luma += rng.uniform(-0.5, 0.5, luma.shape).astype(np.float32)  # against banding
    blended = 0 if alpha is None else _blended_rows(alpha)
    opacity = None if alpha is None else np.clip(alpha, 0, 1)
    small = None if opacity is None else halved(opacity)
    grain = rng.uniform(-0.5, 0.5, (height // 2, width // 2)).astype(np.float32)
    return Layer(
        (
            _sheet(luma, opacity, blended, top),
            _sheet(halved(cb) + grain, small, blended // 2, top // 2),
            _sheet(halved(cr) - grain, small, blended // 2, top // 2),
        ),
        width,
    )


def _blended_rows(alpha: Floats) -> int:
    clear = np.flatnonzero(alpha.min(axis=1) < 0.998)
    return min(alpha.shape[0], (int(clear[-1]) + 2) // 2 * 2) if clear.size else 0


def _sheet(plane: Floats, opacity: Floats | None, blended: int, top: int) -> _Sheet:
    colour = plane if opacity is None else plane * opacity
    keep = np.zeros((0, plane.shape[1]), np.float32)
    if opacity is not None and blended:
        keep = (1 - opacity[:blended]) * 256
    shifts = [phase / PHASES for phase in range(PHASES)]
    return _Sheet(
        tuple(_rounded(_shifted(colour, shift)).astype(np.uint8) for shift in shifts),
        tuple(_rounded(_shifted(keep, shift)).astype(np.uint16) for shift in shifts),
        top,
    )


def _rounded(plane: Floats) -> Floats:
    return floats(np.clip(plane + np.float32(0.5), 0, 256))


def _shifted(plane: Floats, share: float) -> Floats:
    if not share:
        return plane
    moved = plane.copy()
    moved[:, :-1] += np.float32(share) * (plane[:, 1:] - plane[:, :-1])
    return moved


@dataclass(frozen=True, eq=False)
class Stamp:
    """A small mask from 0 to 1 and a colour, to be laid over a frame or added to it as light."""

    mask: Floats
    colour: tuple[float, float, float]

    def cover(self, picture: Picture, x: float, y: float, strength: float = 1.0) -> None:
        """Lay the colour over the frame with the mask's middle at (x, y)."""
        for plane, mask, value in self._parts(picture, x, y, strength):
            plane[:] = as_bytes(plane + (value - plane) * mask)

    def shine(self, picture: Picture, x: float, y: float, strength: float = 1.0) -> None:
        """Add the colour's light to the frame with the mask's middle at (x, y)."""
        light = to_ycc(np.array([[self.colour]], np.float32))
        floor = (16.0, 128.0, 128.0)
        for (plane, mask, _), part, zero in zip(
            self._parts(picture, x, y, strength), light, floor, strict=True
        ):
            lit = plane + mask * np.float32(float(part[0, 0]) - zero)
            plane[:] = np.clip(lit, 16, 238).astype(np.uint8)

    def _parts(
        self, picture: Picture, x: float, y: float, strength: float
    ) -> list[tuple[Bytes, Floats, np.float32]]:
        height, width = self.mask.shape
        left, top = x - width / 2, y - height / 2
        # On even places the chroma's mask is simply the luma's, halved.
        column, row = int(left // 2 * 2), int(top // 2 * 2)
        mask = _nudged(self.mask, left - column, top - row) * np.float32(strength)
        values = [np.float32(v[0, 0]) for v in to_ycc(np.array([[self.colour]], np.float32))]
        small = halved(mask)
        parts = []
        for plane, part, scale, value in (
            (picture.y, mask, 1, values[0]),
            (picture.cb, small, 2, values[1]),
            (picture.cr, small, 2, values[2]),
        ):
            inside, cut = _clipped(plane, part, row // scale, column // scale)
            parts.append((inside, cut, value))
        return parts


def disc(radius: float, *, soft: float) -> Floats:
    """Return a round mask: full inside, `soft` pixels of edge."""
    side = int(np.ceil(radius + soft)) * 2 + 1
    at = np.arange(side, dtype=np.float32) - side // 2
    far = np.hypot(at[:, None], at[None, :])
    return np.clip((radius + soft - far) / (2 * soft), 0, 1).astype(np.float32)


def glow(radius: float) -> Floats:
    """Return a round mask of light that fades to nothing at `radius`."""
    side = int(np.ceil(radius)) * 2 + 1
    at = (np.arange(side, dtype=np.float32) - side // 2) / max(radius, 1)
    far = np.clip(1 - np.hypot(at[:, None], at[None, :]), 0, 1)
    return floats(far**2.2)


def _nudged(mask: Floats, right: float, down: float) -> Floats:
    height, width = mask.shape
    moved = np.zeros(((height + 4) // 2 * 2, (width + 4) // 2 * 2), np.float32)
    i, j = int(down), int(right)
    f, g = down - i, right - j
    for row, part in ((i, 1 - f), (i + 1, f)):
        for column, share in ((j, 1 - g), (j + 1, g)):
            if part * share:
                moved[row : row + height, column : column + width] += mask * np.float32(
                    part * share
                )
    return moved


def _clipped(plane: Bytes, mask: Floats, row: int, column: int) -> tuple[Bytes, Floats]:
    height, width = mask.shape
    top, left = max(0, row), max(0, column)
    bottom = max(top, min(plane.shape[0], row + height))
    right = max(left, min(plane.shape[1], column + width))
    return plane[top:bottom, left:right], mask[
        top - row : bottom - row, left - column : right - column
    ]
