"""AI/ML API beside the orders: the log of what was asked, the balance, the list of models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.models import MODELS, ModelSpec
from core.sandbox.aimlapi_errors import Problem, problem
from core.sandbox.desk import Desk
from core.sandbox.tasks import Stage, Task
from core.sandbox.wire import from_iso, iso, whole_number

VENDOR = "aimlapi"
CREDITS_PER_DOLLAR = 2_000_000
OPENING_BALANCE = 100.0
"""Dollars of play money; an empty account is what the key `poor` is for."""

LONGEST_WINDOW = 92 * 86400.0
CATALOGUE = tuple(spec for spec in MODELS.values() if spec.provider == VENDOR)


class Account:
    """What a key can see of itself, and what anyone can see of the models."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v2/logs", self.logs),
            Route("/v2/billing", self.balance),
            Route("/v1/models/deprecations", self.deprecations),
            *(Route(path, self.models) for path in ("/v1/models", "/models", "/api/v1/models")),
            Route("/model/{id:path}", self.model),
        ]

    async def logs(self, request: Request) -> Response:
        """Return a page of the orders in a window of time, newest first."""
        if refused := problem(request):
            return refused.response(request)
        try:
            rows = self._rows(request.query_params, await self._desk.tasks(VENDOR))
            limit, offset = _page(request.query_params)
        except Problem as wrong:
            return wrong.response(request)
        page = {
            "limit": limit,
            "offset": offset,
            "total": len(rows),
            "has_more": offset + limit < len(rows),
        }
        return JSONResponse({"data": rows[offset : offset + limit], "pagination": page})

    async def balance(self, request: Request) -> Response:
        """Return what is left; a running task holds its price, a failed one gives it back."""
        if refused := problem(request):
            return refused.response(request)
        tasks = await self._desk.tasks(VENDOR)
        spent = sum(task.credits for task in tasks if not self._failed(task)) / CREDITS_PER_DOLLAR
        left = max(0.0, round(OPENING_BALANCE - spent, 6))
        return JSONResponse({"current_balance": left, "currency": "USD"})

    async def models(self, request: Request) -> Response:
        """Return the models that can be ordered."""
        wanted = {name for text in request.query_params.getlist("id") for name in text.split(",")}
        priced = bool({"pricing", "all"} & set(_listed(request.query_params, "include")))
        entries = [_entry(spec, priced=priced) for spec in CATALOGUE if not spec.withdrawn]
        data = [entry for entry in entries if not wanted or wanted & _names(entry)]
        return JSONResponse({"object": "list", "data": data})

    async def model(self, request: Request) -> Response:
        """Return one model."""
        for spec in CATALOGUE:
            entry = _entry(spec, priced=True)
            if not spec.withdrawn and request.path_params["id"] in _names(entry):
                return JSONResponse({"object": "model", "data": entry})
        return Problem(404, "There is no such model.").response(request)

    async def deprecations(self, request: Request) -> Response:
        """Return the models that can no longer be ordered."""
        del request
        data = [
            {
                "id": spec.id,
                "aliases": [],
                "status": "withdrawn",
                "deprecated_at": spec.withdrawn.since,
                "shutdown_at": spec.withdrawn.since,
                "replaced_by": spec.withdrawn.replaced_by,
                "reason": "The maker no longer runs it.",
            }
            for spec in CATALOGUE
            if spec.withdrawn
        ]
        generated_at = iso(self._desk.clock())
        return JSONResponse({"object": "list", "generated_at": generated_at, "data": data})

    def _rows(self, query: QueryParams, tasks: Sequence[Task]) -> list[dict[str, Any]]:
        start, end = self._window(query)
        models, statuses = set(query.getlist("model")), set(query.getlist("status"))
        if statuses - {"succeeded", "failed"}:
            raise Problem(400, "Query validation error!", ["status: must be succeeded or failed"])
        rows = [self._row(task) for task in tasks if start <= task.created <= end]
        return [
            row
            for row in rows
            if (not models or row["model"] in models)
            and (not statuses or row["status"] in statuses)
        ]

    def _window(self, query: QueryParams) -> tuple[float, float]:
        period, start, end = (query.get(name) for name in ("period", "start", "end"))
        now = self._desk.clock()
        if period and not start and not end:
            found = re.fullmatch(r"([1-9]\d{0,4})([hd])", period)
            length = int(found[1]) * (3600 if found[2] == "h" else 86400) if found else 0
            window = (now - length, now)
        elif start and end and not period:
            window = (from_iso(start) or 0.0, from_iso(end) or 0.0)
        else:
            window = (now, now)
        if not 0 < window[1] - window[0] <= LONGEST_WINDOW:
            why = "give period, or start and end, of at most 92 days"
            raise Problem(400, "Query validation error!", [why])
        return window

    def _row(self, task: Task) -> dict[str, Any]:
        failed = self._failed(task)
        spent = 0 if failed else task.credits
        return {
            "created": iso(task.created),
            "status": "failed" if failed else "succeeded",
            "origin": "api",
            "model": MODELS[task.model].id if task.model in MODELS else task.model,
            "cost": {"usd": spent / CREDITS_PER_DOLLAR, "credits": spent},
            "tokens": {"input": 0, "output": 0, "total": 0},
            "request_id": task.request_id,
            "inference_id": task.id,
            "client_request_id": task.client_request_id,
        }

    def _failed(self, task: Task) -> bool:
        return self._desk.standing(task).stage is Stage.FAILED


def _page(query: QueryParams) -> tuple[int, int]:
    limit = whole_number(query.get("limit"), 50, least=1, most=100)
    offset = whole_number(query.get("offset"), 0, least=0, most=10**9)
    if limit is None or offset is None:
        why = "limit must be from 1 to 100, and offset not negative"
        raise Problem(400, "Query validation error!", [why])
    return limit, offset


def _listed(query: QueryParams, name: str) -> list[str]:
    return [part for text in query.getlist(name) for part in text.split(",")]


def _names(entry: dict[str, Any]) -> set[str]:
    return {entry["id"], *entry["aliases"]}


def _entry(spec: ModelSpec, *, priced: bool) -> dict[str, Any]:
    bare = spec.id.removeprefix("krea/")
    entry: dict[str, Any] = {
        "id": spec.id,
        "aliases": [bare] if bare != spec.id else [],
        "type": "internal/video-generations/submit",
        "info": {"name": spec.name, "developer": spec.id.split("/")[0]},
        "tags": ["playground:video"],
    }
    if priced and spec.price:
        unit = {"name": "video", "measure": "second", "price": spec.price.usd_per_second, "per": 1}
        entry["pricing"] = {"kind": "units", "units": [unit]}
    return entry
