"""Gives pixels the colours of a palette, and hands on to their neighbours what each misses by.

It walks over pictures from left to right. A strip is `BAND` pixels, one below the other; of all
bands of all pictures one strip is taken at a time, and those where nothing is wanted are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.media.gif import palette
from core.media.gif.encode import Indices
from core.media.gif.frame_delta import Mask
from core.media.gif.raw_frames import Planes

BAND = 16

SHARE = 6
"""Eighths of what a pixel misses by go to the next strip: half straight on, the rest aside."""

MOST_CARRIED = 24
"""Of 255: what no colour of the palette comes near must not pile up and flood the rest."""

Signed = NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class Paint:
    """A palette with its table, and by how much, of 255, a pixel may miss to keep a run going.

    Runs of one colour are what makes a GIF small.
    """

    colours: palette.Colours
    table: NDArray[np.uint8]
    slack: int

    @classmethod
    def of(cls, frames: Sequence[Planes], colours: int, slack: int) -> Paint:
        """Choose at most so many colours for the frames."""
        chosen = palette.choose(frames, colours)
        return cls(colours=chosen, table=palette.table(chosen), slack=slack)


def indexed(
    frames: Sequence[Planes], wanted: Sequence[Mask], fleeting: Sequence[Mask], paint: Paint
) -> list[Indices]:
    """Return the palette's indices of the frames, where they are wanted; anything elsewhere.

    Slack is for `fleeting` pixels alone: what stays on the screen is seen.
    """
    height, width = frames[0].shape[1:]
    bands = -(-height // BAND)
    strips = _Strips.of(np.concatenate([_banded(mask[None]).any(axis=(0, 2)) for mask in wanted]))
    walk = np.stack([strips.taken(planes) for planes in zip(*map(_banded, frames), strict=True)])
    free = strips.taken([_banded(mask[None])[0] for mask in fleeting])
    found = np.zeros((len(frames) * bands, width, BAND), np.uint8)
    walked = _walked(walk, free, strips.starts, paint)
    found[strips.bands, strips.columns] = walked[strips.places]
    return [_whole(part, height) for part in np.split(found, len(frames))]


def _banded(planes: NDArray[Any]) -> NDArray[Any]:
    """Return the planes cut in bands: planes × bands × `BAND` × width."""
    count, height, width = planes.shape
    if lacking := -height % BAND:
        below = np.zeros((count, lacking, width), planes.dtype)
        planes = np.concatenate([planes, below], axis=1)
    return planes.reshape(count, -1, BAND, width)


def _whole(strips: Indices, height: int) -> Indices:
    """Return one picture of its strips, which are bands × width × `BAND`."""
    rows = np.ascontiguousarray(strips.transpose(0, 2, 1))
    return rows.reshape(-1, strips.shape[1])[:height]


@dataclass(frozen=True)
class _Strips:
    """The strips that are wanted: band, column, and place in the walk of each.

    The walk's step `n` takes the `n`-th strip of each band, from `starts[n]` to `starts[n + 1]`.
    Bands with many of them come first, so that it is always the first ones that go on.
    """

    bands: NDArray[np.intp]
    columns: NDArray[np.intp]
    places: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, wanted: Mask) -> _Strips:
        """Sort them, given which columns of each band are wanted."""
        counts = wanted.sum(axis=1)
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
        rank, columns = np.nonzero(wanted[order])
        step = np.arange(len(rank)) - np.repeat(np.cumsum(counts) - counts, counts)
        going_on = np.searchsorted(-counts, -np.arange(counts[0]))
        starts = np.concatenate([[0], np.cumsum(going_on)])
        return cls(order[rank], columns, starts[step] + rank, starts)

    def taken(self, planes: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return them, strips × `BAND`, out of a plane of each picture cut in bands."""
        upright = np.concatenate(planes).transpose(0, 2, 1)
        walk = np.empty((len(self.places), BAND), upright.dtype)
        walk[self.places] = upright[self.bands, self.columns]
        return walk


def _walked(walk: NDArray[np.uint8], free: Mask, starts: NDArray[np.intp], paint: Paint) -> Indices:
    """Return the indices of the strips, which are planes × strips × `BAND`."""
    colours = np.ascontiguousarray(paint.colours.T.astype(np.int16))
    found = np.empty(walk.shape[1:], np.uint8)
    before, shown = found[:0], np.zeros((3, 0, BAND), np.int16)
    carried = np.zeros((3, int(starts[1]) if len(starts) > 1 else 0, BAND), np.int16)
    for start, end in itertools.pairwise(starts):
        count = end - start
        pixels = walk[:, start:end] + carried[:, :count]
        now = found[start:end]
        paint.table.take(_cells(pixels), out=now, mode="clip")
        if paint.slack and len(before):
            near = _is_near(pixels, shown[:, :count], paint.slack)
            np.copyto(now, before[:count], where=near & free[start:end])
        shown = colours.take(now, axis=1, mode="clip")
        carried, before = _handed_on(pixels - shown), now
    return found


def _cells(pixels: Signed) -> NDArray[np.uint16]:
    return palette.cells(np.minimum(np.maximum(pixels, 0), 255).view(np.uint16))


def _is_near(pixels: Signed, colours: Signed, slack: int) -> Mask:
    green, blue, red = np.abs(pixels - colours)
    near: Mask = np.maximum(np.maximum(green, blue), red) <= slack
    return near


def _handed_on(missed: Signed) -> Signed:
    """Return what the next strip's pixels get of what those of this one miss by."""
    np.maximum(missed, -MOST_CARRIED, out=missed)
    np.minimum(missed, MOST_CARRIED, out=missed)
    spread = missed + missed
    spread[..., 1:] += missed[..., :-1]
    spread[..., :-1] += missed[..., 1:]
    spread *= SHARE
    spread >>= 5
    return spread
