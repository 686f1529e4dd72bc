"""AI/ML API's catalog: the list of models, a document for each, and what is no longer run.

None of it needs a key. What was recorded of the vendor is played back; the rest is made from the
models that orders are taken for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.models import ModelSpec, Withdrawal
from core.sandbox.aimlapi.endpoints import VENDOR, names_of
from core.sandbox.aimlapi.envelopes import Problem
from core.sandbox.aimlapi.listing import SUBMIT, Entry, chosen, document_address, entry_of
from core.sandbox.openapi_writer import aimlapi_document
from core.sandbox.recorded import Recorded
from core.sandbox.requests import from_iso, iso, listed, tagged
from core.sandbox.task_service import TaskService

LIST_SECONDS, LEAVING_SECONDS = 60, 300
"""How long the vendor lets its answers be kept (AI/ML: money)."""


class Catalog:
    """What anyone can see of the models."""

    def __init__(self, service: TaskService, recorded: Recorded) -> None:
        self._service = service
        self._recorded = recorded

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/models/deprecations", self.deprecations),
            *(Route(path, self.models) for path in ("/v1/models", "/models", "/api/v1/models")),
            Route("/model/{id:path}", self.model),
            Route("/docs-json", self.document),
        ]

    async def models(self, request: Request) -> Response:
        """Return the models that can be ordered, as the query filters and expands them."""
        data = chosen(self._entries(str(request.base_url)), request.query_params)
        return tagged(request, {"object": "list", "data": data}, seconds=LIST_SECONDS)

    async def model(self, request: Request) -> Response:
        """Return one model, with every section."""
        wanted = request.path_params["id"]
        for entry in self._entries(str(request.base_url)):
            if wanted in (entry["id"], *(entry.get("aliases") or ())):
                return JSONResponse({"object": "model", "data": entry})
        return Problem(404, "There is no such model.").response(request)

    async def document(self, request: Request) -> Response:
        """Return the OpenAPI document of the model that the query names."""
        name = request.query_params.get("model")
        if not name:
            return Problem(400, "Query validation error!", ["model: is required"]).response(request)
        found = self._document(name, str(request.base_url))
        if found is None:
            return Problem(404, "There is no such model.").response(request)
        return tagged(request, dict(found), seconds=LIST_SECONDS)

    async def deprecations(self, request: Request) -> Response:
        """Return the models that are being given up, or can no longer be ordered."""
        query = request.query_params
        statuses, since = set(listed(query, "status")), query.get("since")
        if since is not None and from_iso(since) is None:
            why = ["since: must be a date"]
            return Problem(400, "Query validation error!", why).response(request)
        rows = [*self._recorded.withdrawals, *self._leaving()]
        data = [
            row
            for row in rows
            if (not statuses or row.get("status") in statuses)
            and (since is None or _instant(row.get("deprecated_at")) >= _instant(since))
        ]
        made = iso(self._service.clock())
        body = {"object": "list", "generated_at": made, "data": data}
        return tagged(request, body, seconds=LEAVING_SECONDS, stamp=data)

    def _specs(self) -> list[ModelSpec]:
        return [spec for spec in self._service.models().values() if spec.provider == VENDOR]

    def _entries(self, server: str) -> Iterator[Entry]:
        told = {entry["id"] for entry in self._recorded.entries}
        for entry in self._recorded.entries:
            yield _moved(entry, server)
        for spec in self._specs():
            if not spec.withdrawn and spec.id not in told:
                yield entry_of(spec, server)

    def _document(self, name: str, server: str) -> Mapping[str, Any] | None:
        for spec in self._specs():
            if name in names_of(spec):
                made = self._recorded.documents.get(spec.id)
                return made or aimlapi_document(spec, server)
        return self._recorded.documents.get(name)

    def _leaving(self) -> Iterator[dict[str, Any]]:
        told = {row.get("id") for row in self._recorded.withdrawals}
        for spec in self._specs():
            if spec.withdrawn and spec.id not in told:
                yield _leaving(spec, spec.withdrawn)


def _leaving(spec: ModelSpec, withdrawn: Withdrawal) -> dict[str, Any]:
    return {
        "id": spec.id,
        "aliases": sorted(names_of(spec) - {spec.id}),
        "status": "withdrawn",
        "deprecated_at": withdrawn.since,
        "shutdown_at": withdrawn.since,
        "replaced_by": withdrawn.replaced_by,
        "reason": "The maker no longer runs it.",
    }


def _moved(entry: Mapping[str, Any], server: str) -> Entry:
    """Return a recorded entry whose document is to be had here."""
    info = dict(entry.get("info") or {})
    told = parse_qs(urlsplit(str(info.get("docsJson") or "")).query)
    kind = (told.get("endpoint") or [entry.get("type") or SUBMIT])[0]
    info["docsJson"] = document_address(entry["id"], kind, server)
    return {**entry, "info": info}


def _instant(text: Any) -> float:
    return from_iso(str(text)) or 0.0
