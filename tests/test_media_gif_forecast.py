"""How large a GIF becomes, told from a few of its frames."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.media.gif.forecast import Room, forecast, size
from core.media.gif.frame_delta import Motion
from core.media.gif.look import FINE, LIMIT, spared
from core.media.gif.make import write_gif
from core.media.gif.raw_frames import Planes, Shape

SHAPE = Shape(width=160, height=96, fps=10)


def pan(frames: int, height: float = 12.0) -> Iterator[Planes]:
    """Yield a camera's way over a picture of clouds, and of grain of that height."""
    chance = np.random.default_rng(1)
    across, down = np.meshgrid(np.arange(600), np.arange(96))
    clouds = 60 * np.sin(across / 17) * np.cos(down / 11) + height * chance.normal(size=(96, 600))
    film = np.clip(128 + np.stack([clouds, 0.5 * clouds, -clouds]), 0, 255).astype(np.uint8)
    for number in range(frames):
        yield np.ascontiguousarray(film[:, :, 6 * number : 6 * number + 160])


@pytest.fixture(scope="module")
def motion() -> Motion:
    return Motion.of(pan(40))


def test_the_size_is_foretold(motion: Motion, tmp_path: Path) -> None:
    made = write_gif(motion, tmp_path / "a.gif", SHAPE)
    assert size(motion, FINE) == pytest.approx(made.size_bytes, rel=0.05)


@pytest.mark.parametrize("part", [0.9, 0.7, 0.55])
def test_so_much_is_spared_that_it_fits_and_little_more(
    motion: Motion, tmp_path: Path, part: float
) -> None:
    most = part * write_gif(motion, tmp_path / "a.gif", SHAPE).size_bytes
    made = write_gif(motion, tmp_path / "b.gif", SHAPE, most)
    assert 0.8 * most < made.size_bytes <= most
    assert made.fps == SHAPE.fps


def test_nothing_is_spared_where_there_is_room(motion: Motion) -> None:
    assert forecast(motion, math.inf) == 0
    assert forecast(motion, 1.1 * size(motion, FINE)) == 0


def test_what_will_never_do_is_known(motion: Motion) -> None:
    assert forecast(motion, 1000) > LIMIT


def test_a_single_frame_and_a_still_clip_are_foretold() -> None:
    frame = next(pan(1))
    for frames in ([frame], [frame] * 9):
        assert 3000 < size(Motion.of(frames), FINE) < 20_000


def test_sparing_more_keeps_less() -> None:
    for one, other in pairwise(spared(much / 4) for much in range(int(4 * LIMIT) + 1)):
        assert other.colours < one.colours
        assert other.slack >= one.slack
        assert other.far >= one.far
    assert spared(99) == spared(LIMIT)


def test_room_is_judged_by_what_is_drawn() -> None:
    masks = [np.ones((1, pixels), np.bool_) for pixels in (60, 20, 20)]
    room = Room(1000, masks)
    assert room.filled(600, 0) == pytest.approx(1.0)
    assert room.filled(900, 0) == pytest.approx(1.5)
    assert room.filled(900, 2) == pytest.approx(0.9)
    assert Room(1000, masks[::-1]).filled(900, 0) == pytest.approx(0.9)
