"""Reads vendors' catalogs from disk, for a sandbox that plays them back and takes their orders.

Any of these may be given, as files, or as a folder in which every `*.json` at any depth is read.
What a file is, is told by what is in it and not by its name; a tidy folder looks like this:

    aimlapi/models.json            the answer to `GET /v1/models?include=all`
    aimlapi/deprecations.json      the answer to `GET /v1/models/deprecations`
    aimlapi/documents/*.json       an OpenAPI document for each model, or for several at once
    krea/openapi.json              Krea's one document, or several with a part of it each

Without the list, every model that the documents name is offered. A list without documents, a file
that is none of these, or a document that cannot be read is left out, and said so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.models import ModelSpec
from core.providers.aimlapi import catalog as aimlapi
from core.providers.krea import catalog as krea
from core.sandbox.recorded import Recorded
from core.sandbox.strictness import contract_of
from core.schema.openapi import BrokenDocument, Document, read_document, read_json

log = logging.getLogger(__name__)

KREA_PATHS = "/generate/video/"


@dataclass(kw_only=True)
class Finds:
    """What the files turned out to be, as it is gathered."""

    entries: list[Mapping[str, Any]] = field(default_factory=list)
    lists: list[bytes] = field(default_factory=list)
    withdrawals: list[Mapping[str, Any]] = field(default_factory=list)
    leaving: list[bytes] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    krea: list[Document] = field(default_factory=list)


def read_recorded(places: Iterable[Path]) -> Recorded:
    """Return what lies in files and folders. Raises `BrokenDocument` where that is no model."""
    finds = Finds()
    for path in _files(places):
        try:
            _sort(path.read_bytes(), finds)
        except (BrokenDocument, OSError) as error:
            log.warning("%s was left out: %s", path, error)
    documents = _named(finds)
    specs = [spec for _, spec in documents.values()] + _krea_specs(finds.krea)
    if not specs:
        raise BrokenDocument("There is no video model in these files.")
    gone = {
        name: told for body in finds.leaving for name, told in aimlapi.withdrawals(body).items()
    }
    owners = {spec.key: document for document, spec in documents.values()}
    return Recorded(
        models={spec.key: _marked(spec, gone) for spec in specs},
        contracts=dict(_contracts(owners, finds.krea, specs)),
        entries=tuple(finds.entries),
        documents={name: document.root for name, (document, _) in documents.items()},
        withdrawals=tuple(finds.withdrawals),
        krea=_whole(finds.krea),
    )


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.json")) if place.is_dir() else [place]


def _sort(data: bytes, finds: Finds) -> None:
    root = read_json(data)
    rows = root.get("data") if isinstance(root, dict) else root
    if isinstance(rows, list) and (known := [row for row in rows if _has_id(row)]):
        leaving = any("shutdown_at" in row or "replaced_by" in row for row in known)
        (finds.withdrawals if leaving else finds.entries).extend(known)
        (finds.leaving if leaving else finds.lists).append(data)
    elif isinstance(root, dict) and isinstance(root.get("paths"), dict):
        document = read_document(data)
        of_krea = any(path.startswith(KREA_PATHS) for path in root["paths"])
        (finds.krea if of_krea else finds.documents).append(document)
    else:
        raise BrokenDocument("It is neither a list of models nor an OpenAPI document.")


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str)


def _named(finds: Finds) -> dict[str, tuple[Document, ModelSpec]]:
    """Return each model of AI/ML API with its document, by id."""
    listings = [listing for body in finds.lists for listing in aimlapi.listed(body)]
    found: dict[str, tuple[Document, ModelSpec]] = {}
    for document in finds.documents:
        for spec in _specs(document, listings):
            found.setdefault(spec.id, (document, spec))
    for listing in listings:
        if listing.id not in found:
            log.warning("%s is in the list, and no document is about it", listing.id)
    return found


def _specs(document: Document, listings: Sequence[aimlapi.Listing]) -> list[ModelSpec]:
    named = {name for spec in aimlapi.specs(document, []) for name in (spec.id, spec.called)}
    about = [listing for listing in listings if named & {listing.id, *listing.aliases}]
    # A document that names none of those listed is about models that were not listed.
    return aimlapi.specs(document, about)


def _krea_specs(documents: Iterable[Document]) -> list[ModelSpec]:
    return [spec for document in documents for spec in krea.specs(document)]


def _marked(spec: ModelSpec, gone: Mapping[str, Any]) -> ModelSpec:
    told = next((gone[name] for name in (spec.id, *spec.aliases) if name in gone), None)
    return replace(spec, withdrawn=told) if told and spec.provider == aimlapi.PROVIDER else spec


def _contracts(
    owners: Mapping[str, Document], others: Sequence[Document], specs: Iterable[ModelSpec]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for spec in specs:
        for document in [owners[spec.key]] if spec.key in owners else others:
            for operation in document.posts():
                body = document.body(operation)
                if operation.path == spec.path and isinstance(body, Mapping):
                    yield spec.key, contract_of(document.root, body)


def _whole(documents: Sequence[Document]) -> Mapping[str, Any] | None:
    """Return Krea's documents as one; the first gives what they can have only once."""
    if not documents:
        return None
    paths = {path: item for one in reversed(documents) for path, item in one.root["paths"].items()}
    parts: dict[str, dict[str, Any]] = {}
    for one in reversed(documents):
        for kind, named in (one.root.get("components") or {}).items():
            parts.setdefault(kind, {}).update(named)
    return {**documents[0].root, "paths": paths, "components": parts}
