"""AI/ML API's list and documents become entries, each of which makes a legal order."""

import json

import jsonschema
import pytest
from catalogs import aimlapi_document, aimlapi_list, deprecations, video_ids
from catalogs.strict import inlined, strict, submitted

from core.params import Choice
from core.providers.aimlapi import catalog as aimlapi
from core.providers.aimlapi.catalog import Listing
from core.schema.openapi import BrokenDocument, Document, read_document

LISTED = aimlapi.listed(json.dumps(aimlapi_list("https://api.example")).encode())


def one(root, *listings):
    return aimlapi.specs(Document(root=root), listings)


def posted(schema, path="/v2/video/generations"):
    content = {"application/json": {"schema": schema}}
    return {"paths": {path: {"post": {"requestBody": {"content": content}}}}}


def body(model, **properties):
    return {"type": "object", "properties": {"model": model, **properties}, "required": ["model"]}


def test_every_video_model_is_listed_and_nothing_else():
    assert [listing.id for listing in LISTED] == video_ids()
    assert len(LISTED) >= 140
    assert all(
        listing.docs.startswith("https://api.example/docs-json?model=") for listing in LISTED
    )
    assert all(listing.name and listing.developer for listing in LISTED)


def test_the_older_shape_of_the_list_is_read():
    older = [
        {"id": "a/b", "type": "video", "features": ["x"], "endpoints": ["/v2/video/generations"]},
        {"id": "c/d", "type": "chat-completion", "features": ["video"]},
        {"id": "e/f", "type": "x", "tags": ["text-to-video"]},
    ]
    assert [x.id for x in aimlapi.listed(json.dumps(older).encode())] == ["a/b", "e/f"]


@pytest.mark.parametrize(
    "wrong", [None, 5, "x", [], {}, [5], {"data": [{"id": 5}, {"id": ""}, None]}]
)
def test_a_list_of_wrong_types_has_no_models(wrong):
    assert aimlapi.listed(json.dumps(wrong).encode()) == []
    assert aimlapi.withdrawals(json.dumps(wrong).encode()) == {}
    entry = {
        "id": "a",
        "type": "video",
        "info": wrong,
        "aliases": wrong,
        "tags": wrong,
        "pricing": wrong,
    }
    assert [x.id for x in aimlapi.listed(json.dumps([entry]).encode())] == ["a"]


def test_a_list_that_is_no_json_is_refused():
    with pytest.raises(BrokenDocument):
        aimlapi.listed(b"<html>")


@pytest.mark.parametrize("listing", LISTED, ids=lambda listing: listing.id)
def test_each_model_s_default_form_is_what_its_document_wants(listing):
    raw = aimlapi_document(listing.id)
    [spec] = aimlapi.specs(read_document(json.dumps(raw).encode()), [listing])
    assert spec.key == f"aimlapi:{listing.id}"
    assert spec.path in raw["paths"]
    sent = submitted(spec)
    document = Document(root=raw)
    schema = strict(inlined(document.body(next(document.posts())), raw))
    jsonschema.validate(sent, schema, cls=jsonschema.Draft202012Validator)
    jsonschema.Draft202012Validator.check_schema(spec.schema())


def test_a_catalog_has_about_a_hundred_parameters_and_few_paths():
    specs = [
        spec for x in LISTED for spec in aimlapi.specs(Document(root=aimlapi_document(x.id)), [x])
    ]
    names = {param.name for spec in specs for param in spec.params}
    assert len(names) >= 100
    assert len({spec.path for spec in specs}) <= 6
    assert {spec.task for spec in specs} >= {"text-to-video", "image-to-video", "audio-to-video"}


def test_one_document_may_name_several_models():
    root = posted(body({"enum": ["a/x", "a/y", "x"]}, prompt={"type": "string"}))
    assert [s.id for s in one(root)] == ["a/x", "a/y", "x"]
    listed = [Listing(id="a/x"), Listing(id="a/y", name="Why"), Listing(id="b/z")]
    assert [(s.id, s.name) for s in one(root, *listed)] == [("a/x", "A X"), ("a/y", "Why")]
    assert one(root, *listed)[0].aliases == ("x",)


def test_each_variant_of_a_body_is_its_model_s_alone():
    variants = [
        body({"const": name}, seconds={"enum": seconds}) | {"additionalProperties": False}
        for name, seconds in (("a/x", [5]), ("a/y", [8, 10]))
    ]
    for key in ("oneOf", "anyOf"):
        found = {s.id: s for s in one(posted({key: variants}))}
        assert found["a/x"].param("seconds").choices == (5,)
        assert found["a/y"].param("seconds").choices == (8, 10)
        assert "model" not in found["a/y"].wire["properties"]
        assert "model" not in found["a/y"].wire.get("required", [])


def test_a_base_and_its_variants_are_one_order():
    base = {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]}
    variants = [body({"enum": ["a/x"]}, loop={"type": "boolean"}), body({"enum": ["a/y"]}, end={})]
    [spec] = one(posted({"allOf": [base, {"oneOf": variants}]}), Listing(id="a/x"))
    assert {param.name for param in spec.params} == {"prompt", "loop"}


def test_a_condition_on_the_model_is_settled():
    told = body({"enum": ["a/x", "a/y"]}, seconds={"type": "integer"})
    told["allOf"] = [
        {
            "if": {"properties": {"model": {"const": "a/x"}}},
            "then": {"properties": {"seconds": {"enum": [5]}}, "required": ["seconds"]},
        }
    ]
    found = {s.id: s for s in one(posted(told))}
    assert found["a/x"].param("seconds").choices == (5,)
    assert found["a/x"].param("seconds").required
    assert not isinstance(found["a/y"].param("seconds"), Choice)


def test_an_order_gives_the_name_that_the_document_knows():
    [spec] = one(posted(body({"enum": ["old-x"]})), Listing(id="a/x", aliases=("old-x",)))
    assert (spec.id, spec.called) == ("a/x", "old-x")
    [spec] = one(posted(body({"type": "string"})), Listing(id="a/x"))
    assert (spec.id, spec.called) == ("a/x", "")


def test_a_document_about_others_gives_no_entry():
    assert one(posted(body({"enum": ["b/y", "b/z"]})), Listing(id="a/x")) == []
    assert one({"paths": {}}, Listing(id="a/x")) == []
    assert one(posted({"type": "string"}), Listing(id="a/x")) == []


def test_the_path_is_the_one_on_which_the_model_is_taken():
    root = posted(body({"enum": ["b/y"]}), "/v2/other")
    root["paths"] |= posted(body({"enum": ["a/x"]}), "/v2/mine")["paths"]
    assert one(root, Listing(id="a/x"))[0].path == "/v2/mine"


def test_the_task_is_told_by_the_name_or_by_what_goes_in():
    image = {"type": "string", "format": "uri"}
    told = {"type": "object", "properties": {"image_url": image}, "required": ["image_url"]}
    assert one(posted(told), Listing(id="a/x"))[0].task == "image-to-video"
    assert one(posted(told), Listing(id="a/x-v2v"))[0].task == "video-to-video"
    assert one(posted(told), Listing(id="a/text-to-video"))[0].task == "text-to-video"


def test_sizes_are_known_where_the_schema_tells_them():
    size = {"enum": ["1280x720", "720*1280"]}
    assert one(posted(body({"const": "a"}, size=size)))[0].sizes == {
        "16:9": (1280, 720),
        "9:16": (720, 1280),
    }


def test_what_is_gone_is_known_by_every_name_and_what_is_going_is_not():
    gone = aimlapi.withdrawals(json.dumps(deprecations()).encode())
    assert set(gone) == {
        "lumen/lumen-1/text-to-video",
        "lumen-1/text-to-video",
        "cobalt/cobalt-v1.5/text-to-video",
    }
    assert gone["lumen-1/text-to-video"].replaced_by == "lumen/lumen-2/text-to-video"
    assert gone["lumen-1/text-to-video"].since == "2026-03-01"
