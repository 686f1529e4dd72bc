"""Which of AI/ML API's models can be ordered at which address; it takes no order itself."""

from __future__ import annotations

from collections.abc import Mapping

from core.models import KLING_16, WAN_21, ModelSpec
from core.sandbox.aimlapi.envelopes import Problem

VENDOR = "aimlapi"
UNIVERSAL = "/v2/video/generations"
LEGACY = {
    "/v2/generate/video/alibaba/generation": WAN_21.key,
    "/v2/generate/video/kling/generation": KLING_16.key,
}
"""The older addresses of the built-in models, which some have beside the universal one."""

Models = Mapping[str, ModelSpec]


def addresses(models: Models) -> set[str]:
    """Return every path at which an order may arrive."""
    own = {spec.path for spec in models.values() if spec.provider == VENDOR}
    return own | {UNIVERSAL, *LEGACY}


def names_of(spec: ModelSpec) -> set[str]:
    """Return every name that a model can be ordered by."""
    # The bare name of Krea's models is documented nowhere but in the live document (AI/ML: models).
    return {spec.id, *spec.aliases, spec.id.removeprefix("krea/")} | {spec.called or spec.id}


def find_endpoint(models: Models, path: str, name: object) -> ModelSpec:
    """Return the model of that id or alias at that address. Raises `Problem`."""
    specs = [spec for spec in models.values() if spec.provider == VENDOR]
    offered = [spec for spec in specs if path in _paths(spec) and not _is_gone(spec, path)]
    for spec in sorted(offered, key=lambda spec: spec.id != name):
        if name in names_of(spec):
            return spec
    for spec in specs:
        if spec.withdrawn and name in names_of(spec):
            successor = spec.withdrawn.replaced_by or "another"
            raise Problem(404, f"The model {spec.id} was withdrawn; use {successor} instead.")
    names = " | ".join(f"'{spec.id}'" for spec in offered)
    raise Problem(400, "Body validation error!", [f"model: must be one of {names}"])


def _paths(spec: ModelSpec) -> set[str]:
    return {spec.path, *(path for path, key in LEGACY.items() if key == spec.key)}


def _is_gone(spec: ModelSpec, path: str) -> bool:
    # A built-in model can still be tried out here, at its own address, when its vendor stopped.
    return bool(spec.withdrawn) and not (spec.built_in and path == spec.path)
