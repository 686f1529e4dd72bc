"""Any schema becomes a form whose default submission the schema allows, and nothing crashes."""

import jsonschema
from catalogs.schemas import anything, bodies, widget_values
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.models import ModelSpec
from core.models.seeds import clean_and_draw
from core.params import Choice, Images, Json, Media, Seed, Several, Text
from core.schema.normalize import normalize
from core.schema.openapi import Document
from core.schema.to_form import to_form

QUIET = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NOWHERE = Document(root={})


def spec_of(body):
    filled = to_form(normalize(body, NOWHERE))
    return ModelSpec(
        id="a/b",
        provider="krea",
        name="B",
        task="text-to-video",
        params=filled.params,
        path="/generate/video/a/b",
        wire=filled.wire,
        built_in=False,
    )


def written(spec, body):
    """Return what a person must write at least: the texts and the files that are needed."""
    values = {}
    for param in spec.params:
        if param.required and param.default is None:
            if isinstance(param, Several):
                values[param.name] = [
                    f"https://example.com/{n}" for n in range(max(1, param.least))
                ]
            elif isinstance(param, Media):
                values[param.name] = "https://example.com/a"
            elif isinstance(param, Text):
                told = body["properties"].get(param.name, {})
                values[param.name] = "a" * max(1, told.get("minLength", 1))
    return values


@QUIET
@given(bodies())
@example(
    {
        "type": "object",
        "properties": {"ratio": {"enum": ["a", "b"]}, "seed": {"type": "integer", "maximum": 0}},
        "required": ["ratio", "seed"],
        "additionalProperties": False,
    }
)
def test_the_default_form_validates_against_the_vendor_s_schema(body):
    spec = spec_of(body)
    sent = spec.on_wire(clean_and_draw(spec, written(spec, body)))
    jsonschema.validate(sent, body, cls=jsonschema.Draft202012Validator)


@QUIET
@given(bodies(), st.data())
def test_what_a_widget_gives_either_validates_or_is_refused_on_its_field(body, data):
    spec = spec_of(body)
    values = written(spec, body)
    for param in spec.params:
        if data.draw(st.booleans()):
            values[param.name] = data.draw(widget_values(param))
    checked = spec.check(values)
    assert set(checked.problems) <= {param.name for param in spec.params}
    if not checked.problems:
        jsonschema.validate(spec.on_wire(checked.values), body, cls=jsonschema.Draft202012Validator)


@QUIET
@given(bodies())
def test_no_parameter_is_lost(body):
    assert {param.name for param in spec_of(body).params} == set(body["properties"])


@QUIET
@given(anything())
def test_the_worst_schema_makes_a_form_and_no_crash(body):
    tidied = normalize(body, Document(root=body if isinstance(body, dict) else {}))
    jsonschema.Draft202012Validator.check_schema(tidied)
    filled = to_form(tidied)
    jsonschema.Draft202012Validator.check_schema(filled.wire)
    for param in filled.params:
        param.as_json()
        assert param.default is None or param.clean(param.default) == param.default


def test_the_prompt_comes_first_and_what_few_look_for_is_folded_away():
    names = ["zeta", "alpha", "seed", "duration", "prompt", "image_url", "cfg_scale"]
    kinds = {"seed": {"type": "integer"}, "duration": {"type": "integer"}}
    body = {"properties": {name: kinds.get(name, {"type": "string"}) for name in names}}
    params = spec_of(body | {"required": ["prompt"]}).params
    assert params[0].name == "prompt"
    plain_ = {param.name for param in params if not param.advanced}
    assert plain_ == {"prompt", "seed", "duration", "image_url"}


def test_labels_that_would_be_the_same_are_told_apart():
    body = {
        "properties": {
            "image": {"format": "uri", "type": "string"},
            "image_url": {"type": "string"},
        }
    }
    assert len({param.label for param in spec_of(body).params}) == 2


def test_rules_between_fields_stay_and_name_the_field():
    spec = spec_of(
        {
            "type": "object",
            "properties": {
                "prompt": {"type": "string"},
                "image_url": {"type": "string"},
                "seed": {"type": "integer"},
            },
            "anyOf": [{"required": ["image_url"]}, {"required": ["prompt"]}],
            "dependentRequired": {"seed": ["image_url"]},
        }
    )
    assert set(spec.check({"seed": 1, "prompt": "a"}).problems) == {"image_url"}
    assert spec.check({"prompt": "a"}).problems == {}
    assert spec.check({}).problems != {}


def test_a_default_that_breaks_a_rule_between_fields_is_not_sent():
    body = {
        "properties": {
            "size": {"type": "string", "default": "1280x720"},
            "aspect_ratio": {"type": "string", "default": "16:9"},
            "fps": {"type": "integer", "default": 24},
        },
        "not": {"required": ["size", "aspect_ratio"]},
    }
    sent = spec_of(body).clean({})
    jsonschema.validate(sent, body)
    assert sent["fps"] == 24
    assert len(sent) == 2


def test_two_ways_to_order_make_one_form_and_both_stay_lawful():
    body = {
        "oneOf": [
            {
                "properties": {
                    "prompt": {"type": "string"},
                    "mode": {"const": "text", "default": "text"},
                },
                "required": ["prompt", "mode"],
                "additionalProperties": False,
            },
            {
                "properties": {
                    "mode": {"const": "image", "default": "image"},
                    "image_url": {"type": "string", "format": "uri"},
                },
                "required": ["mode", "image_url"],
                "additionalProperties": False,
            },
        ]
    }
    spec = spec_of(body)
    assert {param.name for param in spec.params} == {"prompt", "mode", "image_url"}
    assert isinstance(spec.param("mode"), Choice)
    jsonschema.validate(spec.clean({"mode": "text", "prompt": "a"}), body)
    jsonschema.validate(spec.clean({"mode": "image", "image_url": "https://a.b/c"}), body)
    assert spec.check({"mode": "image", "prompt": "a"}).problems


def test_a_file_of_this_app_passes_where_an_address_must_end_in_a_certain_way():
    body = {"properties": {"image_url": {"type": "string", "pattern": r"^https://.+\.(png|jpg)$"}}}
    assert spec_of(body).check({"image_url": "/tmp/a.png"}).problems == {}


def test_two_files_of_this_app_are_two_addresses():
    items = {"type": "string", "format": "uri"}
    spec = spec_of(
        {"properties": {"images": {"type": "array", "items": items, "uniqueItems": True}}}
    )
    assert isinstance(spec.param("images"), Images)
    assert spec.check({"images": ["/tmp/a.png", "/tmp/b.png"]}).problems == {}


def test_a_needed_value_with_a_default_need_not_be_given():
    body = {"properties": {"mode": {"enum": ["a", "b"]}}, "required": ["mode"]}
    spec = spec_of(body)
    assert spec.param("mode").required
    assert spec.clean({}) == {"mode": "a"}


def test_what_is_needed_and_not_described_is_asked_for_as_json():
    spec = spec_of({"properties": {"prompt": {"type": "string"}}, "required": ["mystery"]})
    assert isinstance(spec.param("mystery"), Json)
    assert spec.param("mystery").required


def test_a_property_of_the_past_is_folded_away_and_its_default_not_sent():
    spec = spec_of({"properties": {"seed": {"type": "integer", "default": 4, "deprecated": True}}})
    assert isinstance(spec.param("seed"), Seed)
    assert spec.param("seed").advanced
    assert spec.clean({}) == {}
