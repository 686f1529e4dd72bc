"""Chooses the 255 colours of a clip, and tells the nearest one for any colour by one look-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.media.gif.raw_frames import Planes

COLOURS = 255
"""The 256th index is the transparent one."""

SAMPLES = 160_000
"""Pixels that are looked at, over all frames alike."""

CELLS = 65_536
"""Colours that are told apart: five, six and five bits of red, green and blue."""

PART = 1024

ROUNDS = 4
"""How often the colours are moved to the middle of what they stand for; more gain nothing."""

Colours = NDArray[np.uint8]
"""One row a colour: green, blue, red."""


def choose(frames: Sequence[Planes], most: int = COLOURS) -> Colours:
    """Return at most so many colours, of `COLOURS`, for all the frames together."""
    samples = _samples(frames)
    picture = Image.fromarray(np.ascontiguousarray(samples.T)[None], "RGB")
    octree = picture.quantize(most, Image.Quantize.FASTOCTREE).getpalette() or [0, 0, 0]
    return _settled(np.array(octree[: 3 * most], np.float32).reshape(-1, 3), samples)


def _settled(colours: NDArray[np.float32], samples: NDArray[np.uint8]) -> Colours:
    """Return the colours, each moved to the mean of the samples that are nearest to it."""
    # By cells, which are a tenth as many as samples
    places = cells(samples)
    counts = np.bincount(places, minlength=CELLS)
    used = np.flatnonzero(counts)
    counts = counts[used]
    totals = [np.bincount(places, plane, CELLS)[used] for plane in samples]
    means = (np.stack(totals, 1) / counts[:, None]).astype(np.float32)
    for _ in range(ROUNDS):
        nearest = _nearest(means, colours)
        weights = np.bincount(nearest, counts, len(colours))
        sums = [np.bincount(nearest, counts * part, len(colours)) for part in means.T]
        some = weights > 0
        colours[some] = np.stack(sums, 1)[some] / weights[some, None]
    return np.round(colours).astype(np.uint8)


def _samples(frames: Sequence[Planes]) -> NDArray[np.uint8]:
    pixels = frames[0][0].size
    step = max(1, len(frames) * pixels // SAMPLES)
    # The start moves with each frame, or the same few columns would be seen over and over
    return np.concatenate(
        [
            frame.reshape(3, pixels)[:, number * 7919 % step :: step]
            for number, frame in enumerate(frames)
        ],
        axis=1,
    )


def table(colours: Colours) -> NDArray[np.uint8]:
    """Return, for each of the 65 536 colours of five, six and five bits, the nearest of `colours`.

    The order of the bits is that of `cells`.
    """
    middles = _middles(np.arange(CELLS, dtype=np.uint16))
    return _nearest(middles, colours.astype(np.float32)).astype(np.uint8)


def _nearest(points: NDArray[np.float32], colours: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return which of the colours is nearest, for each point."""
    # |c - p|² without |c|², which is the same for all p: one product of (c, 1) and (-2p, |p|²)
    weights = np.column_stack([-2 * colours, (colours * colours).sum(axis=1)]).T.copy()
    raised = np.column_stack([points, np.ones(len(points), np.float32)])
    # In parts that fit the processor's cache
    parts = (raised[at : at + PART] for at in range(0, len(raised), PART))
    return np.concatenate([np.argmin(part @ weights, axis=1) for part in parts])


def _middles(codes: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return the colour that each cell stands for."""
    green, blue, red = codes >> 5 & 63, codes & 31, codes >> 11
    return np.stack([_middle(green, 4), _middle(blue, 8), _middle(red, 8)], 1).astype(np.float32)


def _middle(steps: NDArray[Any], height: int) -> NDArray[np.float64]:
    # The exact middle greys pure black, white and colours; a scale from 0 to 255 darkens the
    # shadows. Half way is a compromise: on six clips it was never the worst of the three.
    return (steps * (height + 255 / (256 / height - 1)) + height / 2) / 2


def cells(planes: NDArray[Any]) -> NDArray[np.uint16]:
    """Return each pixel's place in `table`; its channels are from 0 to 255."""
    green, blue, red = planes
    places: NDArray[np.uint16] = (red & 0xF8).astype(np.uint16)
    places <<= 3
    places |= green >> 2
    places <<= 5
    places |= blue >> 3
    return places
