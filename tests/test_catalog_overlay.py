"""The vendor's document decides what is sent; the entry known by hand keeps what it alone knows."""

from pathlib import Path

import jsonschema
import pytest

from core.catalog.overlay import overlay
from core.models import MODELS
from core.params import Choice, Integer
from core.providers.aimlapi import catalog as aimlapi
from core.providers.krea import catalog as krea
from core.schema.openapi import Document, read_document

WAN = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"]
KLING = MODELS["krea:kling/kling-2.5"]

WAN_BODY = {
    "prompt": {"type": "string"},
    "num_frames": {"type": "integer", "minimum": 18, "maximum": 162, "default": 78},
    "enable_prompt_expansion": {"type": "boolean", "default": True},
    "seed": {"type": "integer"},
}


def laid(changes=None, gone=(), needed=()):
    properties = {k: v for k, v in (WAN_BODY | (changes or {})).items() if k not in gone}
    schema = {
        "type": "object",
        "properties": {"model": {"enum": [WAN.id]}, **properties},
        "required": ["model", "prompt", *needed],
    }
    content = {"application/json": {"schema": schema}}
    root = {"paths": {"/v3/new": {"post": {"requestBody": {"content": content}}}}}
    [read] = aimlapi.specs(Document(root=root), [aimlapi.Listing(id=WAN.id)])
    return overlay(WAN, read)


def test_a_document_that_says_the_same_changes_nothing_but_the_address():
    found = laid()
    assert found.updated == ()
    assert found.live_params == WAN.params
    assert found.path == "/v3/new"
    assert found.built_in
    assert (found.fps, found.sizes, found.examples) == (WAN.fps, WAN.sizes, WAN.examples)
    assert found.price == WAN.price


def test_the_sandbox_keeps_the_entry_as_it_was():
    assert (
        laid({"num_frames": {"type": "integer", "enum": [1]}}).when(live=False).params == WAN.params
    )


def test_the_grid_stays_within_the_document_s_limits():
    found = laid({"num_frames": {"type": "integer", "minimum": 20, "maximum": 100, "default": 78}})
    live = found.when(live=True)
    assert live.clean({"prompt": "a", "num_frames": 80})["num_frames"] == 78
    assert live.clean({"prompt": "a", "num_frames": 100})["num_frames"] == 90
    assert live.clean({"prompt": "a", "num_frames": 20})["num_frames"] == 30
    assert found.updated == ("Frames now goes from 20 to 100.",)


@pytest.mark.parametrize(
    ("changes", "gone", "needed", "told"),
    [
        ({"loop": {"type": "boolean"}}, (), (), "The model now takes Loop."),
        (
            {"loop": {"type": "boolean"}},
            (),
            ("loop",),
            "The model now takes Loop, and it is needed.",
        ),
        ({}, ("seed",), (), "The model no longer takes Seed."),
        ({}, (), ("enable_prompt_expansion",), "Prompt expansion is now needed."),
        ({"seed": {"enum": [1, 2]}}, (), (), "Seed is now a choice."),
        (
            {"enable_prompt_expansion": {"type": "boolean"}},
            (),
            (),
            "Prompt expansion no longer has a default.",
        ),
        (
            {"enable_prompt_expansion": {"type": "boolean", "default": False}},
            (),
            (),
            "Prompt expansion is now off unless set.",
        ),
    ],
)
def test_each_difference_is_told_in_a_sentence(changes, gone, needed, told):
    assert told in laid(changes, gone, needed).updated


def test_an_order_of_an_updated_entry_is_what_the_document_wants():
    live = laid({"num_frames": {"enum": [30, 42], "default": 30}}, gone=("seed",)).when(live=True)
    sent = live.clean({"prompt": "a"})
    jsonschema.validate(sent, live.wire)
    assert sent["num_frames"] == 30
    assert "seed" in live.check({"prompt": "a", "seed": 1}).problems


OPENAPI = Path(__file__).parents[2] / "shared" / "openapi"
FILES = {
    "aimlapi:krea/krea-wan-14b/text-to-video": "krea-wan-14b-text-to-video.json",
    "aimlapi:krea/krea-wan-14b/video-to-video": "krea-wan-14b-video-to-video.json",
    "aimlapi:wan/v2.1/1.3b/text-to-video": "wan-v2.1-1.3b-text-to-video-legacy-create.json",
    "aimlapi:kling-video/v1.6/standard/text-to-video": "kling-v1.6-standard-text-to-video.json",
    "krea:kling/kling-2.5": "kling-2.5-jobs-assets.json",
}


@pytest.mark.skipif(not OPENAPI.is_dir(), reason="the vendors' documents are not beside us")
@pytest.mark.parametrize("key", FILES)
def test_the_real_documents_change_little(key):
    document = read_document((OPENAPI / key.split(":")[0] / FILES[key]).read_bytes())
    [read] = krea.specs(document) if key.startswith("krea") else aimlapi.specs(document, [])
    found = overlay(MODELS[key], read)
    if key.startswith("krea"):
        assert "The model no longer takes Width." in found.updated
    else:
        assert found.updated in ((), ("The model now takes Provider.",))
    live, before = found.when(live=True), MODELS[key].when(live=True)
    known = [param for param in live.params if before.param(param.name)]
    assert known == list(before.params)
    values = {"prompt": "a fox"} | {
        p.name: "https://a.b/c" for p in live.media_params() if p.required
    }
    body = next(document.body(one) for one in document.posts() if one.path == live.path)
    sent = live.clean(values)
    jsonschema.validate(sent | ({} if key.startswith("krea") else {"model": live.id}), body)


def test_live_krea_gets_no_field_that_its_document_forbids():
    schema = {
        "type": "object",
        "properties": {"prompt": {"type": "string"}, "duration": {"enum": [5, 10], "default": 5}},
        "additionalProperties": False,
    }
    content = {"application/json": {"schema": schema}}
    root = {"paths": {KLING.path: {"post": {"requestBody": {"content": content}}}}}
    found = overlay(KLING, krea.specs(Document(root=root))[0])
    assert found.when(live=True).clean({"prompt": "a"}) == {"prompt": "a", "duration": 5}
    assert "The model no longer takes Width." in found.updated


def test_a_grid_whose_points_a_document_lists_stays_a_grid():
    found = laid({"num_frames": {"type": "integer", "enum": [18, 30, 42, 54], "default": 30}})
    frames = found.when(live=True).param("num_frames")
    assert (type(frames), frames.step, frames.offset) == (Integer, 12, 6)
    assert (frames.minimum, frames.maximum, frames.default) == (18, 54, 30)


def test_choices_that_are_no_grid_stay_choices():
    found = laid({"num_frames": {"type": "integer", "enum": [18, 31, 42], "default": 18}})
    assert isinstance(found.when(live=True).param("num_frames"), Choice)
