"""What every parameter has: a name, a label, a default, a check and a schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.untrusted import flaw

JsonSchema = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Param:
    """One thing that a model can be asked for; `name` is also the provider's name for it."""

    kind: ClassVar[str]
    verb: ClassVar[str] = "is"

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
                raise ValueError(f"{self.label} {self.verb} needed.")
            return None
        if why := self._flaw(value):
            raise ValueError(f"{self.label} {why}.")
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

    def _flaw(self, value: Any) -> str:
        """Return what is wrong with the texts in `value`, whatever the parameter."""
        return flaw(value)

    def _clean(self, value: Any) -> Any:
        raise NotImplementedError

    def _schema(self) -> JsonSchema:
        raise NotImplementedError


def after(unit: str) -> str:
    """Return the unit as it stands behind a figure."""
    return f" {unit}" if unit else ""
