"""Drawing frame over frame: what is drawn anew, when, and in which box."""

from __future__ import annotations

import numpy as np

from core.media.gif import encode as giffile
from core.media.gif import palette
from core.media.gif.frame_delta import Change, Look, Painter

LOOK = Look(colours=255, dither=0, near=3, far=6)
SHAPE = 3, 24, 32
GREYS = np.arange(255, dtype=np.uint8)[:, None].repeat(3, axis=1)
TABLE = palette.table(GREYS)


def grey(shade: int) -> np.ndarray:
    return np.full(SHAPE, shade, np.uint8)


def painter(shade: int = 100) -> Painter:
    return Painter(grey(shade), TABLE, LOOK)


def test_a_pixel_that_drifts_is_left_until_it_is_far() -> None:
    screen = painter(100)
    drawn = [screen.next(grey(100 + step)) is not None for step in range(1, 15)]
    assert [step for step, new in enumerate(drawn, 1) if new] == [7, 14]


def test_a_pixel_that_moves_is_drawn_as_soon_as_it_is_near() -> None:
    assert painter(100).next(grey(104)) is not None
    assert painter(100).next(grey(103)) is None


def test_one_channel_is_enough_to_move() -> None:
    for channel in range(3):
        frame = grey(100)
        frame[channel] += 30
        assert painter(100).next(frame) is not None


def test_how_far_a_pixel_strayed_counts_from_when_it_was_drawn() -> None:
    screen = painter(100)
    assert screen.next(grey(200)) is not None
    assert screen.next(grey(202)) is None
    assert screen.next(grey(204)) is None


def test_the_box_holds_what_changes_and_the_rest_of_it_is_left() -> None:
    frame = grey(100)
    frame[:, 5, 7] = frame[:, 9, 20] = 200
    change = painter(100).next(frame)
    assert change is not None
    assert (change.left, change.top, change.indices.shape) == (7, 5, (5, 14))
    assert (change.indices != giffile.TRANSPARENT).sum() == 2


def test_the_changes_add_up_to_the_last_frame() -> None:
    chance = np.random.default_rng(1)
    frames = [grey(90)]
    for _ in range(12):
        frame = frames[-1].copy()
        top, left = chance.integers(0, 16, 2)
        frame[:, top : top + 8, left : left + 8] = chance.integers(0, 255)
        frames.append(frame)
    frames.append(frames[0])
    work = Painter(frames[0], TABLE, LOOK)
    screen = work.first().indices.copy()
    for frame in frames[1:]:
        change = work.next(frame)
        if change is not None:
            lay(screen, change)
        assert np.abs(GREYS[screen, 0].astype(int) - frame[0]).max() <= LOOK.far + 5


def lay(screen: np.ndarray, change: Change) -> None:
    height, width = change.indices.shape
    part = screen[change.top : change.top + height, change.left : change.left + width]
    np.copyto(part, change.indices, where=change.indices != giffile.TRANSPARENT)
