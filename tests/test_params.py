"""Each kind of parameter takes what it should, tidies it, and says plainly what it refuses."""

import math

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.params import (
    PROMPT_LIMIT,
    Choice,
    Image,
    Images,
    Integer,
    Json,
    Number,
    Seed,
    Text,
    Toggle,
    Video,
    violations,
)

FRAMES = Integer(
    name="num_frames", label="Frames", unit="frames", minimum=18, maximum=162, step=12, offset=6
)
GRID = range(18, 163, 12)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [(18, 18), (80, 78), (84, 78), (85, 90), (162, 162), ("90", 90), (78.4, 78), (23, 18)],
)
def test_a_number_moves_to_the_nearest_point_of_its_grid(typed, shown):
    assert FRAMES.clean(typed) == shown


@given(st.floats(18, 162))
def test_a_moved_number_is_on_the_grid_and_no_other_point_is_nearer(number):
    moved = FRAMES.clean(number)
    assert moved in GRID
    assert abs(moved - number) == min(abs(point - number) for point in GRID)


@given(st.integers(-50, 50), st.integers(1, 30), st.integers(0, 30), st.integers(0, 300))
def test_any_grid_keeps_its_numbers_within_the_range(low, step, offset, above):
    high = low + step + above
    param = Integer(name="n", label="N", minimum=low, maximum=high, step=step, offset=offset)
    for number in range(low, high + 1):
        moved = param.clean(number)
        assert low <= moved <= high
        assert (moved - offset) % step == 0
        assert param.clean(moved) == moved


@given(st.floats() | st.integers() | st.text() | st.none() | st.booleans() | st.lists(st.none()))
def test_a_number_never_breaks_on_what_it_is_given(value):
    try:
        cleaned = FRAMES.clean(value)
    except ValueError as error:
        assert str(error).startswith(("Frames must be", "Frames has a"))
    else:
        assert cleaned is None or cleaned in GRID


@pytest.mark.parametrize("value", [17, 163, -1, 10**400, math.nan, math.inf, True, "many", [90]])
def test_a_number_that_is_none_of_its_range_is_refused_in_words(value):
    with pytest.raises(ValueError, match="Frames must be (a number|from 18 to 162 frames|at most)"):
        FRAMES.clean(value)


def test_a_whole_number_without_a_grid_is_not_rounded_in_silence():
    steps = Integer(name="inference_steps", label="Inference steps", minimum=1)
    assert steps.clean("30") == 30
    with pytest.raises(ValueError, match="Inference steps must be a whole number"):
        steps.clean(30.5)
    with pytest.raises(ValueError, match="at least 1"):
        steps.clean(0)


def test_a_long_seed_is_kept_to_the_last_digit():
    seed = Seed(name="seed", label="Seed")
    assert seed.clean(2**53 - 1) == 9007199254740991
    assert seed.clean("41087") == 41087
    with pytest.raises(ValueError, match="at most"):
        seed.clean(2**53)


def test_a_strength_keeps_its_fraction():
    strength = Number(name="strength", label="Strength", minimum=0, maximum=1, default=0.85)
    assert strength.clean(0) == 0
    assert strength.clean("0.3333333333") == 0.333333
    with pytest.raises(ValueError, match="from 0 to 1"):
        strength.clean(1.01)


def test_text_is_trimmed_bounded_and_free_of_nul():
    prompt = Text(name="prompt", label="Prompt", required=True)
    assert prompt.clean("  a\x00 fox \n") == "a fox"
    for blank in (None, "", "  ", "\x00"):
        with pytest.raises(ValueError, match="Prompt is needed"):
            prompt.clean(blank)
    with pytest.raises(ValueError, match="20,001 characters; the most is 20,000"):
        prompt.clean("x" * (PROMPT_LIMIT + 1))
    with pytest.raises(ValueError, match="must be text"):
        prompt.clean({"a": 1})


def test_a_choice_is_sent_as_its_own_type():
    seconds = Choice(name="duration", label="Duration", unit="s", choices=(5, 10))
    for given_value in (5, "5", 5.0):
        assert seconds.clean(given_value) == 5
        assert isinstance(seconds.clean(given_value), int)
    for wrong in (7, "7", True, "x", [5]):
        with pytest.raises(ValueError, match="must be one of 5, 10 s"):
            seconds.clean(wrong)


def test_a_toggle_takes_truth_and_its_words_only():
    toggle = Toggle(name="t", label="Expansion")
    assert [toggle.clean(value) for value in (True, "off", None)] == [True, False, None]
    for wrong in (1, "perhaps", []):
        with pytest.raises(ValueError, match="true or false"):
            toggle.clean(wrong)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("http://example.com/a.mp4", "https"),
        ("data:text/html;base64,AAAA", "data URI with a video"),
        ({"name": "x"}, "must be a file"),
        (7, "must be a file"),
    ],
)
def test_a_source_that_is_none_is_refused(value, reason):
    with pytest.raises(ValueError, match=reason):
        Video(name="video_url", label="Source video").clean(value)


def test_a_source_may_be_a_path_an_address_a_data_uri_or_an_upload():
    source = Video(name="video_url", label="Source video")
    for value in ("/tmp/a.mp4", "https://example.com/a.mp4", "data:video/mp4;base64,AAAA"):
        assert source.clean(value) == value
    assert source.clean({"path": "/tmp/a.mp4", "meta": {}}) == "/tmp/a.mp4"


@given(st.integers(-10, 200))
def test_what_a_number_lets_through_its_schema_allows(number):
    try:
        cleaned = FRAMES.clean(number)
    except ValueError:
        return
    jsonschema.validate(cleaned, FRAMES.schema())


def test_fit_keeps_what_suits_and_else_gives_the_default():
    ratio = Choice(name="r", label="R", choices=("16:9", "9:16"), default="16:9")
    assert ratio.fit("9:16") == "9:16"
    assert ratio.fit("1:1") == "16:9"
    assert ratio.fit(None) == "16:9"


def test_several_files_are_needed_and_one_is():
    with pytest.raises(ValueError, match="Stills are needed"):
        Images(name="i", label="Stills", required=True).clean([])
    with pytest.raises(ValueError, match="Still is needed"):
        Image(name="i", label="Still", required=True).clean(None)


def test_a_list_of_files_is_counted():
    stills = Images(name="i", label="Stills", least=2, most=3)
    with pytest.raises(ValueError, match="at least 2; 1 were given"):
        stills.clean(["https://a.b/1"])
    with pytest.raises(ValueError, match="at most 3; 4 were given"):
        stills.clean(["https://a.b/1"] * 4)
    assert stills.clean("https://a.b/1\n\nhttps://a.b/2") == ["https://a.b/1", "https://a.b/2"]


def test_each_file_of_a_list_is_checked_as_one_alone_would_be():
    with pytest.raises(ValueError, match="https"):
        Images(name="i", label="Stills").clean(["https://a.b/1", "http://a.b/2"])


def test_json_is_read_from_text_and_held_to_its_schema():
    camera = Json(
        name="c",
        label="Camera",
        shape={"type": "object", "properties": {"zoom": {"type": "number", "maximum": 10}}},
    )
    assert camera.clean('{"zoom": 5}') == {"zoom": 5}
    with pytest.raises(ValueError, match=r"does not fit at zoom: it must be at most 10\."):
        camera.clean('{"zoom": 50}')
    with pytest.raises(ValueError, match="must be JSON"):
        camera.clean("{zoom")
    with pytest.raises(ValueError, match="must be JSON"):
        camera.clean('{"zoom": NaN}')


def test_a_type_that_nobody_knows_forbids_nothing():
    assert violations({"type": "colour"}, 5) == {}
    assert violations({"type": ["string", "colour"]}, 5) == {}
    assert violations({"type": "integer"}, "5") == {"": "it must be of type integer"}
