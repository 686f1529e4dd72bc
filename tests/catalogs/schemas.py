"""Strategies: bodies such as vendors write, bodies such as nobody should, and what widgets give."""

from hypothesis import strategies as st

from core.params import Choice, Images, Json, Media, Number, Several, Toggle

NAMES = [
    "prompt",
    "negative_prompt",
    "duration",
    "seed",
    "aspect_ratio",
    "image_url",
    "video_url",
    "audio_url",
    "end_image",
    "reference_images",
    "camera_control",
    "loras",
    "strength",
    "fps",
    "webhook_url",
    "style",
    "voice_id",
    "mode",
    "tags",
    "size",
]
_words = st.sampled_from(
    ["", "Between 1 and 10.", "An image or a video.", "From 0 to 1.", "A URL."]
)
_small = st.integers(-20, 20)


@st.composite
def _integers(draw):
    low, high = sorted((draw(_small), draw(_small)))
    schema = {"type": "integer", "minimum": low, "maximum": high}
    for key in draw(st.sets(st.sampled_from(["minimum", "maximum"]))):
        del schema[key]
    if draw(st.booleans()):
        schema["multipleOf"] = draw(st.sampled_from([1, 2, 4]))
        schema["maximum"] = high + 8
    return _with_default(draw, schema, _small)


@st.composite
def _numbers(draw):
    low = draw(st.sampled_from([0, -1, 0.1, 1]))
    schema = {"type": "number", draw(st.sampled_from(["minimum", "exclusiveMinimum"])): low}
    if draw(st.booleans()):
        schema[draw(st.sampled_from(["maximum", "exclusiveMaximum"]))] = low + draw(
            st.sampled_from([1, 10.5])
        )
    return _with_default(draw, schema, st.sampled_from([0, 0.5, 1, 7, 100.25]))


@st.composite
def _enums(draw):
    values = draw(
        st.sampled_from(
            [["a", "b"], [5, 10], ["5", "10"], [0.5, 1], ["auto", 5], [True], [None, "x"]]
        )
    )
    return _with_default(draw, {"enum": values}, st.sampled_from([*values, "5", 5, "zzz"]))


@st.composite
def _strings(draw):
    schema = draw(
        st.sampled_from(
            [
                {"type": "string"},
                {"type": "string", "maxLength": 20},
                {"type": "string", "minLength": 3},
                {"type": "string", "format": "uri"},
                {"type": ["string", "null"]},
            ]
        )
    )
    return _with_default(draw, dict(schema), st.sampled_from(["abc", "", "  x ", 7]))


def _with_default(draw, schema, values):
    if draw(st.booleans()):
        schema["default"] = draw(values)
    if draw(st.booleans()):
        schema["description"] = draw(_words)
    return schema


_scalars = st.one_of(_integers(), _numbers(), _enums(), _strings(), st.just({"type": "boolean"}))


def _composed(inner):
    return st.one_of(
        st.builds(
            lambda items, n: {"type": "array", "items": items, "minItems": n},
            inner,
            st.integers(0, 2),
        ),
        st.builds(
            lambda a, b, needed: {
                "type": "object",
                "properties": {"a": a, "b": b},
                "required": needed,
                "additionalProperties": False,
            },
            inner,
            inner,
            st.sampled_from([[], ["a"], ["a", "b"]]),
        ),
        st.builds(lambda one: {"anyOf": [one, {"type": "null"}]}, inner),
        st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner),
        st.builds(lambda one, words: {"allOf": [one], "description": words}, inner, _words),
        st.just({"anyOf": [{"const": 4}, {"const": 8}]}),
    )


_schemas = st.recursive(_scalars, _composed, max_leaves=4)


@st.composite
def bodies(draw):
    """Draw a legal schema of an order that some order can meet."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=7))
    properties = {name: draw(_schemas) for name in names}
    needed = [name for name in names if name == "prompt" or draw(st.integers(0, 3)) == 0]
    properties |= {"prompt": {"type": "string"}} if "prompt" in names else {}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in needed if _can_be(properties[name])],
        "additionalProperties": draw(st.booleans()),
    }


def _can_be(schema):
    text = str(schema)
    return "minLength" not in text and "maxLength" not in text and "None" not in text


_KEYS = [
    "type",
    "enum",
    "const",
    "default",
    "properties",
    "required",
    "items",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "nullable",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "format",
    "description",
    "title",
    "example",
    "examples",
    "additionalProperties",
    "prefixItems",
    "uniqueItems",
    "dependentRequired",
    "patternProperties",
    "discriminator",
    "readOnly",
    "deprecated",
    "prompt",
    "model",
    "image_url",
    "seed",
    "propertyName",
    "mapping",
]
_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            "string",
            "integer",
            "number",
            "object",
            "array",
            "null",
            "float",
            "file",
            "5",
            "(a+)+",
            "#",
        ]
    ),
    st.sampled_from(
        ["#/properties/seed", "#/allOf/0", "https://a.b/c", "uri", "", "prompt", "model"]
    ),
    st.text(max_size=6),
)


def anything():
    """Draw JSON that only looks like a schema."""
    return st.recursive(
        _leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6),
        ),
        max_leaves=25,
    )


def widget_values(param):  # noqa: PLR0911 - one way out a kind
    """Draw what the widget of that parameter can give, right or wrong."""
    match param:
        case Choice():
            return st.one_of(
                st.sampled_from(param.choices),
                st.sampled_from([*map(str, param.choices)]),
                st.none(),
            )
        case Toggle():
            return st.sampled_from([True, False, None])
        case Number():
            return st.one_of(
                st.integers(-30, 30), st.floats(-30, 30), st.sampled_from(["", None, "7", "x"])
            )
        case Images() | Several():
            return st.lists(
                st.sampled_from(["/tmp/a.png", "https://a.b/c", "https://a.b/d"]), max_size=4
            )
        case Media():
            return st.sampled_from(["/tmp/a.png", "https://a.b/c", None, "", "http://a.b"])
        case Json():
            return st.sampled_from(
                ["", "{}", "[]", "[1]", '{"a": 1}', "5", '"x"', "x y", "null", "true", '["a", "b"]']
            )
        case _:
            return st.sampled_from(["", None, "a", "abc", "  padded  ", "x" * 30, "5", "\x00"])
