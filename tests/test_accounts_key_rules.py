"""A key is what can be one; a word that everybody's answers are made of cannot."""

import secrets
import uuid

import pytest
from pydantic import SecretStr

from core import Settings
from core.accounts.key_rules import key_flaw
from core.accounts.keys import Keys, doubts
from core.errors import InvalidInput
from core.models import MODELS
from core.providers.parsing import PHASE_OF
from core.system.redaction import Veil

WORDS = [
    *PHASE_OF,
    *MODELS,
    *("https://", "https://cdn.aimlapi.com", "cdn.aimlapi.com/", "https://gen.krea.ai/videos"),
    *("generation_id", "COMPLETED", "Completed", "inference", "/v2/video", "video/mp4"),
    *("generations", "statusCode", "http://127.0.0.1:8000/x", "flamingo", "clip.mp4"),
]
ODD = [
    "a b c d e f g h",
    "tab\tin\tthe\tkey",
    "k" * 513,
    "kürzlich-9876",
    "short",
    "line\nbreak-12345",
]


@pytest.mark.parametrize("word", [*WORDS, *ODD], ids=lambda word: word[:20])
def test_what_can_be_no_key_is_refused_and_the_one_before_stays(word):
    keys = Keys(lambda _: None)
    keys.put("ann", "krea", "a-good-key-123")
    with pytest.raises(InvalidInput, match="no API key"):
        keys.put("ann", "krea", word)
    assert keys.purse("ann", "krea").get_secret_value() == "a-good-key-123"


@pytest.mark.parametrize(
    "key",
    [
        secrets.token_hex(16),
        f"{uuid.UUID(int=7)}:{secrets.token_urlsafe(32)}",
        "sk-" + "x1" * 254,
        secrets.token_urlsafe(48),
    ],
    ids=["hex", "krea", "longest", "url-safe"],
)
def test_what_providers_give_out_is_taken(key):
    assert key_flaw(key) == ""
    Keys(lambda _: None).put("ann", "krea", f" {key}\n")


def test_a_key_of_the_operator_that_looks_like_none_is_said_at_the_start_and_not_shown():
    settings = Settings(krea_api_key=SecretStr("completed"), aimlapi_api_key=SecretStr("a1" * 16))
    said = list(doubts(settings.key))
    assert len(said) == 1
    assert said[0].startswith("KREA_API_KEY, for Krea: That is no API key")
    assert "completed" not in said[0]


SECRET = "uuid-1:never/shown+0123456789"


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        "uuid-1%3Anever%2Fshown%2B0123456789",
        "uuid-1:never\\/shown+0123456789",
        f"Bearer {SECRET}, refused",
    ],
)
def test_a_key_is_hidden_however_it_is_written(echo):
    veil = Veil(SECRET)
    assert "0123456789" not in veil.hide(f"no {echo} here")
    assert "0123456789" not in repr(veil.hide_in({echo: [{"x": echo}]}))
    assert veil.covers(echo)
    assert not veil.covers("something else")
