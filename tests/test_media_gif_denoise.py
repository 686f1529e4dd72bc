"""The grain of a clip: how it is measured, and what is left without it."""

from __future__ import annotations

import numpy as np
import pytest

from core.media.gif import denoise as grain

HEIGHT, WIDTH, COUNT = 96, 128, 16
FLAT = np.full((3, HEIGHT, WIDTH), 120.0)
SLOPE = np.broadcast_to(np.linspace(40, 200, WIDTH), (3, HEIGHT, WIDTH))


def texture(seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(60, 190, (3, HEIGHT, WIDTH))


def film(pictures: list[np.ndarray], height: float | np.ndarray = 0.0) -> list[np.ndarray]:
    """Return the pictures as frames, with grain of that standard deviation."""
    chance = np.random.default_rng(1)
    grainy = (picture + height * chance.normal(size=picture.shape) for picture in pictures)
    return [np.clip(np.round(frame), 0, 255).astype(np.uint8) for frame in grainy]


def cleaned(frames: list[np.ndarray], height: float) -> list[np.ndarray]:
    return [frame.astype(float) for frame in grain.without(frames, np.full(3, height))]


def test_each_channel_has_its_own_grain() -> None:
    heights = np.array([3.0, 6.0, 1.0])
    frames = film([SLOPE] * COUNT, heights[:, None, None])
    assert grain.measure(frames) == pytest.approx(heights, rel=0.2)


def test_texture_that_rests_is_no_grain() -> None:
    assert grain.measure(film([texture()] * COUNT)).max() == 0


def test_smooth_things_that_move_are_no_grain() -> None:
    wave = 120 + 60 * np.sin(np.arange(WIDTH) / 9)
    moving = [np.broadcast_to(np.roll(wave, 3 * n), (3, HEIGHT, WIDTH)) for n in range(COUNT)]
    assert grain.measure(film(moving)).max() < 1


@pytest.mark.parametrize("size", [(2, 160), (16, 16)])
def test_a_few_pixels_or_a_single_frame_have_no_grain(size: tuple[int, int]) -> None:
    chance = np.random.default_rng(1)
    few = [chance.integers(0, 256, (3, *size), np.uint8) for _ in range(4)]
    assert not grain.measure(few).any()
    assert not grain.measure(film([FLAT], 9.0)[:1]).any()


def test_what_rests_loses_its_grain_and_keeps_its_detail() -> None:
    still = texture()
    last = cleaned(film([still] * COUNT, 5.0), 5.0)[-1]
    assert np.std(last - still) < 2.5


def test_what_moves_leaves_no_trail() -> None:
    pictures = []
    for number in range(COUNT):
        picture = FLAT.copy()
        picture[:, 30:60, 6 * number : 6 * number + 20] = 180
        pictures.append(picture)
    last = cleaned(film(pictures, 4.0), 4.0)[-1]
    assert np.abs(last - pictures[-1])[:, 30:60].mean(axis=(0, 1)).max() < 5


def test_an_edge_stays_sharp_where_it_moves() -> None:
    edges = [np.where(np.arange(WIDTH) < 20 + 5 * n, 40.0, 200.0) for n in range(COUNT)]
    pictures = [np.broadcast_to(edge, (3, HEIGHT, WIDTH)) for edge in edges]
    last = cleaned(film(pictures, 3.0), 3.0)[-1].mean(axis=(0, 1))
    at = 20 + 5 * (COUNT - 1)
    assert last[at - 1] < 50
    assert last[at] > 190


@pytest.mark.parametrize("shade", [0.0, 255.0])
def test_black_and_white_stay_what_they_are(shade: float) -> None:
    frames = film([np.full((3, HEIGHT, WIDTH), shade)] * 4)
    assert all((frame == shade).all() for frame in cleaned(frames, 6.0))


def test_without_grain_every_frame_is_left_as_it_is() -> None:
    frames = film([texture(seed) for seed in range(4)])
    for before, after in zip(frames, grain.without(frames, np.zeros(3)), strict=True):
        assert (before == after).all()
