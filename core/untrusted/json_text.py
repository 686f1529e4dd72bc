"""The one place that reads JSON from outside: strictly where it can be refused, else leniently."""

from __future__ import annotations

import json
import re
from typing import Any

from core.untrusted.text import DEEPEST_VALUE, cleaned

DEEPEST = DEEPEST_VALUE
MOST_DIGITS = 300
"""Of a whole number; Python refuses to read one of thousands, and no float holds this many."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def read_strictly(text: str | bytes) -> Any:
    """Return the JSON in `text`. Raises ValueError with a reason, the rest of a sentence.

    Half letters and the like stay in it: whoever knows the field's name refuses them by `flaw`.
    """
    try:
        found = json.loads(_decoded(text), parse_constant=_refused, parse_int=_whole)
    except RecursionError:
        raise ValueError(f"is nested deeper than {DEEPEST} levels") from None
    except ValueError:
        raise ValueError("is not JSON") from None
    return found


def read_leniently(text: str | bytes) -> Any:
    """Return what can be read of JSON that cannot be refused, `cleaned`. Raises ValueError.

    What is nested too deep is left out, and so are numbers that are none.
    """
    words = _decoded(text, errors="replace")
    try:
        found = _loose(words)
    except RecursionError:
        found = _loose(_pruned(words))
    return cleaned(found)


def _loose(words: str) -> Any:
    # Infinity and NaN are read here, and cleaned away afterwards.
    return json.loads(words, parse_int=_whole)


def _decoded(text: str | bytes, errors: str = "strict") -> str:
    # Some programs begin their UTF-8 with a byte-order mark.
    words = text.decode("utf-8", errors) if isinstance(text, bytes) else text
    return words.removeprefix("\ufeff")


def _pruned(words: str) -> str:
    """Return the JSON with null for each list and object that lies deeper than is read."""
    kept, depth, at = list[str](), 0, 0
    for token in _TOKEN.finditer(words):
        mark = token[0]
        if mark in "[{":
            if depth == DEEPEST:
                kept.append(words[at : token.start()] + "null")
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth == DEEPEST:
                at = token.end()
    kept.append(words[at:] if depth <= DEEPEST else "")
    return "".join(kept)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float("inf")


def _refused(constant: str) -> Any:
    raise ValueError(constant)
