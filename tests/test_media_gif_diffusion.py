"""Giving pixels a palette's colours: what each misses by goes on, and what slack may change."""

from __future__ import annotations

import numpy as np
import pytest

from core.media.gif import palette
from core.media.gif.diffusion import BAND, MOST_CARRIED, Paint, indexed

HEIGHT, WIDTH = 40, 64  # not a whole number of bands
GREYS = np.arange(0, 256, 17, dtype=np.uint8)[:, None].repeat(3, axis=1)
ALL, NONE = np.ones((HEIGHT, WIDTH), np.bool_), np.zeros((HEIGHT, WIDTH), np.bool_)


def paint(slack: int = 0) -> Paint:
    return Paint(colours=GREYS, table=palette.table(GREYS), slack=slack)


def flat(shade: int) -> np.ndarray:
    return np.full((3, HEIGHT, WIDTH), shade, np.uint8)


def shown(frame: np.ndarray, *, fleeting: np.ndarray = NONE, slack: int = 0) -> np.ndarray:
    return GREYS[indexed([frame], [ALL], [fleeting], paint(slack))[0], 0].astype(float)


@pytest.mark.parametrize("shade", [92, 128, 146])
def test_the_mean_of_an_area_is_nearer_than_any_colour(shade: int) -> None:
    nearest = np.abs(GREYS[:, 0].astype(int) - shade).min()
    assert abs(shown(flat(shade)).mean() - shade) < nearest / 2


@pytest.mark.parametrize("shade", [0, 102, 255])
def test_a_colour_of_the_palette_stays_alone(shade: int) -> None:
    assert (shown(flat(shade)) == shade).all()


def test_what_no_colour_comes_near_does_not_flood_what_follows() -> None:
    red = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    red[2, :, : WIDTH // 2] = 255
    red[:, :, WIDTH // 2 :] = 102
    after = shown(red)[:, WIDTH // 2 + MOST_CARRIED :]
    assert (after == 102).all()


def runs(picture: np.ndarray) -> int:
    return int((np.diff(picture, axis=1) != 0).sum())


def test_slack_makes_runs_longer_where_pixels_are_fleeting_alone() -> None:
    slope = np.broadcast_to(np.linspace(60, 200, WIDTH), (3, HEIGHT, WIDTH)).astype(np.uint8)
    exact = shown(slope)
    assert runs(shown(slope, fleeting=ALL, slack=60)) < 0.8 * runs(exact)
    assert (shown(slope, fleeting=NONE, slack=60) == exact).all()


def test_what_is_not_wanted_changes_nothing_of_the_rest() -> None:
    chance = np.random.default_rng(1)
    frames = [chance.integers(0, 256, (3, HEIGHT, WIDTH), np.uint8) for _ in range(3)]
    some = NONE.copy()
    some[BAND : 2 * BAND, 10:30] = True
    together = indexed(frames, [NONE, some, ALL], [NONE] * 3, paint())
    alone = indexed(frames[2:], [ALL], [NONE], paint())
    assert (together[2] == alone[0]).all()
    only = indexed([frames[1][:, :, 10:30]], [some[:, 10:30]], [NONE[:, 10:30]], paint())
    assert (together[1][some] == only[0][some[:, 10:30]]).all()


def test_nothing_wanted_is_no_error() -> None:
    assert indexed([flat(9)], [NONE], [NONE], paint())[0].shape == (HEIGHT, WIDTH)
