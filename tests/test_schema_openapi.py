"""A document is read within bounds; broken and hostile ones are refused in a sentence."""

import json
import time

import pytest

from core.schema.normalize import normalize
from core.schema.openapi import (
    DEEPEST,
    MOST_BYTES,
    BrokenDocument,
    Document,
    is_path,
    read_document,
    read_json,
)
from core.schema.to_form import to_form


def posted(schema, **more):
    content = {"application/json": {"schema": schema}}
    return {"paths": {"/v2/x": {"post": {"requestBody": {"content": content}}}}, **more}


def body_of(root):
    document = Document(root=root)
    return document.body(next(document.posts()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b" " * (MOST_BYTES + 1), "larger than 16 MB"),
        (b"[" * 2_000_000, "values"),
        (b"[" * 100_000, "JSON"),
        (b'{"a":' * 80 + b"1" + b"}" * 80, f"deeper than {DEEPEST}"),
        (b'{"a": [' + b"1," * 1_600_000 + b"1]}", "values"),
        (b'{"a": ' + b"9" * 5000 + b"", "no JSON"),
    ],
)
def test_what_is_no_document_is_refused_with_a_sentence(data, words):
    began = time.thread_time()
    with pytest.raises(BrokenDocument, match=words) as refused:
        read_document(data)
    assert str(refused.value).endswith(".")
    assert time.thread_time() - began < 2


def test_numbers_beyond_all_use_do_no_harm():
    found = read_json(b'{"a": 1e999, "b": -1e999, "c": ' + b"9" * 4000 + b"}")
    assert found["a"] > 1e308
    assert found["b"] < -1e308
    assert float(found["c"]) > 1e20


def test_a_body_is_found_wherever_vendors_put_it():
    schema = {"type": "object", "title": "here"}
    assert body_of(posted(schema)) == schema
    body = {"content": {"application/json; charset=utf-8": {"schema": schema}}}
    referred = {
        "paths": {"/v2/x": {"$ref": "#/components/pathItems/X"}},
        "components": {
            "pathItems": {"X": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}}},
            "requestBodies": {"B": body},
        },
    }
    assert body_of(referred) == schema
    swagger = {"paths": {"/x": {"post": {"parameters": [{"in": "body", "schema": schema}]}}}}
    assert body_of(swagger) == schema
    assert body_of({"paths": {"/x": {"post": {}}}}) is None


def test_the_path_of_the_server_stands_before_the_address():
    root = posted({}, servers=[{"url": "https://api.example.com/api/"}])
    assert [one.path for one in Document(root=root).posts()] == ["/api/v2/x"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "/a/../b",
        "/a/%2e%2e/b",
        "x",
        "/a b",
        "/a?b",
        "/{id}",
        "/" + "a" * 300,
        5,
        None,
    ],
)
def test_an_address_that_leads_elsewhere_is_left_out(path):
    assert not is_path(path)


@pytest.mark.parametrize(
    "wrong", [None, 5, "x", [], {"post": 5}, {"post": []}, {"$ref": "#/paths"}]
)
def test_wrong_types_everywhere_are_no_operations(wrong):
    for root in (
        {"paths": wrong},
        {"paths": {"/x": wrong}},
        {"paths": {"/x": {"post": {"requestBody": wrong}}}},
        {"paths": {"/x": {"post": {"requestBody": {"content": wrong}}}}},
        {"paths": {"/x": {"post": {"parameters": wrong}}}, "servers": wrong},
        {"servers": [wrong], "paths": {"/x": {"post": {"parameters": [wrong]}}}},
    ):
        document = Document(root=root)
        assert [document.body(one) for one in document.posts()] in ([], [None])


def test_references_in_a_circle_end():
    root = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}
    assert Document(root=root).follow({"$ref": "#/a"}) is None
    assert normalize({"$ref": "#/a"}, Document(root=root)) == {}


def test_a_billion_laughs_are_not_laughed():
    schemas = {"s0": {"type": "string"}}
    for n in range(1, 40):
        ref = {"$ref": f"#/components/schemas/s{n - 1}"}
        schemas[f"s{n}"] = {"type": "object", "properties": dict.fromkeys("abcdefghij", ref)}
    root = posted({"$ref": "#/components/schemas/s39"}, components={"schemas": schemas})
    began = time.thread_time()
    document = read_document(json.dumps(root).encode())
    filled = to_form(normalize(document.body(next(document.posts())), document))
    assert len(filled.params) == 10
    assert time.thread_time() - began < 5


def test_ten_megabytes_are_read_quickly_or_refused():
    wide = {f"p{n}": {"type": "string", "description": "x" * 500} for n in range(20_000)}
    data = json.dumps(posted({"type": "object", "properties": wide})).encode()
    assert len(data) > 9_000_000
    began = time.thread_time()
    document = read_document(data)
    filled = to_form(normalize(document.body(next(document.posts())), document))
    assert 100 <= len(filled.params) <= 300
    assert time.thread_time() - began < 5
