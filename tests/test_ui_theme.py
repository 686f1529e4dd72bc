"""The tokens: readable in both themes, and the only colours there are."""

import re
from itertools import product
from pathlib import Path

import pytest

from ui.theme import DARK, LIGHT, MAPPED, SHARED, theme, tokens_css

ASSETS = Path(__file__).parents[1] / "assets"
STYLES = sorted(ASSETS.glob("*.css"))
THEMES = {"light": {**LIGHT, **SHARED}, "dark": {**LIGHT, **SHARED, **DARK}}

ON_PAPER = product(("ink", "soft", "accent", "ok", "bad"), ("paper", "sheet"))
PAIRS = [
    *ON_PAPER,
    ("accent-ink", "accent"),
    ("accent-ink", "accent-deep"),
    ("ink", "glow"),
    ("accent", "glow"),
    ("bad", "bad-glow"),
    ("stage-ink", "stage"),
    ("stage-soft", "stage"),
    ("lamp-ink", "lamp"),
]


def light(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_words_can_be_read(name, pair):
    tokens = THEMES[name]
    assert contrast(tokens[pair[0]], tokens[pair[1]]) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_the_edge_of_a_control_can_be_seen(name):
    assert contrast(THEMES[name]["edge"], THEMES[name]["sheet"]) >= 3


def test_both_themes_decide_the_same_tokens():
    assert set(LIGHT) == set(DARK)


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_a_stylesheet_uses_only_tokens_that_there_are(style):
    own = set(re.findall(r"(--[a-z-]+):", style.read_text())) | {"--progress", "--range_progress"}
    known = {f"--{name}" for name in (*LIGHT, *SHARED)} | own
    assert set(re.findall(r"var\((--[a-z_-]+)", style.read_text())) <= known


def test_gradio_s_theme_asks_no_other_host():
    look = theme()
    assert look._stylesheets == []
    assert not re.search(r"url\(['\"]?(https?:)?//", look._get_theme_css())


def test_gradio_s_variables_follow_the_tokens_in_both_themes():
    look = theme()
    for name, token in MAPPED.items():
        assert getattr(look, name) == token
        assert getattr(look, f"{name}_dark") == token


def test_no_style_and_no_script_names_another_host():
    for path in [*STYLES, *ASSETS.glob("*.js")]:
        assert not re.search(r"https?://|url\(['\"]?//", path.read_text()), path.name


def test_the_dark_tokens_stand_under_gradio_s_class_for_it():
    assert f"--paper:{DARK['paper']}" in tokens_css().partition("body.dark")[2]


def test_each_face_of_type_comes_with_its_licence():
    for face in ("inter", "jetbrains-mono"):
        assert "SIL OPEN FONT LICENSE" in (ASSETS / "fonts" / f"{face}-LICENSE.txt").read_text()
        assert list((ASSETS / "fonts").glob(f"{face}-latin*.woff2"))
