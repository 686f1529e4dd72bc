"""A clip in a data URI is read whatever the spelling of its head."""

import pytest

from core.client.inline import inline_bytes


@pytest.mark.parametrize(
    "head",
    ["data:video/mp4;base64", "data:application/mp4; base64", "DATA:;BASE64", "data:; base64 "],
)
def test_a_head_in_any_spelling_says_base64(head):
    assert inline_bytes(f"{head},AAEC") == b"\x00\x01\x02"
