"""Krea's one document read into entries; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.models import ModelSpec, Withdrawal
from core.providers.aimlapi.catalog import name_of
from core.schema.infer_sizes import infer_sizes
from core.schema.infer_task import infer_task
from core.schema.normalize import Tidier
from core.schema.openapi import Document, Operation
from core.schema.prices import krea_price
from core.schema.to_form import to_form
from core.schema.to_param import help_of

PROVIDER = "krea"
PREFIX = "/generate/video/"
USUAL_WAIT = 120.0


def specs(document: Document) -> list[ModelSpec]:
    """Return an entry for each video model of the document."""
    found: dict[str, ModelSpec] = {}
    for operation in document.posts():
        model = operation.path.partition(PREFIX)[2].strip("/")
        if model and (spec := _spec(document, operation, model)):
            found.setdefault(model, spec)
    return list(found.values())


def _spec(document: Document, operation: Operation, model: str) -> ModelSpec | None:
    raw = document.body(operation)
    if not isinstance(raw, Mapping):
        return None
    filled = to_form(Tidier(document=document, scope=raw).tidy(raw))
    return ModelSpec(
        id=model,
        provider=PROVIDER,
        name=_name(operation.told, model),
        task=infer_task(model, filled.params),
        params=filled.params,
        path=operation.path,
        sizes=infer_sizes(filled.params),
        wait=USUAL_WAIT,
        price=krea_price(operation.told.get("x-krea-pricing")),
        withdrawn=_withdrawal(operation.told),
        developer=name_of(model.split("/", maxsplit=1)[0]) if "/" in model else "",
        about=help_of({"description": _first_line(operation.told.get("description"))}),
        wire={**filled.wire, "title": f"{PROVIDER}:{model}"},
        built_in=False,
    )


def _name(told: Mapping[str, Any], model: str) -> str:
    summary = help_of({"description": _first_line(told.get("summary"))})
    return summary[:80] or name_of(model.rsplit("/", maxsplit=1)[-1])


def _first_line(text: Any) -> str:
    lines = text.strip().splitlines() if isinstance(text, str) else []
    return lines[0] if lines and not lines[0].startswith(("|", ">")) else ""


def _withdrawal(told: Mapping[str, Any]) -> Withdrawal | None:
    if told.get("deprecated") is not True:
        return None
    return Withdrawal(since="", replaced_by="")
