"""A parameter that no plain widget can hold: JSON, checked by the schema that came with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.params.param import JsonSchema, Param
from core.params.violations import violations
from core.untrusted import flaw, read_strictly

LONGEST_JSON = 100_000
"""Characters of such a field; ours, against pasted files."""


@dataclass(frozen=True, kw_only=True)
class Json(Param):
    """Any JSON value; in a form it is text, which may also be the value itself in a string.

    `shape` is its JSON Schema, with no references left in it.
    """

    kind = "json"
    shape: Mapping[str, Any] = field(default_factory=dict)

    def _clean(self, value: Any) -> Any:
        found = self._read(value)
        if why := flaw(found):
            raise ValueError(f"{self.label} {why}.")
        if wrong := violations(self.shape, found):
            place, why = next(iter(wrong.items()))
            where = f" at {place}" if place else ""
            raise ValueError(f"{self.label} does not fit{where}: {why}.")
        return found

    def _read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if len(value) > LONGEST_JSON:
            raise ValueError(f"{self.label} must have at most {LONGEST_JSON:,} characters.")
        try:
            found = read_strictly(value)
        except ValueError:
            if not violations(self.shape, value):
                return value
            raise ValueError(
                f'{self.label} must be JSON, for example {{"name": "value"}} or ["one", "two"].'
            ) from None
        # Where only words will do, 5 is meant as the word "5".
        as_words = violations(self.shape, found) and not violations(self.shape, value)
        return value if as_words else found

    def _schema(self) -> JsonSchema:
        return dict(self.shape)
