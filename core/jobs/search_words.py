"""Folds texts so that a search finds them whatever their case and accents; it looks nothing up.

A database folds by itself only what its locale or its build knows, and SQLite only A to Z: so what
is searched in is folded before it is written, and what is sought before it is asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 30_000
"""Characters of one take that are searched in."""

MOST_WORDS = 12
"""Of a question; each is one more comparison with every take."""

LONGEST_WORD = 200
SHORTEST_ID = 4
"""Letters of an id that are sought in ids: as many as the page shows. Fewer stand in any."""

_SPACE = re.compile(r"\s+")
_FILE = re.compile(r"(https?://|data:|/takes/)")


@dataclass(frozen=True, kw_only=True)
class Sought:
    """A folded word of a question, and the keys of the models whose names have it."""

    word: str
    models: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Return the text without case and accents, its spaces single; `ß` becomes `ss`."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    # Folding once more: what was taken apart may have a case of its own.
    return _SPACE.sub(" ", bare.casefold()).strip()


def words_of(model: str, params: Mapping[str, Any]) -> str:
    """Return what a take is found by beside its ids: its texts, its numbers, its model's key."""
    said = [text for value in params.values() for text in _texts(value)]
    return fold(" ".join([*said, model]))[:LONGEST]


def read_question(question: str, names: Mapping[str, str]) -> list[Sought]:
    """Return the words that a take must have, all of them; what stands in quotes is one.

    `names` are folded names of the models by their keys.
    """
    parts = re.findall(r'"([^"]+)"|([^\s"]+)', question)[:MOST_WORDS]
    words = [fold(quoted or plain)[:LONGEST_WORD] for quoted, plain in parts]
    return [
        Sought(word=word, models=tuple(key for key, name in names.items() if word in name))
        for word in words
        if word
    ]


def _texts(value: Any) -> list[str]:
    match value:
        case bool() | None:
            return []
        case str():
            # Addresses of files are long, and no words that a person remembers.
            return [] if _FILE.match(value) else [value]
        case int() | float():
            return [f"{value}"]
        case Mapping():
            return [text for inner in value.values() for text in _texts(inner)]
        case list() | tuple():
            return [text for inner in value for text in _texts(inner)]
        case _:
            return []
