"""Measures a clip's grain, and takes it out of raw frames; it knows no GIF and opens no file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.media.gif.raw_frames import Planes

Grain = NDArray[np.float64]
"""Its standard deviation in each of the three channels, of 255."""

LOOKS = 8
"""Pairs of frames that are measured, over the whole clip alike."""

BLOCK = 8
CALMEST = 0.25
"""The share of the blocks that tells the grain: the others have texture or motion of their own."""

MOVED, EDGE = 0.8, 3.5
"""How many times the grain a place must have changed to have moved, or stand out to be an edge."""

SHARE = 2
"""A place that rests takes on a quarter of each new frame: so many bits."""

SIXTEENTHS = 4


def measure(frames: Sequence[Planes]) -> Grain:
    """Return the grain of the clip; nothing for one frame, or for frames of a few pixels.

    Grain differs from frame to frame and from pixel to pixel: texture only does the second, and
    most motion only the first. The lesser of the two is therefore the grain.
    """
    if len(frames) < 2 or min(frames[0].shape[1:]) < 3 * BLOCK:
        return np.zeros(3)
    firsts = np.linspace(0, len(frames) - 2, min(LOOKS, len(frames) - 1)).astype(int)
    in_time = [_spread(np.int16(frames[at + 1]) - frames[at]) / np.sqrt(2) for at in firsts]
    in_space = [_spread(_detail(frames[at])) for at in firsts]
    least: Grain = np.minimum(np.median(in_time, axis=0), np.median(in_space, axis=0))
    return least


def _spread(planes: NDArray[Any]) -> Grain:
    """Return the standard deviation in the calm blocks of each plane."""
    height, width = (length // BLOCK for length in planes.shape[1:])
    whole = planes[:, : height * BLOCK, : width * BLOCK].astype(np.float32)
    blocks = whole.reshape(3, height, BLOCK, width, BLOCK).std(axis=(2, 4))
    calm: Grain = np.quantile(blocks.reshape(3, -1), CALMEST, axis=1)
    return calm


def _detail(frame: Planes) -> NDArray[Any]:
    """Return what is left of a frame without its flat places, slopes and straight edges.

    A Laplacian's difference, scaled so that white noise keeps its height (Immerkær 1996).
    """
    down = np.diff(frame.astype(np.int16), 2, axis=1)
    return np.diff(down, 2, axis=2) / np.float32(6)


def without(frames: Sequence[Planes], grain: Grain) -> Iterator[Planes]:
    """Yield each frame without its grain.

    Where nothing moves it is the running mean of the frames so far, with all their detail; what
    has just moved is smoothed, but for its edges.
    """
    sixteenths = 2**SIXTEENTHS * grain[:, None, None]
    moved, edge = (sixteenths * MOVED).astype(np.int16), (sixteenths * EDGE).astype(np.int16)
    mean = usual = np.zeros(1, np.int16)
    for number, frame in enumerate(frames):
        exact, soft = (
            np.left_shift(frame, SIXTEENTHS, dtype=np.int16),
            _blurred(frame).view(np.int16),
        )
        smooth = np.where((np.abs(exact - soft) > edge).any(axis=0), exact, soft)
        # Twice blurred, grain has all but gone, and the least motion shows
        now = (_blurred(soft) >> SIXTEENTHS).view(np.int16)
        if number:
            moving = (np.abs(now - usual) > moved).any(axis=0)
            mean = np.where(moving, smooth, mean + (exact - mean >> SHARE))
            usual = np.where(moving, now, usual + (now - usual >> SHARE))
        else:
            mean, usual = smooth, now
        yield (mean + 8 >> SIXTEENTHS).astype(np.uint8)


def _blurred(planes: NDArray[Any]) -> NDArray[np.uint16]:
    """Return 16 times the planes, each pixel mixed with its eight neighbours (1 2 1 both ways)."""
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge").astype(np.uint16)
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    both: NDArray[np.uint16] = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    return both
