"""Drawing frame over frame: what is drawn anew, when, and in which box."""

from __future__ import annotations

import numpy as np

from core.media.gif import encode as giffile
from core.media.gif.frame_delta import SOON, Change, Motion, Screen, moving, soon
from core.media.gif.look import FINE, Look, spared

LOOK = Look(colours=255, slack=0, near=3, far=6)
SHAPE = 3, 24, 32


def grey(shade: int) -> np.ndarray:
    return np.full(SHAPE, shade, np.uint8)


def changes(*frames: np.ndarray) -> list[Change | None]:
    """Return what each frame changes on a screen whose colours are the greys."""
    screen = Screen()
    masks = moving(frames, LOOK)
    return [screen.show(frame[0], mask) for frame, mask in zip(frames, masks, strict=True)]


def test_a_pixel_that_drifts_is_left_until_it_is_far() -> None:
    drawn = changes(*(grey(100 + step) for step in range(15)))
    assert [step for step, new in enumerate(drawn) if new] == [0, 7, 14]


def test_a_pixel_that_moves_is_drawn_as_soon_as_it_is_near() -> None:
    assert changes(grey(100), grey(104))[1] is not None
    assert changes(grey(100), grey(103))[1] is None


def test_one_channel_is_enough_to_move() -> None:
    for channel in range(3):
        frame = grey(100)
        frame[channel] += 30
        assert list(moving((grey(100), frame), LOOK))[1].all()


def test_how_far_a_pixel_strayed_counts_from_when_it_was_drawn() -> None:
    drawn = changes(grey(100), grey(200), grey(202), grey(204))
    assert [new is not None for new in drawn] == [True, True, False, False]


def test_the_box_holds_what_changes_and_the_rest_of_it_is_left() -> None:
    frame = grey(100)
    frame[:, 5, 7] = frame[:, 9, 20] = 200
    change = changes(grey(100), frame)[1]
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
    first, *others = changes(*frames)
    assert first is not None
    screen = first.indices.copy()
    for frame, change in zip(frames[1:], others, strict=True):
        if change is not None:
            lay(screen, change)
        assert np.abs(screen.astype(int) - frame[0]).max() <= LOOK.far


def lay(screen: np.ndarray, change: Change) -> None:
    height, width = change.indices.shape
    part = screen[change.top : change.top + height, change.left : change.left + width]
    np.copyto(part, change.indices, where=change.indices != giffile.TRANSPARENT)


def test_what_is_drawn_again_within_half_a_second_is_known_before() -> None:
    masks = [np.array([[at in (0, 9)]]) for at in range(12)]
    assert [bool(mask) for mask in soon(masks)] == [9 - SOON <= at < 9 for at in range(12)]


def test_a_look_that_holds_more_is_followed_anew() -> None:
    motion = Motion.of(grey(100 + step) for step in range(30))
    assert len(motion.frames) == 30
    assert motion.at(FINE) is motion.fine
    less = motion.at(spared(2.0))
    assert 1 < sum(mask.any() for mask in less) < sum(mask.any() for mask in motion.fine)
