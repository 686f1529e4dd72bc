"""What a clip costs, as a rule that can be worked out for the values of a form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_DOLLARS = 1e9
"""Nothing is said to cost more; so much is over every cap."""


class Rule(Protocol):
    """A way to a price."""

    def dollars(self, values: Mapping[str, Any], seconds: float | None) -> float | None:
        """Return the dollars for a clip of `seconds` made with `values`; None: cannot be told."""


@dataclass(frozen=True, kw_only=True)
class PerSecond:
    """So many dollars a second of video, whole seconds charged, where `when` holds."""

    usd: float
    when: Mapping[str, Any] = field(default_factory=dict)

    def dollars(self, values: Mapping[str, Any], seconds: float | None) -> float | None:
        """Return the dollars, where the length is known."""
        if seconds is None or not _holds(self.when, values):
            return None
        # A form may ask for more seconds than a float can be multiplied with.
        return math.ceil(min(seconds, MOST_DOLLARS)) * self.usd


@dataclass(frozen=True, kw_only=True)
class PerClip:
    """So many dollars a clip, where `when` holds."""

    usd: float
    when: Mapping[str, Any] = field(default_factory=dict)

    def dollars(self, values: Mapping[str, Any], seconds: float | None) -> float | None:
        """Return the dollars."""
        del seconds
        return self.usd if _holds(self.when, values) else None


@dataclass(frozen=True, kw_only=True)
class Price:
    """The rules of one model, of which the first that can tell is used, and where they are from."""

    rules: tuple[Rule, ...]
    source: str

    def of(self, values: Mapping[str, Any], seconds: float | None) -> float | None:
        """Return the dollars for a clip of `seconds` made with `values`; None: unknown."""
        for rule in self.rules:
            dollars = rule.dollars(values, seconds)
            if dollars is not None:
                return round(min(dollars, MOST_DOLLARS), 4)
        return None


def _holds(when: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(str(values.get(name)) == str(wanted) for name, wanted in when.items())
