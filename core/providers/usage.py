"""Finds what a task did cost in whatever a provider answers; it may only read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from core.providers.parsing import ENVELOPES
from core.providers.protocol import Json
from core.untrusted.figures import figure, written

_TELLING = ("usage", "cost")


def cost_places(answer: Json, state: Json) -> list[Json]:
    """Return the objects of an answer that may tell what its task cost, the likeliest first."""
    wrapped = [part.get(name) for part in (answer, state) for name in ENVELOPES]
    around = _around([answer, state, *wrapped])
    inside = [part.get(name) for part in around for name in _TELLING]
    return [place for place in (*inside, *around) if isinstance(place, dict)]


def cost(places: Iterable[Json], names: Sequence[str], most: float) -> float | None:
    """Return the first figure under one of the names; None where none can be read."""
    told = [place.get(name) for name in names for place in places]
    return next((found for each in told if (found := _figure(each, most)) is not None), None)


def is_unread(places: Sequence[Json], names: Sequence[str]) -> bool:
    """Whether something is told of the cost that is no figure, and is not plainly nothing."""
    named = [place[name] for place in places for name in names if name in place]
    strange = [place[name] for place in places for name in _TELLING if name in place]
    return any(_figure(each) is None and not _is_nothing(each) for each in named) or any(
        _is_strange(each, names) for each in strange
    )


def _around(parts: Iterable[Any]) -> list[Json]:
    found = [
        place for part in parts if isinstance(part, dict) for place in (part.get("meta"), part)
    ]
    return [place for place in found if isinstance(place, dict)]


def _figure(told: Any, most: float = float("inf")) -> float | None:
    # A plain decimal in a text counts.
    return figure(written(told) if isinstance(told, str) else told, most=most)


def _is_strange(told: Any, names: Iterable[str]) -> bool:
    if isinstance(told, dict):
        return not set(told).intersection(names) and not all(map(_is_nothing, told.values()))
    return not _is_nothing(told)


def _is_nothing(told: Any) -> bool:
    return not told or _figure(told) == 0
