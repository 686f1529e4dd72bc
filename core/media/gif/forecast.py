"""Foretells from a few frames how large a GIF becomes, and how much of it must be spared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from core.media.gif.diffusion import Paint, indexed
from core.media.gif.encode import Indices
from core.media.gif.frame_delta import Mask, Motion, change, soon
from core.media.gif.look import FINE, LIMIT, Look, spared

LOOKS, ONE_IN = 6, 20
"""Frames that are drawn to tell of the others, over the whole clip alike: so many at the least."""

CERTAIN = 1.3
"""Bytes for each pixel that is drawn: hardly a clip needs more."""

AIM = 0.97
"""Of what there is room for, since a forecast is a few hundredths off."""

USUAL = math.log(0.6)
"""How the logarithm of the bytes falls with each 1 that is spared, where nothing is known yet."""

GUESSES, SURE = 4, 0.25
"""How often it is tried how much must be spared, and a step that needs no trial any more."""

EARLY = 0.5
"""How much of a GIF must be there before what is left of it is judged by it."""


def forecast(motion: Motion, most: float) -> float:
    """Return how much is to be spared that a GIF has about `most` bytes; over `LIMIT` for never."""
    if sum(_drawn(motion.fine)) * CERTAIN < most:
        return 0.0
    wanted, found = math.log(AIM * most), math.log(size(motion, FINE))
    if found <= math.log(most / AIM):  # it may do, which shows soon enough
        return 0.0
    spare, step, slope = 0.0, math.inf, USUAL
    for _ in range(GUESSES):
        step = (wanted - found) / slope
        spare += step
        if abs(step) < SURE or spare > LIMIT + SURE:
            break
        before, found = found, math.log(size(motion, spared(spare)))
        slope = min((found - before) / step, USUAL / 4)
    return spare


def size(motion: Motion, look: Look) -> float:
    """Return about how many bytes the GIF takes with that look."""
    drawn = motion.at(look)
    fleeting, last = soon(drawn), len(drawn) - 1
    looks = np.unique(
        np.linspace(min(1, last), last, max(LOOKS, last // ONE_IN)).round().astype(int)
    )
    # The frames before them tell what is on the screen already
    numbers = [*looks, *np.maximum(looks - 1, 0), 0]
    masks = [drawn[at] for at in (*looks, *looks, 0)]
    pictures = indexed(
        [motion.frames[at] for at in numbers],
        masks,
        [fleeting[at] for at in numbers],
        Paint.of(motion.frames, look.colours, look.slack),
    )
    pairs = zip(pictures, pictures[len(looks) :], masks[: len(looks)], strict=False)
    others = sum(_bytes(picture, mask & (picture != before)) for picture, before, mask in pairs)
    share = sum(_drawn(masks[: len(looks)])) / max(1, sum(_drawn(drawn[1:])))
    return _bytes(pictures[-1], masks[-1]) + others / (share or 1)


def _bytes(picture: Indices, mask: Mask) -> int:
    found = change(picture, mask)
    return len(found.encoded(1)) if found else 0


def _drawn(masks: Sequence[Mask]) -> list[int]:
    return [int(np.count_nonzero(mask)) for mask in masks]


class Room:
    """How many bytes a GIF may have, judged by the pixels that each of its frames draws."""

    def __init__(self, most: float, masks: Sequence[Mask]) -> None:
        self._most = most
        self._drawn = list(itertools.accumulate(_drawn(masks)))

    def filled(self, written: int, number: int) -> float:
        """Return how many times the room the GIF will take, with the frames up to `number`.

        It is at most 1 where that cannot be told yet.
        """
        share = self._drawn[number] / self._drawn[-1]
        return max(written, written / share if share > EARLY else 0.0) / self._most
