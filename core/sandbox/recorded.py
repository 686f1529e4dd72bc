"""What was recorded of the vendors' own catalogs, to be played back word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.models import ModelSpec

Facts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """AI/ML API's list, its documents by model, its withdrawals, and Krea's one document.

    What was not recorded is made from the models instead. Called, it gives the models: it can
    stand wherever those are asked for. `contracts` are the schemas of whole bodies, by model, as
    the documents have them.
    """

    models: Mapping[str, ModelSpec] = field(default_factory=dict)
    contracts: Mapping[str, Facts] = field(default_factory=dict)
    entries: tuple[Facts, ...] = ()
    documents: Mapping[str, Facts] = field(default_factory=dict)
    withdrawals: tuple[Facts, ...] = ()
    krea: Facts | None = None

    def __call__(self) -> Mapping[str, ModelSpec]:
        """Return the models, by key."""
        return self.models


NOTHING = Recorded()
