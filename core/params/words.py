"""Parameters that are words, one of a few, or yes and no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.params.param import JsonSchema, Param, after

PROMPT_LIMIT = 20_000
"""Characters. Neither vendor publishes a limit; this one is ours, against pasted files."""


@dataclass(frozen=True, kw_only=True)
class Text(Param):
    """Words."""

    kind = "text"
    lines: int = 1
    max_length: int = PROMPT_LIMIT

    def _flaw(self, value: Any) -> str:
        # A zero in pasted words is of no meaning, and is left out.
        return super()._flaw(value.replace("\x00", "") if isinstance(value, str) else value)

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
    choices: tuple[str | int | float, ...]

    def _clean(self, value: Any) -> str | int | float:
        for choice in self.choices:
            if str(choice) == str(value) or _same_number(choice, value):
                return choice
        names = ", ".join(map(str, self.choices))
        raise ValueError(f"{self.label} must be one of {names}{after(self.unit)}.")

    def _schema(self) -> JsonSchema:
        kinds = {_type_of(choice) for choice in self.choices}
        kinds -= {"integer"} if "number" in kinds else set()
        told = next(iter(kinds)) if len(kinds) == 1 else sorted(kinds)
        return {"type": told, "enum": list(self.choices)}


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


def _type_of(choice: str | float) -> str:
    if isinstance(choice, str):
        return "string"
    return "integer" if isinstance(choice, int) else "number"


def _same_number(choice: str | float, value: Any) -> bool:
    if isinstance(choice, str) or isinstance(value, bool):
        return False
    try:
        return float(value) == choice
    except (TypeError, ValueError, OverflowError):
        return False
