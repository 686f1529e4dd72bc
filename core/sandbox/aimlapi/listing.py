"""AI/ML API's list of models: one entry each, and the filters of a query; it serves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from core.models import ModelSpec
from core.sandbox.aimlapi.endpoints import names_of
from core.sandbox.published_prices import aimlapi_pricing
from core.sandbox.requests import listed

Entry = dict[str, Any]

SUBMIT = "internal/video-generations/submit"
"""The vendor's word for the kind of endpoint that video models have."""

SECTIONS = ("pricing", "modalities", "capabilities")


def entry_of(spec: ModelSpec, server: str) -> Entry:
    """Return a model as the list shows it, with every section."""
    return {
        "id": spec.id,
        "aliases": sorted(names_of(spec) - {spec.id}),
        "type": SUBMIT,
        "info": {
            "name": spec.name,
            "developer": spec.developer or spec.id.split("/")[0],
            "description": spec.about,
            "docsJson": document_address(spec.id, SUBMIT, server),
        },
        "tags": ["playground:video"],
        "modalities": {"input": list(spec.inputs), "output": ["video"]},
        "capabilities": [spec.task.replace("-", "_")],
    } | ({"pricing": aimlapi_pricing(spec.price)} if spec.price else {})


def document_address(model_id: str, kind: str, server: str) -> str:
    """Return where a model's own document is to be had."""
    query = urlencode({"model": model_id, "endpoint": kind})
    return f"{server.rstrip('/')}/docs-json?{query}"


def chosen(entries: Iterable[Entry], query: QueryParams) -> list[Entry]:
    """Return the entries that a query asks for, with the sections that it includes."""
    included = set(listed(query, "include"))
    if "all" in included or query.get("details") in ("true", "1"):
        included = set(SECTIONS)
    hidden = set(SECTIONS) - included
    return [
        {key: value for key, value in entry.items() if key not in hidden}
        for entry in entries
        if _passes(entry, query)
    ]


def _passes(entry: Entry, query: QueryParams) -> bool:
    modalities = entry.get("modalities") or {}
    inputs, outputs = (set(modalities.get(side) or ()) for side in ("input", "output"))
    facts = {
        "id": {entry["id"], *(entry.get("aliases") or ())},
        "type": {entry.get("type")},
        "tags": set(entry.get("tags") or ()),
        "capabilities": set(entry.get("capabilities") or ()),
        "modalities": inputs | outputs,
        "input_modalities": inputs,
        "output_modalities": outputs,
    }
    return all(
        not (wanted := listed(query, name)) or known & {*wanted} for name, known in facts.items()
    )
