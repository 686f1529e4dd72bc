"""What the browser is told of a model's rules: the model's own words, and all of them."""

import pytest

from core import MODELS, ModelSpec
from core.params import Integer, Number, Text
from ui.rules import GIVEN, rule_of

FACES = [spec.when(live=live) for spec in MODELS.values() for live in (False, True)]
WAN = FACES[0]


def model(*params):
    return ModelSpec(
        id="m", provider="krea", name="M", task="text-to-video", params=params, path="/m", fps=16
    )


def problem(spec, param, value):
    return spec.check({param.name: value}).problems[param.name]


@pytest.mark.parametrize("spec", FACES, ids=lambda spec: spec.key)
def test_a_needed_value_is_asked_for_in_the_model_s_words(spec):
    for param in spec.params:
        rule = rule_of(spec, param)
        assert rule["required"] == param.required
        assert bool(rule["missing"]) == param.required
        if param.required:
            assert rule["missing"] == problem(spec, param, None)


def test_a_range_is_told_in_the_model_s_words():
    frames = WAN.param("num_frames")
    assert rule_of(WAN, frames)["range"] == problem(WAN, frames, 500)


def test_a_range_open_above_is_told_by_its_lower_end():
    steps = Integer(name="n", label="Steps", minimum=1)
    spec = model(steps)
    assert rule_of(spec, steps)["range"] == problem(spec, steps, 0)


def test_a_range_open_below_is_told_by_its_upper_end():
    low = Number(name="n", label="Level", maximum=3)
    spec = model(low)
    assert rule_of(spec, low)["range"] == problem(spec, low, 4)


def test_every_point_of_a_grid_has_its_length():
    points = rule_of(WAN, WAN.param("num_frames"))["grid"]["points"]
    assert list(points) == [str(n) for n in range(18, 163, 12)]
    assert points["78"] == "78 frames, 4.9 s"
    assert points["162"] == "162 frames, 10.1 s"


@pytest.mark.parametrize("given", [19, 80, 80.5, 155])
def test_a_note_put_together_from_the_rule_is_the_model_s_own(given):
    grid = rule_of(WAN, WAN.param("num_frames"))["grid"]
    checked = WAN.check({"num_frames": given})
    length = grid["points"][f"{checked.values['num_frames']:g}"]
    assert f"{grid['note'].replace(GIVEN, str(given))}: {length}" == checked.notes["num_frames"]


def test_a_parameter_without_a_grid_has_none():
    assert rule_of(WAN, WAN.param("seed"))["grid"] is None


def test_whole_numbers_are_asked_for_only_where_they_are_needed():
    whole, grid = WAN.param("seed"), WAN.param("num_frames")
    assert rule_of(WAN, whole)["whole_words"] == problem(WAN, whole, 0.5)
    assert not rule_of(WAN, grid)["whole"]


def test_a_text_that_is_too_long_is_told_with_its_length():
    short = Text(name="t", label="Title", max_length=5)
    spec = model(short)
    words = rule_of(spec, short)["long"].replace(GIVEN, "7")
    assert words == problem(spec, short, "1234567")


def test_an_address_without_encryption_is_refused_in_the_model_s_words():
    spec = next(face for face in FACES if face.param("video_url"))
    video = spec.param("video_url")
    assert rule_of(spec, video)["insecure"] == problem(spec, video, "http://a/b.mp4")
