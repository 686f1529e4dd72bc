"""Krea's one document becomes an entry for each video model, and each makes a legal order."""

import json

import jsonschema
import pytest
from catalogs import krea_document, krea_ids
from catalogs.strict import inlined, strict, submitted

from core.providers.krea import catalog as krea
from core.schema.openapi import Document, read_document

DOCUMENT = read_document(json.dumps(krea_document()).encode())
SPECS = {spec.id: spec for spec in krea.specs(DOCUMENT)}


def test_every_video_model_is_there_and_nothing_else():
    assert list(SPECS) == krea_ids()
    assert len(SPECS) == 31
    assert all(spec.path == f"/generate/video/{spec.id}" for spec in SPECS.values())
    assert SPECS["kling/kling-2.5"].name == "Kling 2.5"
    assert SPECS["kling/kling-2.5"].about == "Makes a clip."
    assert len({param.name for spec in SPECS.values() for param in spec.params}) >= 35


@pytest.mark.parametrize("model", krea_ids())
def test_each_model_s_default_form_is_what_the_document_wants(model):
    spec = SPECS[model]
    sent = submitted(spec)
    del sent["model"]
    raw = DOCUMENT.root["paths"][spec.path]["post"]["requestBody"]["content"]["application/json"]
    schema = strict(inlined(raw["schema"], DOCUMENT.root))
    jsonschema.validate(sent, schema, cls=jsonschema.Draft202012Validator)


def test_what_the_vendor_lets_go_is_marked():
    assert [spec.id for spec in SPECS.values() if spec.withdrawn] == [
        krea_ids()[12],
        krea_ids()[25],
    ]


def test_dollars_are_read_and_compute_units_are_not():
    ids = krea_ids()
    assert SPECS[ids[0]].price is None
    assert SPECS[ids[1]].price.of({}, None) == 0.35
    assert SPECS[ids[2]].price.of({}, 5) == 0.35
    assert SPECS[ids[3]].price.of({"duration": 10}, 10) == 0.8
    assert SPECS[ids[4]].price is None


def test_wrong_types_everywhere_are_no_models():
    for wrong in (
        None,
        5,
        "x",
        [],
        {},
        {"post": {"requestBody": {"content": {"application/json": {"schema": 5}}}}},
    ):
        assert krea.specs(Document(root={"paths": {"/generate/video/a/b": wrong}})) == []
