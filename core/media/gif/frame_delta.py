"""Draws frame over frame with a palette's colours; what rests on the screen is left as it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.media.gif import encode as giffile
from core.media.gif import palette
from core.media.gif.raw_frames import Planes

STEP = 2
"""A pixel that changed by no more than this since the last frame, of 255, stands still now."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How much is kept: colours, dither, and how far a pixel may stray before it is drawn anew.

    `dither` is the height of its pattern, of 255. `near` and `far` are the most that a pixel may
    have moved in any channel, of 255, since it was drawn: `near` for one that moves now, `far` for
    one that drifts, since a change where all else rests is what the eye sees as flicker.
    """

    colours: int
    dither: int
    near: int
    far: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one frame draws anew: indices of a box, and where the box lies."""

    indices: NDArray[np.uint8]
    left: int
    top: int

    def encoded(self, hundredths: int) -> bytes:
        """Return it as a GIF's picture, shown that long."""
        return giffile.picture(
            self.indices, left=self.left, top=self.top, hundredths=min(hundredths, 65_535)
        )


class Painter:
    """Draws frame over frame, and remembers what is on the screen and which pixels it came from."""

    def __init__(self, frame: Planes, table: NDArray[np.uint8], look: Look) -> None:
        self._table = table
        self._look = look
        height, width = frame.shape[1:]
        self._most, self._raise, self._less = _pattern(height, width, look.dither)
        self._last, self._drawn = frame, frame.copy()
        self._shown = self._indices(frame)

    def first(self) -> Change:
        """Return the whole first picture."""
        return Change(indices=self._shown.copy(), left=0, top=0)

    def next(self, frame: Planes) -> Change | None:
        """Return what changes with the next frame, or None."""
        moving = self._moving(frame)
        if not moving.any():
            return None
        indices = self._indices(frame)
        np.copyto(self._drawn, frame, where=moving)
        new = moving & (indices != self._shown)
        np.copyto(self._shown, indices, where=new)
        return _change(indices, new)

    def _moving(self, frame: Planes) -> NDArray[np.bool_]:
        strayed, step = _apart(frame, self._drawn), _apart(frame, self._last)
        self._last = frame
        return (strayed > self._look.far) | ((strayed > self._look.near) & (step > STEP))

    def _indices(self, frame: Planes) -> NDArray[np.uint8]:
        dithered = np.minimum(frame, self._most)
        dithered += self._raise
        np.maximum(dithered, self._less, out=dithered)
        dithered -= self._less
        return self._table.take(palette.cells(dithered))


def _apart(one: Planes, other: Planes) -> NDArray[np.uint8]:
    """Return by how much each pixel differs, in the channel where it differs most."""
    planes = np.maximum(one, other) - np.minimum(one, other)
    most: NDArray[np.uint8] = np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    return most


def _change(indices: NDArray[np.uint8], new: NDArray[np.bool_]) -> Change | None:
    rows, columns = np.flatnonzero(new.any(axis=1)), np.flatnonzero(new.any(axis=0))
    if not len(rows):
        return None
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Change(
        indices=np.where(new[box], indices[box], np.uint8(giffile.TRANSPARENT)),
        left=int(columns[0]),
        top=int(rows[0]),
    )


def _pattern(height: int, width: int, dither: int) -> tuple[NDArray[np.uint8], ...]:
    """Return, per pixel: the most that can be raised, by how much, and what is then taken away."""
    order = np.zeros((1, 1))
    for _ in range(3):
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    offsets = np.floor((order + 0.5) / 64 * dither).astype(np.uint8)
    # Turned for each channel, so that colour is dithered and not light alone
    turned = np.stack([offsets, np.rot90(offsets), np.rot90(offsets, 2)])
    tiled = np.tile(turned, (1, -(-height // 8), -(-width // 8)))[:, :height, :width]
    return 255 - tiled, tiled, np.full_like(tiled, dither // 2)
