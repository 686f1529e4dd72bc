"""Parameters that are numbers, some of them on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.params.param import JsonSchema, Param, after

SAFE_INTEGER = 2**53 - 1
"""Larger whole numbers change on their way through a browser's JSON."""


@dataclass(frozen=True, kw_only=True)
class Number(Param):
    """A number; with `step`, one of offset + n × step, to which a value beside it is moved."""

    kind = "number"
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    offset: float = 0

    def _flaw(self, value: Any) -> str:
        # What number it is, `_read` says better, in this parameter's own words.
        return "" if isinstance(value, int | float) else super()._flaw(value)

    def _clean(self, value: Any) -> float | int:
        number = self._read(value)
        low, high = self.minimum, self.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise ValueError(f"{self.label} must be {self._range()}.")
        return self._tidy(self.snap(number))

    def snap(self, number: float) -> float:
        """Return the nearest point of the grid, the lower one of two as near."""
        if not self.step:
            return number
        nearest = self.offset + math.ceil((number - self.offset) / self.step - 0.5) * self.step
        if self.maximum is not None and nearest > self.maximum:
            nearest -= self.step
        if self.minimum is not None and nearest < self.minimum:
            nearest += self.step
        return nearest

    def _read(self, value: Any) -> float:
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{self.label} must be a number.")
        return number

    def _tidy(self, number: float) -> float | int:
        return round(number, 6)

    def _range(self) -> str:
        unit = after(self.unit)
        if self.minimum is None:
            return f"at most {self.maximum:g}{unit}"
        if self.maximum is None:
            return f"at least {self.minimum:g}{unit}"
        return f"from {self.minimum:g} to {self.maximum:g}{unit}"

    def _schema(self) -> JsonSchema:
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        return {"type": "number"} | {
            key: limit for key, limit in limits.items() if limit is not None
        }


@dataclass(frozen=True, kw_only=True)
class Integer(Number):
    """A whole number."""

    kind = "integer"

    def _read(self, value: Any) -> float:
        number = value if _is_whole(value) else super()._read(value)
        if not self.step and number != int(number):
            raise ValueError(f"{self.label} must be a whole number.")
        if abs(number) > SAFE_INTEGER:
            raise ValueError(f"{self.label} must be at most {SAFE_INTEGER}.")
        return float(number)

    def _tidy(self, number: float) -> int:
        return int(number)

    def _schema(self) -> JsonSchema:
        return super()._schema() | {"type": "integer"} | self._points()

    def _points(self) -> JsonSchema:
        # JSON Schema has no grid that starts beside zero, so the points are listed.
        if not self.step or self.minimum is None or self.maximum is None:
            return {}
        points = range(int(self.snap(self.minimum)), int(self.maximum) + 1, int(self.step))
        return {"enum": list(points)}


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
