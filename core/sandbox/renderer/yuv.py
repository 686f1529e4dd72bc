"""Frames as H.264 wants them, Y'CbCr 4:2:0 of BT.709 in limited range; nothing here knows a scene.

Composing in this form takes half the bytes of RGB, and ffmpeg need not convert anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

BLACK = 16


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame: `data` holds the planes Y, Cb and Cr one after the other, as bytes."""

    data: Bytes
    width: int
    height: int

    @property
    def y(self) -> Bytes:
        """Luma, height × width."""
        return self.data[: self.width * self.height].reshape(self.height, self.width)

    @property
    def cb(self) -> Bytes:
        """Blueness, half as high and wide; 128 is grey."""
        return self._chroma(0)

    @property
    def cr(self) -> Bytes:
        """Redness, half as high and wide; 128 is grey."""
        return self._chroma(1)

    def copy(self) -> Picture:
        """Return a frame with bytes of its own."""
        return Picture(self.data.copy(), self.width, self.height)

    def _chroma(self, index: int) -> Bytes:
        quarter = self.width * self.height // 4
        start = quarter * (4 + index)
        return self.data[start : start + quarter].reshape(self.height // 2, self.width // 2)


def blank(width: int, height: int) -> Picture:
    """Return a black frame; both sides must be even."""
    picture = Picture(np.empty(width * height * 3 // 2, np.uint8), width, height)
    picture.y[:] = BLACK
    picture.cb[:] = 128
    picture.cr[:] = 128
    return picture


def to_ycc(rgb: Floats) -> tuple[Floats, Floats, Floats]:
    """Return Y, Cb, Cr on the scale of bytes for RGB from 0 to 1 in the last axis."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    cb = 128 + (blue - luma) * np.float32(224 / 1.8556)
    cr = 128 + (red - luma) * np.float32(224 / 1.5748)
    return 16 + 219 * luma, cb, cr


def halved(plane: Floats) -> Floats:
    """Return a plane at half the size, each value the mean of four."""
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4


def floats(values: Any) -> Floats:
    """Return numbers in the form that everything here is reckoned in."""
    return np.asarray(values, np.float32)


def as_bytes(plane: Floats) -> Bytes:
    """Round to bytes."""
    return np.asarray(np.clip(plane + np.float32(0.5), 0, 255), np.uint8)


def from_rgb(rgb: NDArray[np.uint8] | Floats) -> Picture:
    """Return a frame of height × width × 3; bytes, or floats from 0 to 1. Sides must be even."""
    scaled = rgb.astype(np.float32) / (255 if rgb.dtype == np.uint8 else 1)
    y, cb, cr = to_ycc(scaled)
    picture = blank(rgb.shape[1], rgb.shape[0])
    picture.y[:] = as_bytes(y)
    picture.cb[:] = as_bytes(halved(cb))
    picture.cr[:] = as_bytes(halved(cr))
    return picture


def mix(first: Picture, second: Picture, share: float) -> Picture:
    """Return a frame between two of one size: 0 gives the first, 1 the second."""
    part = round(256 * min(1.0, max(0.0, share)))
    if part in (0, 256):
        return second if part else first
    mixed = first.data.astype(np.uint16) * np.uint16(256 - part)
    mixed += second.data * np.uint16(part)
    return Picture((mixed >> 8).astype(np.uint8), first.width, first.height)
