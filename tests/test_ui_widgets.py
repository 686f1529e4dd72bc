"""The table of widgets: whole over the kinds of parameter, and never stricter than the models."""

import pytest

from core import MODELS, Param
from core.params import (
    Audio,
    Choice,
    Images,
    Integer,
    Json,
    Media,
    Number,
    Seed,
    Several,
    Text,
    Toggle,
)
from ui.widgets import (
    GRID,
    LENGTH,
    MENU,
    NUMBER,
    SEGMENTS,
    SLIDER,
    WIDGETS,
    shown,
    title,
    widget_of,
)

FACES = [spec.when(live=live) for spec in MODELS.values() for live in (False, True)]
PARAMS = [param for spec in FACES for param in spec.params]


def kinds(root):
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_kind_of_parameter_has_a_widget():
    missing = {kind.__name__ for kind in kinds(Param) if kind not in (Media, Several)} - {
        kind.__name__ for kind in WIDGETS
    }
    assert not missing, f"give these a row in ui.widgets.WIDGETS: {missing}"


@pytest.mark.parametrize("param", PARAMS, ids=lambda param: f"{param.name}-{param.kind}")
def test_what_a_widget_shows_at_first_is_the_parameter_s_default(param):
    value = shown(param)
    cleaned = None if value in (None, "") else param.clean(value)
    assert cleaned == param.default


def test_numbers_look_by_what_is_known_of_them():
    bounds = {"minimum": 0, "maximum": 9, "default": 3}
    assert widget_of(Number(name="n", label="N", **bounds)) is SLIDER
    assert widget_of(Number(name="n", label="N", unit="s", **bounds)) is LENGTH
    assert widget_of(Integer(name="n", label="N", step=3, **bounds)) is GRID
    assert widget_of(Number(name="n", label="N", minimum=0, maximum=1)) is NUMBER
    assert widget_of(Number(name="n", label="N", minimum=1, default=30)) is NUMBER


def test_many_choices_become_a_menu_and_a_few_stand_side_by_side():
    few = Choice(name="c", label="C", choices=("a", "b"))
    many = Choice(name="c", label="C", choices=tuple("abcdefg"))
    assert widget_of(few) is SEGMENTS
    assert widget_of(many) is MENU


def test_a_choice_without_a_default_can_be_left_to_the_provider():
    free = Choice(name="c", label="C", choices=("a",))
    fixed = Choice(name="c", label="C", choices=("a",), default="a")
    assert widget_of(free).props(free)["choices"][0] == ("Auto", "")
    assert ("Auto", "") not in widget_of(fixed).props(fixed)["choices"]


def test_a_toggle_without_a_default_has_three_places():
    toggle = Toggle(name="t", label="T")
    assert [value for _, value in widget_of(toggle).props(toggle)["choices"]] == ["", "on", "off"]


def test_units_are_shown_once():
    assert title(Integer(name="w", label="Width", unit="px")) == "Width, px"
    assert title(Integer(name="f", label="Frames", unit="frames")) == "Frames"


def test_an_empty_optional_number_says_whose_choice_it_is():
    assert widget_of(unset := Number(name="n", label="N")).props(unset)["placeholder"] == (
        "provider's choice"
    )
    assert widget_of(seed := Seed(name="s", label="Seed")).props(seed)["placeholder"] == "random"


def test_a_prompt_explains_itself():
    prompt = Text(name="p", label="P", help="What moves.")
    assert widget_of(prompt).props(prompt)["placeholder"] == "What moves."


def test_few_but_long_choices_become_a_menu():
    long = Choice(name="c", label="C", choices=("cinematic", "watercolour", "comic strip"))
    assert widget_of(long) is MENU


def test_a_json_default_is_shown_as_text():
    param = Json(name="j", label="J", default={"zoom": 1})
    assert param.clean(shown(param)) == {"zoom": 1}


def test_a_file_widget_offers_the_files_that_its_model_takes():
    sound = Audio(name="a", label="A")
    assert "audio" in widget_of(sound).props(sound)["file_types"]
    stills = Images(name="i", label="I")
    assert widget_of(stills).props(stills)["file_types"][:2] == ["image", ".heic"]
