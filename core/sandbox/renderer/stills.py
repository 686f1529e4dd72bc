"""Moves a camera over pictures that were given: a slow push-in on each, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from core.sandbox.measures import Take
from core.sandbox.renderer.yuv import Bytes, Picture, blank, mix

CLOSER = 0.14
"""The part of a picture's width and height that the camera has come closer by in the end."""

DISSOLVE_SECONDS = 1.0


def enlarged(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a picture must be given, so that a push-in stays sharp; even."""
    width, height = (round(side * (1 + CLOSER) / 2) * 2 for side in size)
    return width, height


def push_in(stills: Sequence[Picture], take: Take) -> Iterator[Picture]:
    """Yield a take's frames out of pictures of the size `enlarged(take.size)`."""
    each = take.frames / len(stills)
    fade = min(DISSOLVE_SECONDS * take.fps, each / 2)
    for index in range(take.frames):
        turn = min(len(stills) - 1, int(index / each))
        # A dissolve shows a picture before its turn; the camera is on its way to it by then.
        begun = index - turn * each + (fade if turn else 0)
        frame = _closer(stills[turn], take.size, begun / (each + fade))
        left = (turn + 1) * each - index
        if left < fade and turn + 1 < len(stills):
            following = _closer(stills[turn + 1], take.size, (fade - left) / (each + fade))
            frame = mix(following, frame, left / fade)
        yield frame


def _closer(still: Picture, size: tuple[int, int], done: float) -> Picture:
    share = 1 - CLOSER / (1 + CLOSER) * done
    frame = blank(*size)
    for source, target in zip(_planes(still), _planes(frame), strict=True):
        height, width = source.shape
        left, top = width * (1 - share) / 2, height * (1 - share) * 0.46
        box = (left, top, left + width * share, top + height * share)
        shape = target.shape[1], target.shape[0]
        target[:] = np.asarray(
            Image.fromarray(source).resize(shape, Image.Resampling.BICUBIC, box=box)
        )
    return frame


def _planes(picture: Picture) -> tuple[Bytes, Bytes, Bytes]:
    return picture.y, picture.cb, picture.cr
