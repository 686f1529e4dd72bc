"""What texts and JSON from outside may be: judged where they can be refused, else cleaned."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.untrusted import cleaned, cleaned_text, flaw, read_leniently, read_strictly, text_flaw

letters = st.text(st.characters(), max_size=20)
numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), math.inf, math.nan])
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), letters, numbers),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(letters, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_what_was_cleaned_can_be_written_anywhere_and_has_no_flaw(value):
    clean = cleaned(value)
    assert "\x00" not in json.dumps(clean, ensure_ascii=False, allow_nan=False).encode().decode()
    assert flaw(clean) == ""
    assert cleaned(clean) == clean


@given(values)
def test_what_has_no_flaw_is_left_as_it_is(value):
    if not flaw(value):
        assert cleaned(value) == value


@given(values)
def test_whatever_was_written_as_json_is_read_leniently(value):
    text = json.dumps(value)
    assert flaw(read_leniently(text)) == ""


def test_two_halves_are_joined_and_a_lone_one_is_shown_as_missing():
    assert cleaned_text("\ud83e\udd8a in \ud83e snow\x00") == "🦊 in � snow"


@pytest.mark.parametrize("text", ["", "a", "🦊", "日本", "\t\n\x1f", "e\u0301"])
def test_a_sound_text_has_no_flaw(text):
    assert text_flaw(text) == ""


@pytest.mark.parametrize("depth", [65, 1000, 100_000])
def test_what_is_nested_too_deep_is_a_flaw_and_is_left_out(depth):
    text = '{"id": 1, "deep": ' + "[" * depth + "]" * depth + ', "after": "]["}'
    found = read_leniently(text)
    assert (found["id"], found["after"]) == (1, "][")
    if depth == 65:
        assert "deeper" in flaw(read_strictly(text))
    if depth == 100_000:
        with pytest.raises(ValueError, match="deeper"):
            read_strictly(text)


@pytest.mark.parametrize("text", ["", "{", "nul", "[1,]", "[" * 100_000, b"\xff", "NaN"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"not JSON|deeper|decode"):
        read_strictly(text)


def test_numbers_that_are_none_are_left_out_and_strange_bytes_replaced():
    found = read_leniently(
        b'\xef\xbb\xbf{"a": 1e999, "b": NaN, "c": 1' + b"0" * 6000 + b', "d": "\xff"}'
    )
    assert found == {"a": None, "b": None, "c": None, "d": "�"}
