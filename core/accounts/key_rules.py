"""Judges whether a text can be an API key; it may only say why not.

A key is hidden wherever it would be logged or shown, so a word that everybody's answers are made
of must not become one.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.models import MODELS
from core.providers import PROVIDERS
from core.providers.parsing import PHASE_OF
from core.system.redaction import SHORTEST

LONGEST = 512

_FIELDS = (
    *("generation_id", "client_request_id", "inference_id", "credits_used", "tokens_used"),
    *("usd_spent", "cost_usd", "cost_microdollars", "current_balance", "created_at"),
    *("completed_at", "updated_at", "statusCode", "requestId", "timestamp", "video_url"),
    *("image_url", "thumbnail_url", "start_image", "end_image", "progress", "duration"),
    *("prompt", "message", "result", "detail", "aspect_ratio", "next_cursor", "pagination"),
)
_ADDRESSES = (
    *("https://cdn.aimlapi.com/generations/flamingo/files/", "https://gen.krea.ai/videos/"),
    *("https://docs.aimlapi.com", "https://aimlapi.com/app/billing/", "http://127.0.0.1"),
    *(
        "/v2/video/generations",
        "/v2/generate/video/",
        "/generate/video/",
        "/v2/billing",
        "/v2/logs",
    ),
    *("authorization: bearer ", "application/json; charset=utf-8", "application/octet-stream"),
    *("video/mp4", "clip.mp4", "output.mp4"),
)
_SAID = (
    *("internal server error", "insufficient_balance", "err_insufficent_credits", "unauthorized"),
    *("too many requests", "forbiddenexception", "outoffundsexception", "intermediate-complete"),
    *("body validation error!", "inference not found", "content_policy_violation"),
)


def key_flaw(key: str) -> str:
    """Return why a text can be no key, as a sentence; nothing where it can be one."""
    if len(key) > LONGEST:
        return f"That is no API key: none is longer than {LONGEST} characters."
    if not key.isascii() or not key.isprintable() or " " in key:
        return "That is no API key: it has spaces, or characters that no key has."
    if len(key) < SHORTEST:
        return f"That is no API key: none is shorter than {SHORTEST} characters."
    if _is_word(key.lower()):
        return "That is no API key: it is a word of the providers' answers."
    return ""


def _is_word(key: str) -> bool:
    # What holds a scheme is an address; what is made of letters alone, a word of some language.
    if "://" in key or key.startswith(("http:", "https:")):
        return True
    is_plain = key.isalpha() and len(key) < 2 * SHORTEST
    return is_plain or any(key in word for word in _words())


def _words() -> Iterable[str]:
    yield from PHASE_OF
    for provider in PROVIDERS.values():
        yield from (provider.base_url, provider.keys_page, provider.label.lower())
    for spec in MODELS.values():
        yield from (spec.key.lower(), spec.name.lower(), spec.path.lower())
    for word in (*_FIELDS, *_ADDRESSES, *_SAID):
        yield from (word.lower(), word.lower().replace("_", "-"))
