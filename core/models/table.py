"""MODELS, the table of the models that are built in, and how a model is found by its name."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import InvalidInput
from core.models.built_in import BUILT_IN
from core.models.spec import ModelSpec

MODELS: Mapping[str, ModelSpec] = {spec.key: spec for spec in BUILT_IN}


def find_model(name: str, models: Mapping[str, ModelSpec] = MODELS) -> ModelSpec:
    """Return the model of that key, or of that bare id or alias where it can only be one.

    Raises `InvalidInput`, with the keys to choose from where several models bear the name.
    """
    if name in models:
        return models[name]
    by_id = [spec for spec in models.values() if spec.id == name]
    found = by_id or [spec for spec in models.values() if _is_alias(name, spec)]
    if len(found) == 1:
        return found[0]
    if found:
        keys = " or ".join(spec.key for spec in found)
        several = "Two providers have" if by_id else "Several models are called"
        raise InvalidInput({"model": f"{several} {name}: say {keys}."})
    raise InvalidInput({"model": f"There is no model called {name}."})


def _is_alias(name: str, spec: ModelSpec) -> bool:
    # As with an id, the provider may be said before it.
    return name.removeprefix(f"{spec.provider}:") in spec.aliases
