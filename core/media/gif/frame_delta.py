"""Draws frame over frame; what rests on the screen is left as it is."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.media.gif import encode as giffile
from core.media.gif.look import FINE, Look
from core.media.gif.raw_frames import Planes

Mask = NDArray[np.bool_]
"""Which pixels, of height × width."""

STEP = 2
"""A pixel that changed by no more than this since the last frame, of 255, stands still now."""


SOON = 5
"""Frames in which a pixel is drawn again if it is one that is hardly seen: half a second's."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one frame draws anew: indices of a box, and where the box lies."""

    indices: giffile.Indices
    left: int
    top: int

    def encoded(self, hundredths: int) -> bytes:
        """Return it as a GIF's picture, shown that long."""
        return giffile.picture(
            self.indices, left=self.left, top=self.top, hundredths=min(hundredths, 65_535)
        )


@dataclass(frozen=True)
class Motion:
    """A clip's frames, and which pixels of each are drawn where nothing is spared."""

    frames: list[Planes]
    fine: list[Mask]

    @classmethod
    def of(cls, frames: Iterable[Planes]) -> Motion:
        """Follow the frames, which may still be in the making, to their end."""
        kept, ahead = itertools.tee(frames)
        fine = list(moving(ahead, FINE))
        return cls(list(kept), fine)

    def at(self, look: Look) -> list[Mask]:
        """Return which pixels of each frame are drawn with that look."""
        if (look.near, look.far) == (FINE.near, FINE.far):
            return self.fine
        return list(moving(self.frames, look))


def moving(frames: Iterable[Planes], look: Look) -> Iterator[Mask]:
    """Yield which pixels each frame must draw: all of the first, then those that have moved."""
    drawn = last = None
    for frame in frames:
        if drawn is None or last is None:
            drawn, moved = frame.copy(), np.ones(frame.shape[1:], np.bool_)
        else:
            strayed, step = _apart(frame, drawn), _apart(frame, last)
            moved = (strayed > look.far) | ((strayed > look.near) & (step > STEP))
            np.copyto(drawn, frame, where=moved)
        last = frame
        yield moved


def soon(moved: Sequence[Mask]) -> list[Mask]:
    """Return which pixels are drawn again within the next `SOON` frames, for each frame."""
    later: deque[Mask] = deque([np.zeros_like(moved[0])], maxlen=SOON)
    found = []
    for mask in reversed(moved):
        found.append(np.logical_or.reduce(later))
        later.append(mask)
    return found[::-1]


def _apart(one: Planes, other: Planes) -> NDArray[np.uint8]:
    """Return by how much each pixel differs, in the channel where it differs most."""
    planes = np.maximum(one, other) - np.minimum(one, other)
    most: NDArray[np.uint8] = np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    return most


class Screen:
    """Remembers what is shown, and tells what the next frame changes of it."""

    def __init__(self) -> None:
        self._shown: giffile.Indices | None = None

    def show(self, indices: giffile.Indices, moved: Mask) -> Change | None:
        """Return the whole first picture, and then what changes with each, or None."""
        if self._shown is None:
            self._shown = indices.copy()
            return Change(indices=indices, left=0, top=0)
        new = moved & (indices != self._shown)
        np.copyto(self._shown, indices, where=new)
        return change(indices, new)


def change(indices: giffile.Indices, new: Mask) -> Change | None:
    """Return the smallest box around what is new, with the rest of it left as it is."""
    rows, columns = np.flatnonzero(new.any(axis=1)), np.flatnonzero(new.any(axis=0))
    if not len(rows):
        return None
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Change(
        indices=np.where(new[box], indices[box], np.uint8(giffile.TRANSPARENT)),
        left=int(columns[0]),
        top=int(rows[0]),
    )
