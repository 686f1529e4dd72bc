"""AI/ML API beside the orders: the log of what was asked, and the balance."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.sandbox.aimlapi.endpoints import VENDOR
from core.sandbox.aimlapi.envelopes import Problem, problem
from core.sandbox.requests import bearer, from_iso, iso, whole_number
from core.sandbox.task_service import TaskService
from core.sandbox.tasks import Stage, Task

CREDITS_PER_DOLLAR = 2_000_000
OPENING_BALANCE = 100.0
"""Dollars of play money; an empty account is what the key `poor` is for."""

LONGEST_WINDOW = 92 * 86400.0

LOGS_A_MINUTE = 200
"""The only limit that the vendor publishes (AI/ML: addresses)."""

MOST_KEYS = 1000
"""Keys whose requests are counted at once."""


class Account:
    """What a key can see of itself."""

    def __init__(self, service: TaskService) -> None:
        self._service = service
        self._asked: dict[str, deque[float]] = {}

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v2/logs", self.logs),
            Route("/v2/billing", self.balance),
        ]

    async def logs(self, request: Request) -> Response:
        """Return a page of the orders in a window of time, newest first."""
        if refused := problem(request) or self._too_many(request):
            return refused.response(request)
        try:
            rows = self._rows(request.query_params, await self._service.tasks(VENDOR))
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
        tasks = await self._service.tasks(VENDOR)
        spent = sum(task.credits for task in tasks if not self._failed(task)) / CREDITS_PER_DOLLAR
        left = max(0.0, round(OPENING_BALANCE - spent, 6))
        return JSONResponse({"current_balance": left, "currency": "USD"})

    def _too_many(self, request: Request) -> Problem | None:
        now = self._service.clock()
        key = hashlib.sha256((bearer(request) or "").encode(errors="replace")).hexdigest()
        asked = self._asked.setdefault(key, deque(maxlen=LOGS_A_MINUTE))
        if len(asked) == LOGS_A_MINUTE and now - asked[0] < 60:
            return Problem(429, "Too Many Requests")
        asked.append(now)
        while len(self._asked) > MOST_KEYS:
            del self._asked[next(iter(self._asked))]
        return None

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
        now = self._service.clock()
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
            "model": task.model_id,
            "cost": {"usd": spent / CREDITS_PER_DOLLAR, "credits": spent},
            "tokens": {"input": 0, "output": 0, "total": 0},
            "request_id": task.request_id,
            "inference_id": task.id,
            "client_request_id": task.client_request_id,
        }

    def _failed(self, task: Task) -> bool:
        return self._service.standing(task).stage is Stage.FAILED


def _page(query: QueryParams) -> tuple[int, int]:
    limit = whole_number(query.get("limit"), 50, least=1, most=100)
    offset = whole_number(query.get("offset"), 0, least=0, most=10**9)
    if limit is None or offset is None:
        why = "limit must be from 1 to 100, and offset not negative"
        raise Problem(400, "Query validation error!", [why])
    return limit, offset
