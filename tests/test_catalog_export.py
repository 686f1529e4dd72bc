"""An entry that comes back from its export orders the same; a stranger's is tried before use."""

import json

import jsonschema
import pytest
from catalogs import aimlapi_document, video_ids
from catalogs.strict import submitted

from core.catalog.export import as_schema, from_schema
from core.models import MODELS
from core.providers.aimlapi import catalog as aimlapi
from core.schema.openapi import BrokenDocument, Document

READ = [
    spec
    for model in video_ids()[::6]
    for spec in aimlapi.specs(Document(root=aimlapi_document(model)), [aimlapi.Listing(id=model)])
]
ENTRIES = [*READ, *(spec.when(live=True) for spec in MODELS.values())]
PLAIN = {
    "type": "object",
    "properties": {"prompt": {"type": "string"}, "seed": {"type": "integer"}},
    "required": ["prompt"],
    "x-dailies-id": "a/b",
    "x-dailies-provider": "krea",
    "x-dailies-path": "/generate/video/a/b",
}


@pytest.mark.parametrize("spec", ENTRIES, ids=lambda spec: spec.key)
def test_what_comes_back_orders_the_same(spec):
    document = as_schema(spec)
    jsonschema.Draft202012Validator.check_schema(document)
    back = from_schema(json.loads(json.dumps(document)))
    assert back.params == spec.params
    assert submitted(back) == submitted(spec)
    for fact in ("key", "name", "task", "path", "fps", "wait", "price", "withdrawn", "called"):
        assert getattr(back, fact) == getattr(spec, fact)
    assert (back.sizes, back.aliases) == (dict(spec.sizes), spec.aliases)
    assert not back.built_in
    assert as_schema(back) == document
    wrong = {"prompt": "a", "seed": "x", "nothing": 1}
    assert back.check(wrong).problems == spec.check(wrong).problems


def test_a_plain_schema_with_an_address_is_an_entry():
    spec = from_schema(PLAIN)
    assert spec.key == "krea:a/b"
    assert spec.clean({"prompt": "a"}) == {"prompt": "a"}
    assert from_schema(json.dumps(PLAIN).encode()) == spec


@pytest.mark.parametrize(
    "change",
    [
        {"x-dailies-path": "https://evil.example/x"},
        {"x-dailies-path": "//evil.example/x"},
        {"x-dailies-path": "/a/../../b"},
        {"x-dailies-path": None},
        {"x-dailies-provider": "nobody"},
        {"x-dailies-provider": 5},
        {"x-dailies-id": ""},
        {"x-dailies-id": "a" * 400},
        {"x-dailies-id": "a\nb"},
        {"x-dailies-name": ["x"]},
        {"properties": {}, "required": []},
        {"properties": 5, "required": "?" * 300},
        {"x-dailies-params": [{"kind": "text", "name": "prompt", "label": "Prompt"}]},
        {"x-dailies-params": [{"kind": "eval", "name": "prompt", "label": "x"}]},
        {"x-dailies-params": [5]},
        {
            "x-dailies-params": [
                {"kind": "text", "name": "prompt", "label": "Prompt", "max_length": "x"},
                {"kind": "seed", "name": "seed", "label": "Seed"},
            ]
        },
        {
            "x-dailies-params": [
                {"kind": "text", "name": "prompt", "label": "Prompt"},
                {"kind": "seed", "name": "seed", "label": "Seed", "default": "many"},
            ]
        },
    ],
)
def test_a_stranger_s_entry_is_refused_with_a_sentence(change):
    with pytest.raises(BrokenDocument) as refused:
        from_schema(PLAIN | change)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "body", [None, 5, "x", [], b"{", b"[]", {"a": {1, 2}}, {"a": float("nan")}]
)
def test_what_is_no_entry_is_refused(body):
    with pytest.raises(BrokenDocument):
        from_schema(body)


def test_facts_of_wrong_types_are_left_out():
    odd = {
        "sizes": {"16:9": [1, "x"]},
        "fps": "x",
        "wait": -1,
        "price": {"rules": [5]},
        "withdrawn": 7,
    }
    spec = from_schema(PLAIN | {f"x-dailies-{key}": value for key, value in odd.items()})
    assert (spec.sizes, spec.fps, spec.price, spec.withdrawn) == ({}, None, None, None)
