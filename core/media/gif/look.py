"""How much of a clip its GIF keeps, from all that it can hold to little."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.media.gif.palette import COLOURS


@dataclass(frozen=True, kw_only=True)
class Look:
    """How much is kept: colours, and how far a pixel may stray before it is drawn anew.

    `slack` is by how much, of 255, a pixel that changes again soon may miss to go on in the colour
    beside it: long runs make a GIF small. `near` and
    `far` are the most that one may have moved in any channel, of 255, since it was drawn: `near`
    for one that moves now, `far` for one that drifts, since a change where all else rests is what
    the eye sees as flicker.
    """

    colours: int
    slack: int
    near: int
    far: int


LIMIT = 3.0
"""The most that can be spared: 32 colours."""

SLACK, LEAST_SLACK = 20, 6
"""Of it there is so much with half the colours; less than the least spares nothing."""


def spared(much: float) -> Look:
    """Return the look that spares so `much`, from nothing at 0 to `LIMIT`.

    Each 1 halves the colours; slack comes sooner than that, and stillness later. On film, all of
    them together lose no more likeness for the same bytes than the best of them alone.
    """
    much = min(max(much, 0.0), LIMIT)
    slack = round(SLACK * math.sqrt(much))
    held = round(3 * max(0.0, much - 1))
    return Look(
        colours=round(COLOURS / 2**much),
        slack=slack if slack >= LEAST_SLACK else 0,
        near=5 + held,
        far=6 + held,
    )


FINE = spared(0)
