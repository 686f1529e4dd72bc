"""Every entry in the table stands up, says what its document says, and makes a legal request."""

import json
from pathlib import Path

import jsonschema
import pytest

from core.errors import InvalidInput
from core.models import MODELS, ModelSpec, find_model
from core.params import Media
from core.providers import PROVIDERS

STANDING = [spec.when(live=live) for spec in MODELS.values() for live in (False, True)]


def defaults(spec):
    given = {"prompt": "a fox"}
    return given | {p.name: "https://example.com/a.mp4" for p in spec.media_params() if p.required}


def test_the_five_models_to_begin_with_are_there():
    assert set(MODELS) >= {
        "aimlapi:krea/krea-wan-14b/text-to-video",
        "aimlapi:krea/krea-wan-14b/video-to-video",
        "aimlapi:wan/v2.1/1.3b/text-to-video",
        "aimlapi:kling-video/v1.6/standard/text-to-video",
        "krea:kling/kling-2.5",
    }


@pytest.mark.parametrize("spec", STANDING, ids=lambda spec: spec.key)
def test_an_entry_lacks_nothing(spec):
    missing = [
        name
        for name, there in {
            "a provider in the table": spec.provider in PROVIDERS,
            "a name": bool(spec.name),
            "a path": spec.path.startswith("/"),
            "its sizes": bool(spec.sizes),
            "three examples": len(spec.examples) >= 3,
            "a usual wait": spec.wait > 0,
            "a required prompt": bool(spec.param("prompt") and spec.param("prompt").required),
            "each name once": len({p.name for p in spec.params}) == len(spec.params),
            "help for each parameter": all(p.help or p.unit for p in spec.params),
            "legal defaults": all(
                p.clean(p.default) == p.default for p in spec.params if p.default is not None
            ),
        }.items()
        if not there
    ]
    assert missing == []


@pytest.mark.parametrize("spec", STANDING, ids=lambda spec: spec.key)
def test_the_request_of_the_defaults_validates_against_the_schema(spec):
    values = spec.clean(defaults(spec))
    jsonschema.Draft202012Validator.check_schema(spec.schema())
    jsonschema.validate(values, spec.schema())


# What the documents say, written out by hand: the vendors' own files are not ours to commit.
DOCUMENTED = {
    "aimlapi:krea/krea-wan-14b/text-to-video": {
        "prompt": (True, None),
        "num_frames": (False, 78),
        "enable_prompt_expansion": (False, True),
        "seed": (False, None),
    },
    "aimlapi:krea/krea-wan-14b/video-to-video": {
        "prompt": (True, None),
        "video_url": (True, None),
        "strength": (False, 0.85),
        "enable_prompt_expansion": (False, True),
        "seed": (False, None),
    },
    "aimlapi:wan/v2.1/1.3b/text-to-video": {
        "prompt": (True, None),
        "negative_prompt": (False, None),
        "seed": (False, None),
        "aspect_ratio": (False, "16:9"),
        "inference_steps": (False, 30),
        "guidance_scale": (False, 5),
        "shift": (False, 5),
        "sampler": (False, "unipc"),
        "enable_safety_checker": (False, None),
        "enable_prompt_expansion": (False, None),
    },
    "aimlapi:kling-video/v1.6/standard/text-to-video": {
        "prompt": (True, None),
        "duration": (False, 5),
        "negative_prompt": (False, None),
        "cfg_scale": (False, None),
        "aspect_ratio": (False, None),
    },
    "krea:kling/kling-2.5": {
        "prompt": (True, None),
        "duration": (False, 5),
        "width": (False, 1280),
        "height": (False, 720),
        "fps": (False, 24),
        "seed": (False, None),
    },
}


@pytest.mark.parametrize("key", DOCUMENTED)
def test_an_entry_has_every_parameter_of_its_document(key):
    said = {param.name: (param.required, param.default) for param in MODELS[key].params}
    assert said == DOCUMENTED[key]


def test_the_ranges_and_choices_are_the_documents():
    def facts(key, name):
        param = MODELS[key].param(name).as_json()
        return param["minimum"], param["maximum"], param["choices"]

    wan, kling = "aimlapi:wan/v2.1/1.3b/text-to-video", "krea:kling/kling-2.5"
    kling16 = "aimlapi:kling-video/v1.6/standard/text-to-video"
    assert facts("aimlapi:krea/krea-wan-14b/video-to-video", "strength") == (0, 1, None)
    assert facts(wan, "aspect_ratio")[2] == ["16:9", "9:16"]
    assert facts(wan, "sampler")[2] == ["unipc", "dpm+"]
    assert facts(kling16, "duration")[2] == [5, 10]
    assert facts(kling16, "cfg_scale") == (0, 1, None)
    assert facts(kling16, "aspect_ratio")[2] == ["16:9", "9:16", "1:1"]
    assert facts(kling, "duration") == (3, 10, None)
    assert facts(kling, "width") == (256, 1920, None)
    assert facts(kling, "height") == (256, 1080, None)
    assert facts(kling, "fps")[2] == [12, 24, 30]


def test_live_krea_is_sent_none_of_the_fields_that_it_refuses():
    live = MODELS["krea:kling/kling-2.5"].when(live=True)
    assert {param.name for param in live.params} == {
        "prompt",
        "duration",
        "aspect_ratio",
        "start_image",
        "end_image",
        "start_video",
        "mode",
    }
    assert live.clean({"prompt": "a fox", "duration": "10"})["duration"] == 10
    with pytest.raises(InvalidInput, match="width: Kling 2.5 has no such parameter"):
        live.clean({"prompt": "a fox", "width": 1280})


def test_typing_80_gives_78_with_the_reason_and_the_length():
    checked = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"].check(
        {"prompt": "a fox", "num_frames": 80}
    )
    assert checked.values["num_frames"] == 78
    assert checked.notes == {
        "num_frames": "80 is not on this model's grid of 12n+6: 78 frames, 4.9 s"
    }


def test_every_field_in_the_wrong_is_named_at_once():
    with pytest.raises(InvalidInput) as refused:
        MODELS["aimlapi:krea/krea-wan-14b/video-to-video"].clean({"strength": 2, "colour": "red"})
    assert set(refused.value.problems) == {"prompt", "video_url", "strength", "colour"}


def test_the_length_of_a_clip_follows_from_its_frames_or_its_seconds():
    wan = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"]
    assert wan.seconds({"num_frames": 78}) == 4.875
    assert MODELS["krea:kling/kling-2.5"].seconds({"duration": 7.5}) == 7.5
    assert MODELS["aimlapi:wan/v2.1/1.3b/text-to-video"].seconds({}) is None


def test_the_price_seen_for_90_frames_is_the_documented_one():
    wan = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"]
    assert wan.price.of({}, wan.seconds({"num_frames": 90})) == 0.1575


def test_a_model_is_found_by_key_and_by_bare_id():
    spec = MODELS["krea:kling/kling-2.5"]
    assert find_model("krea:kling/kling-2.5") is spec
    assert find_model("kling/kling-2.5") is spec
    with pytest.raises(InvalidInput, match="no model called sora"):
        find_model("sora")


def test_a_bare_id_that_two_providers_have_is_refused_with_both_keys():
    one = MODELS["krea:kling/kling-2.5"]
    two = ModelSpec(**{**vars(one), "provider": "aimlapi"})
    models = {spec.key: spec for spec in (one, two)}
    with pytest.raises(InvalidInput) as refused:
        find_model(one.id, models)
    assert one.key in str(refused.value)
    assert two.key in str(refused.value)


def test_a_model_as_json_is_plain_and_complete():
    for spec in MODELS.values():
        told = json.loads(json.dumps(spec.as_json()))
        assert told["key"] == f"{told['provider']}:{told['id']}"
        fields = {"name", "kind", "required", "default", "minimum", "maximum", "step", "offset"}
        for param in told["params"]:
            assert fields | {"choices", "unit", "help"} <= set(param)


OPENAPI = Path(__file__).parents[2] / "shared" / "openapi"


@pytest.mark.skipif(not OPENAPI.is_dir(), reason="the vendors' documents are not beside us")
@pytest.mark.parametrize(
    ("key", "document"),
    [
        (
            "aimlapi:krea/krea-wan-14b/text-to-video",
            "aimlapi/krea-wan-14b-text-to-video.json",
        ),
        (
            "aimlapi:krea/krea-wan-14b/video-to-video",
            "aimlapi/krea-wan-14b-video-to-video.json",
        ),
        (
            "aimlapi:wan/v2.1/1.3b/text-to-video",
            "aimlapi/wan-v2.1-1.3b-text-to-video-legacy-create.json",
        ),
        (
            "aimlapi:kling-video/v1.6/standard/text-to-video",
            "aimlapi/kling-v1.6-standard-text-to-video.json",
        ),
        ("krea:kling/kling-2.5", "krea/kling-2.5-jobs-assets.json"),
    ],
)
def test_the_live_request_validates_against_the_vendor_s_own_schema(key, document):
    spec = MODELS[key].when(live=True)
    paths = json.loads((OPENAPI / document).read_text())["paths"]
    body = paths[spec.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    choices = [p for p in spec.params if not isinstance(p, Media)]
    values = spec.clean(defaults(spec) | {p.name: p.default for p in choices if p.default})
    call = PROVIDERS[spec.provider].create(spec, values, "x")
    jsonschema.validate(call.json, body)
