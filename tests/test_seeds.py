"""Seeds that were left open are drawn within what the model and its vendor's schema take."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.models import ModelSpec, check_and_draw, clean_and_draw
from core.params import SAFE_INTEGER, Choice, Json, Seed, Text, is_seed_name
from core.schema.to_param import to_param

BELOW = random.Random(1).randrange


def model(*params, wire=None):
    return ModelSpec(
        id="m", provider="krea", name="M", task="text-to-video", params=params, path="/m", wire=wire
    )


def schema_of(name, seed, **more):
    return {"type": "object", "properties": {name: seed}, "additionalProperties": False, **more}


SCHEMAS = [
    {"type": "integer"},
    {"type": "integer", "minimum": 0, "maximum": 4294967295},
    {"type": "integer", "minimum": 0, "maximum": 2**64 - 1},
    {"type": "integer", "exclusiveMinimum": 10, "exclusiveMaximum": 12},
    {"type": "integer", "minimum": 1, "maximum": 999, "multipleOf": 7},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 3},
    {"type": "integer", "minimum": -1, "nullable": True},
    {"type": "integer", "minimum": -1, "maximum": 100, "default": -1},
    {"type": ["integer", "null"], "minimum": -50, "maximum": -10},
    {"type": "integer", "enum": [3, 5, 8]},
    {"type": "integer", "description": "Set to 0 for a random seed.", "minimum": 0, "maximum": 1},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("name", ["seed", "noise_seed", "randomSeed"])
@pytest.mark.parametrize("left", [{}, {"seed": None}, {"seed": ""}], ids=str)
def test_a_seed_left_open_is_drawn_as_the_schema_takes_it(schema, name, left):
    wire = schema_of(name, {key: value for key, value in schema.items() if key != "nullable"})
    spec = model(to_param(name, schema, required=False), wire=wire)
    given = dict.fromkeys([name], left["seed"]) if left else {}
    drawn = {clean_and_draw(spec, given, BELOW)[name] for _ in range(40)}
    for seed in drawn:
        assert type(seed) is int
        assert abs(seed) <= SAFE_INTEGER
        assert spec.clean({name: seed}) == {name: seed}
        assert seed != -1
    if schema == SCHEMAS[-1]:
        assert drawn == {1}
    elif "multipleOf" in schema:
        assert all(seed % 7 == 0 for seed in drawn)
    elif "enum" in schema:
        assert drawn == {3, 5, 8}


@pytest.mark.parametrize("word", [-1, -1.0, "-1"])
def test_a_vendor_s_word_for_chance_means_draw_one(word):
    spec = model(Seed(name="seed", label="Seed", minimum=-1))
    assert clean_and_draw(spec, {"seed": word}, BELOW)["seed"] >= 0


def test_a_seed_below_zero_that_is_none_of_the_vendor_s_words_is_kept():
    spec = model(Seed(name="seed", label="Seed", minimum=-100, maximum=100))
    assert clean_and_draw(spec, {"seed": -1}, BELOW) == {"seed": -1}
    assert clean_and_draw(spec, {"seed": 0}, BELOW) == {"seed": 0}


def test_a_seed_that_the_vendor_needs_is_drawn_and_not_asked_for():
    wire = schema_of("seed", {"type": "integer", "minimum": 5, "maximum": 5}, required=["seed"])
    spec = model(to_param("seed", wire["properties"]["seed"], required=True), wire=wire)
    assert clean_and_draw(spec, {}, BELOW) == {"seed": 5}


def test_a_default_that_is_a_seed_is_kept():
    spec = model(Seed(name="seed", label="Seed", default=42))
    assert clean_and_draw(spec, {}, BELOW) == {"seed": 42}


def test_where_the_vendor_wants_none_none_is_sent():
    forbidden = {"not": {"required": ["seed"]}}
    wire = schema_of("seed", {"type": "integer"}) | forbidden
    spec = model(Seed(name="seed", label="Seed"), wire=wire)
    assert clean_and_draw(spec, {}, BELOW) == {}


def test_what_is_wrong_besides_is_still_told():
    spec = model(
        Seed(name="seed", label="Seed"), Text(name="prompt", label="Prompt", required=True)
    )
    with pytest.raises(InvalidInput) as refused:
        clean_and_draw(spec, {}, BELOW)
    assert set(refused.value.problems) == {"prompt"}


def test_a_seed_inside_an_object_is_drawn_where_the_object_is_given():
    shape = {
        "type": "object",
        "properties": {
            "noise": {
                "type": "object",
                "properties": {"seed": {"type": "integer", "exclusiveMinimum": 6, "maximum": 7}},
            },
        },
    }
    spec = model(Json(name="options", label="Options", shape=shape))
    assert clean_and_draw(spec, {"options": {"noise": {}}}, BELOW) == {
        "options": {"noise": {"seed": 7}}
    }
    assert clean_and_draw(spec, {}, BELOW) == {}
    assert clean_and_draw(spec, {"options": {}}, BELOW) == {"options": {}}


def test_a_choice_that_is_no_seed_is_left_open():
    spec = model(Choice(name="style", label="Style", choices=("a", "b")))
    assert check_and_draw(spec, {}, BELOW).values == {}


@pytest.mark.parametrize("name", ["seed_image", "reseed", "seeds", "seed_count", "prompt", ""])
def test_what_is_only_called_alike_is_no_seed(name):
    assert not is_seed_name(name)


@given(
    st.integers(-100, 100),
    st.integers(0, 200),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_every_seed_that_is_drawn_is_taken(low, span, step, chance):
    param = Seed(name="seed", label="Seed", minimum=low, maximum=low + span + step, step=step)
    seed = param.draw(chance.randrange)
    assert param.clean(seed) == seed
