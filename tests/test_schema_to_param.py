"""Each property becomes the parameter that a person expects, and none is lost."""

import pytest

from core.params import (
    AnyFile,
    AnyFiles,
    Audio,
    Audios,
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
    Videos,
    violations,
)
from core.schema.example_value import example_value
from core.schema.normalize import normalize
from core.schema.openapi import Document
from core.schema.param_names import is_file_name, label, media
from core.schema.prose_ranges import find_range
from core.schema.to_param import help_of, to_param

URI = {"type": "string", "format": "uri"}
URIS = {"type": "array", "items": URI}


def param(name, schema, *, required=False):
    return to_param(name, normalize(schema, Document(root={})), required=required)


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("prompt", {"type": "string"}, Text),
        ("prompt", {}, Text),
        ("style", {"enum": ["a"]}, Choice),
        ("mode", {"const": "pro"}, Choice),
        ("loop", {"type": "boolean"}, Toggle),
        ("loop", {"enum": [True]}, Toggle),
        ("steps", {"type": "integer"}, Integer),
        ("scale", {"type": ["number", "null"]}, Number),
        ("scale", {"minimum": 1}, Number),
        ("seed", {"type": "integer"}, Seed),
        ("noise_seed", {"type": "number"}, Seed),
        ("seeds", {"type": "array", "items": {"type": "integer"}}, Json),
        ("image_url", {"type": "string"}, Image),
        ("imageUrl", URI, Image),
        ("image", {"type": "string"}, Image),
        ("start_image", URI, Image),
        ("tail_image_url", {"anyOf": [URI, {"type": "null"}]}, Image),
        ("first_frame_image", URI, Image),
        ("subject_url", URI, Image),
        ("mask", URI, Image),
        ("video_url", {"type": "string"}, Video),
        ("video", URI, Video),
        ("first_clip_url", URI, Video),
        ("audio_url", {"type": "string"}, Audio),
        ("voice_url", URI, Audio),
        ("source_url", URI, AnyFile),
        ("image_or_video_url", URI, AnyFile),
        ("reference", URI | {"description": "An image or a video."}, AnyFile),
        ("reference", URI | {"description": "A clip to copy."}, Video),
        ("image_urls", {"type": "array", "items": {"type": "string"}}, Images),
        ("reference_images", URIS, Images),
        ("images", {"anyOf": [URI, URIS]}, Images),
        ("video_urls", URIS, Videos),
        ("audios", URIS, Audios),
        ("references", URIS, AnyFiles),
        ("webhook_url", URI, Text),
        ("callback", URI, Text),
        ("lora_url", URI, Text),
        ("image_id", {"type": "string"}, Text),
        ("image_style", {"type": "string"}, Text),
        ("video_quality", {"enum": ["low"]}, Choice),
        ("audio", {"type": "boolean"}, Toggle),
        ("voice", {"type": "string"}, Text),
        ("tags", {"type": "array", "items": {"type": "string"}}, Json),
        ("camera", {"type": "object"}, Json),
        ("loras", {"type": "array", "items": {"type": "object"}}, Json),
        ("either", {"anyOf": [{"type": "number"}, {"type": "string"}]}, Json),
        ("either", {"type": ["integer", "string"]}, Json),
        ("either", {"anyOf": [{"type": "integer"}, {"type": "number"}]}, Number),
        ("either", {"anyOf": [{"enum": ["a"]}, {"type": "string"}]}, Text),
        ("mystery", {}, Json),
        ("mystery", {"type": "wat"}, Json),
    ],
)
def test_the_kind(name, schema, kind):
    assert type(param(name, schema)) is kind


@pytest.mark.parametrize(
    ("schema", "facts"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2}, (1, 9, 2)),
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 9}, (2, 8, None)),
        ({"type": "integer", "minimum": 0.5, "maximum": 9.5}, (1, 9, None)),
        ({"type": "integer", "multipleOf": 1.5, "maximum": 2**70}, (None, None, 3)),
        ({"type": "number", "multipleOf": 0.1}, (None, None, 0.1)),
        ({"type": "number", "description": "Between 0 and 2.5, please."}, (0, 2.5, None)),
        ({"type": "number", "description": "Between 0 and 2.", "minimum": 1}, (1, None, None)),
        ({"type": "number", "description": "Between 0 and 2.", "default": 7}, (None, None, None)),
    ],
)
def test_the_limits_of_a_number(schema, facts):
    found = param("scale", schema)
    assert (found.minimum, found.maximum, found.step) == facts


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Between 1 and 10", (1, 10)),
        ("A value from 0 to 1 that tells how much.", (0, 1)),
        ("min 5, max 10", (5, 10)),
        ("Minimum: 5; maximum: 10.", (5, 10)),
        ("0-1", (0, 1)),
        ("How much (0.0 - 1.0)", (0, 1)),
        ("Range: -10 to 10", (-10, 10)),
        ("Values in the range [0, 100].", (0, 100)),
        ("At least 2 and at most 8 of them.", (2, 8)),
        ("Use 16:9 or 9:16", None),
        ("From 5 to 10, or between 20 and 30", None),
        ("Between 10 and 5", None),
        ("Since 2024-05", None),
        ("Better than 1-2 others", None),
        ("", None),
    ],
)
def test_a_range_in_prose_is_read_where_it_is_plain(words, found):
    assert find_range(words) == found


@pytest.mark.parametrize(
    ("name", "schema", "default"),
    [
        ("a", {"enum": ["x", "y"]}, "x"),
        ("a", {"type": "integer", "minimum": 3}, 3),
        ("a", {"type": "integer", "minimum": 3, "multipleOf": 4}, 4),
        ("a", {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, 1),
        ("a", {"type": "number"}, 0),
        ("a", {"type": "boolean"}, False),
        ("a", {"const": True}, True),
        ("a", {"type": "object", "required": ["b"], "properties": {"b": {"enum": [7]}}}, {"b": 7}),
        ("a", {"type": "array", "items": {"type": "object"}, "minItems": 1}, [{}]),
        ("voice_id", {"type": "string", "example": "calm"}, "calm"),
        ("prompt", {"type": "string", "example": "a fox"}, None),
        ("image_url", URI | {"default": "https://a.b/c"}, None),
    ],
)
def test_what_is_needed_and_has_no_default_gets_a_legal_one(name, schema, default):
    found = param(name, schema, required=True)
    assert found.required
    assert found.default == default
    assert type(found.default) is type(default)


def test_an_optional_parameter_gets_no_default_of_ours():
    for schema in ({"enum": ["x"]}, {"type": "integer", "minimum": 3}, {"type": "boolean"}):
        assert param("a", schema).default is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("negative_prompt", "Negative prompt"),
        ("image_url", "Image"),
        ("image_urls", "Images"),
        ("reference_image_urls", "Reference images"),
        ("cfg_scale", "CFG scale"),
        ("frames_per_second", "Frames per second"),
        ("num_frames", "Frames"),
        ("enable_prompt_expansion", "Prompt expansion"),
        ("promptOptimizer", "Prompt optimizer"),
        ("tail_image_url", "Tail image"),
        ("url", "URL"),
        ("?", "?"),
    ],
)
def test_a_label_reads_like_words(name, told):
    assert label(name) == told


def test_units_stand_where_a_length_or_a_size_is_told():
    assert param("duration", {"enum": [5, 10]}).unit == "s"
    assert param("duration", {"enum": ["5", "10"]}).unit == "s"
    assert param("duration", {"enum": ["5s", "auto"]}).unit == ""
    assert param("fps", {"type": "integer"}).unit == "fps"
    assert param("width", {"type": "integer"}).unit == "px"
    assert param("num_frames", {"type": "integer"}).unit == "frames"


def test_the_help_is_one_short_line_without_markup():
    told = help_of(
        {
            "description": "**Bold** <script>x</script>\n- [a link](https://a.b) `code` "
            + "word " * 90
        }
    )
    assert "<" not in told
    assert "*" not in told
    assert "\n" not in told
    assert "a link" in told
    assert "a.b" not in told
    assert len(told) <= 200


def test_a_choice_offers_only_what_its_own_schema_takes():
    assert param("a", {"enum": [1, 2, 100], "maximum": 10}).choices == (1, 2)
    assert param("a", {"enum": ["", "x", None]}).choices == ("x",)


def test_several_files_know_how_many():
    found = param("image_urls", URIS | {"minItems": 2, "maxItems": 4})
    assert (found.least, found.most) == (2, 4)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 3},
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"anyOf": [{"type": "null"}, {"const": 3}]}},
        },
        {"allOf": [{"required": ["z"]}], "required": ["y"]},
        {"type": "string", "format": "uri"},
        {"type": "number", "multipleOf": 7, "minimum": 8},
        {"prefixItems": [{"const": 1}], "minItems": 1},
    ],
)
def test_the_smallest_value_is_legal(schema):
    found = example_value(schema)
    assert schema.get("allOf") or (found is not None and not violations(schema, found))


def test_no_value_is_made_for_what_nothing_fits():
    assert example_value({"not": {}}) is None


def test_names_and_words_of_files():
    assert is_file_name("image_2")
    assert not is_file_name("webhook_image_url")
    assert media("webhook_url", "An image") == ""
    assert media("whatever", "") == ""
    assert not violations({}, None)
