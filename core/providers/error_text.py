"""Finds the sentence in whatever an API says instead of a result; it may only read."""

from __future__ import annotations

import html
import re
from typing import Any

from core.providers.protocol import Reply

LONGEST = 300
LONGEST_TITLE = 80
_NESTED = ("message", "msg", "detail", "error", "details", "errors", "issues", "validationErrors")


def sentence(said: Any) -> str | None:
    """Return the words in an error that may be text, an object, a list of either, or nothing."""
    words = _words(said)
    return words[:LONGEST] if words else None


def reply_sentence(reply: Reply) -> str | None:
    """Return what a refusal says: its JSON's words, a gateway page's title, or its bare text."""
    if reply.body is not None:
        return sentence(reply.words)
    title = re.search(r"<title[^>]*>(.*?)</title>", reply.text, re.IGNORECASE | re.DOTALL)
    if title:
        return _squeeze(html.unescape(title[1]))[:LONGEST_TITLE] or None
    if "<" in reply.text:
        return None  # a page without a title tells a person nothing
    return _squeeze(reply.text)[:LONGEST_TITLE] or None


def _words(said: Any) -> str | None:
    match said:
        case str():
            return _squeeze(said) or None
        case dict():
            return _of_object(said)
        case list():
            found = [words for item in said[:3] if (words := _words(item))]
            return "; ".join(found) or None
        case _:
            return None


def _of_object(said: dict[str, Any]) -> str | None:
    for name in _NESTED:
        if words := _words(said.get(name)):
            return _placed(said, words)
    # An error without a sentence still has a name or a code.
    return _words(said.get("name")) or _words(said.get("code")) or _words(said.get("title"))


def _placed(said: dict[str, Any], words: str) -> str:
    # A list of validation errors names its fields in `loc` (AI/ML API) or `path` (Krea).
    place = said.get("loc") or said.get("path")
    if isinstance(place, list):
        names = [str(part) for part in place if part != "body"]
        return f"{'.'.join(names)}: {words}" if names else words
    return words


def _squeeze(text: str) -> str:
    return " ".join(text.split())
