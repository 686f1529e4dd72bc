"""The bytes of an answer as text and JSON, whatever they are wrapped in."""

import gzip
import json
import zlib

import brotli
import pytest

from core.client.answer_body import json_in, plain, text_of

BODY = {"id": "t", "status": "queued", "words": "é–🦊"}
WRITTEN = json.dumps(BODY, ensure_ascii=False)
BYTES = WRITTEN.encode()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_each_utf_is_known_by_its_bytes(encoding):
    assert json_in(text_of(WRITTEN.encode(encoding), "application/json")) == BODY


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("application/json; charset=cp1252", "cp1252"),
        ("application/json", "latin-1"),
        ("text/plain; charset=no-such", "latin-1"),
        ("application/json; charset=shift_jis", "shift_jis"),
        ("", "latin-1"),
    ],
)
def test_an_older_charset_is_read_as_declared_or_as_latin_1(kind, encoding):
    text = '{"a": "あ"}' if encoding == "shift_jis" else '{"a": "é"}'
    assert text_of(text.encode(encoding), kind) == text


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(BYTES), "gzip"),
        (gzip.compress(BYTES), ""),
        (gzip.compress(BYTES), "br"),
        (zlib.compress(BYTES), "deflate"),
        (zlib.compress(BYTES)[2:-4], "Deflate"),
        (brotli.compress(BYTES), "BR"),
        (gzip.compress(brotli.compress(BYTES)), "br, gzip"),
        (BYTES, "gzip"),
        (BYTES, "br"),
        (BYTES, "deflate"),
        (BYTES, "aws-chunked"),
    ],
    ids=range(11),
)
def test_what_is_packed_is_unpacked_and_what_is_plain_stays(packed, coding):
    assert plain(packed, coding, 10_000) == BYTES


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(bytes(10**6)), "gzip"),
        (brotli.compress(bytes(10**6)), "br"),
        (zlib.compress(bytes(10**6))[2:-4], "deflate"),
    ],
    ids=["gzip", "br", "deflate"],
)
def test_a_bomb_is_refused(packed, coding):
    with pytest.raises(ValueError, match="long"):
        plain(packed, coding, 10_000)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}\n{"a": 2}\n', {"a": 2}),
        ('{"a": 1}{"a": 2', {"a": 1}),
        ('{"status": "done", "a": 1}\n{"usage": 3}', {"status": "done", "a": 1}),
        ('data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]\n', {"a": 2}),
        (')]}\',\n{"a": 1}', {"a": 1}),
        ('Warning: x in /y\n{"a": 1}\n', {"a": 1}),
        ('done({"a": 1});', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('\ufeff{"a": 1}\0', {"a": 1}),
        ('{"a": NaN, "b": 1e999}', {"a": None, "b": None}),
        ("[1, 2]", [1, 2]),
        ('{"a": {"b": 1}', None),
        ('[{"a": 1}', None),
        ('<script>var a = {"a": 1};</script>', None),
        ("Just a moment", None),
        ("", None),
    ],
)
def test_json_is_found_where_the_whole_text_speaks_for_it(text, found):
    assert json_in(text) == found
