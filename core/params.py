"""The kinds of parameter: a frozen value that alone drives widget, check, request and schema.

A `Param` may describe and check. The widget that shows it lives in `ui.widgets`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

JsonSchema = dict[str, Any]

PROMPT_LIMIT = 20_000
"""Characters. Neither vendor publishes a limit; this one is ours, against pasted files."""

SAFE_INTEGER = 2**53 - 1
"""Larger whole numbers change on their way through a browser's JSON."""


@dataclass(frozen=True, kw_only=True)
class Param:
    """One thing that a model can be asked for; `name` is also the provider's name for it."""

    kind: ClassVar[str]

    name: str
    label: str
    help: str = ""
    unit: str = ""
    required: bool = False
    default: Any = None
    advanced: bool = False

    def clean(self, value: Any) -> Any:
        """Return `value` tidied, or raise ValueError with the reason. None means unset."""
        if value is None or value == "":
            if self.required:
                raise ValueError(f"{self.label} is needed.")
            return None
        return self._clean(value)

    def fit(self, value: Any) -> Any:
        """Return `value` tidied where this parameter takes it, else the default."""
        try:
            cleaned = self.clean(value)
        except ValueError:
            return self.default
        return self.default if cleaned is None else cleaned

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of one value."""
        facts = {"title": self.label, "description": self.help, "default": self.default}
        return self._schema() | {key: fact for key, fact in facts.items() if fact not in ("", None)}

    def as_json(self) -> dict[str, Any]:
        """Return the parameter as the public API describes it."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "required": self.required,
            "default": self.default,
            "minimum": getattr(self, "minimum", None),
            "maximum": getattr(self, "maximum", None),
            "step": getattr(self, "step", None),
            "offset": getattr(self, "offset", None),
            "choices": list(choices) if (choices := getattr(self, "choices", None)) else None,
            "unit": self.unit,
            "help": self.help,
        }

    def _clean(self, value: Any) -> Any:
        raise NotImplementedError

    def _schema(self) -> JsonSchema:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Text(Param):
    """Words."""

    kind = "text"
    lines: int = 1
    max_length: int = PROMPT_LIMIT

    def _clean(self, value: Any) -> str | None:
        if not isinstance(value, str):
            raise ValueError(f"{self.label} must be text.")
        text = value.replace("\x00", "").strip()
        if self.required and not text:
            raise ValueError(f"{self.label} is needed.")
        if len(text) > self.max_length:
            raise ValueError(
                f"{self.label} has {len(text):,} characters; the most is {self.max_length:,}."
            )
        return text or None

    def _schema(self) -> JsonSchema:
        return {"type": "string", "maxLength": self.max_length} | (
            {"minLength": 1} if self.required else {}
        )


@dataclass(frozen=True, kw_only=True)
class Choice(Param):
    """One of a few."""

    kind = "choice"
    choices: tuple[str | int, ...]

    def _clean(self, value: Any) -> str | int:
        for choice in self.choices:
            if str(choice) == str(value) or _same_number(choice, value):
                return choice
        names = ", ".join(map(str, self.choices))
        raise ValueError(f"{self.label} must be one of {names}{_after(self.unit)}.")

    def _schema(self) -> JsonSchema:
        whole = all(isinstance(choice, int) for choice in self.choices)
        return {"type": "integer" if whole else "string", "enum": list(self.choices)}


@dataclass(frozen=True, kw_only=True)
class Toggle(Param):
    """Yes or no; with no default, the provider decides what unset means."""

    kind = "boolean"

    def _clean(self, value: Any) -> bool:
        words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        raise ValueError(f"{self.label} must be true or false.")

    def _schema(self) -> JsonSchema:
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Number(Param):
    """A number; with `step`, one of offset + n × step, to which a value beside it is moved."""

    kind = "number"
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    offset: float = 0

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
        unit = _after(self.unit)
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


@dataclass(frozen=True, kw_only=True)
class Seed(Integer):
    """A whole number that makes a take repeatable; unset means a random one."""


@dataclass(frozen=True, kw_only=True)
class Media(Param):
    """A file: a path in the form; an https URL or a data URI on the wire."""

    media: ClassVar[str]

    def _clean(self, value: Any) -> str:
        text = value.get("path") if isinstance(value, dict) else value
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{self.label} must be a file, an https address or a data URI.")
        if text.startswith("http:"):
            raise ValueError(f"{self.label} must have an https address.")
        if text.startswith("data:") and not text.startswith(f"data:{self.media}/"):
            raise ValueError(f"{self.label} must be a data URI with a {self.media} in it.")
        return text.strip()

    def _schema(self) -> JsonSchema:
        return {"type": "string", "format": "uri"}


@dataclass(frozen=True, kw_only=True)
class Video(Media):
    """A clip."""

    kind = "video"
    media = "video"


@dataclass(frozen=True, kw_only=True)
class Image(Media):
    """A still."""

    kind = "image"
    media = "image"


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _same_number(choice: str | int, value: Any) -> bool:
    if isinstance(choice, str) or isinstance(value, bool):
        return False
    try:
        return float(value) == choice
    except (TypeError, ValueError, OverflowError):
        return False
