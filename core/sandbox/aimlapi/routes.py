"""AI/ML API's dialect: its addresses, ids, statuses and figures, over the task service.

Orders and polls go to the universal address or to the older one that names the maker, which
answers 201 and has the flat envelope for its errors. docs/contract.md is the source.
"""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.models import KLING_16, ModelSpec
from core.sandbox.addresses import Addresses
from core.sandbox.aimlapi.account import Account
from core.sandbox.aimlapi.endpoints import UNIVERSAL, VENDOR, addresses, find_endpoint
from core.sandbox.aimlapi.envelopes import LEGACY_PREFIX, Problem, problem
from core.sandbox.aimlapi.published import Catalog
from core.sandbox.faults import Fault, faults_in
from core.sandbox.measures import DEFAULT_SECONDS, seconds_of
from core.sandbox.model_generations import Reading, read_body
from core.sandbox.order_files import SourceError
from core.sandbox.order_words import prompt_of
from core.sandbox.recorded import Recorded
from core.sandbox.requests import TooLarge, client_request_id, gateway_page, json_object
from core.sandbox.strictness import forbidden
from core.sandbox.task_service import Order, TaskService
from core.sandbox.tasks import Stage, Task

CREDITS_PER_DOLLAR = 2_000_000

NOMINAL = 0.05
"""Dollars a second where no price was ever documented: the sandbox must charge something."""

PROVIDER_FIELD = {"type": "string", "enum": ["kling", "klingai", "fal", "auto"]}
"""Taken by Kling since 2026-06 (AI/ML: models), and of no effect here."""


def routes(service: TaskService, recorded: Recorded) -> list[Route]:
    """Return the vendor's routes."""
    generations = Generations(service, recorded)

    def paths() -> set[str]:
        return addresses(service.models())

    return [
        *Account(service).routes(),
        *Catalog(service, recorded).routes(),
        Addresses(paths, generations.create, "POST"),
        Addresses(paths, generations.poll, "GET"),
    ]


class Generations:
    """Orders and polls."""

    def __init__(self, service: TaskService, recorded: Recorded) -> None:
        self._service = service
        self._recorded = recorded

    async def create(self, request: Request) -> Response:
        """Take an order."""
        try:
            order = await self._order(request)
        except Problem as refused:
            return refused.response(request)
        task = await self._service.take(order)
        if task.has(Fault.LOST):
            return gateway_page(502, "502 Bad Gateway")
        return self._answer(request, task, 201 if task.legacy else 200)

    async def poll(self, request: Request) -> Response:
        """Say where a task stands; a failed one is an answer of 200 too."""
        if refused := problem(request):
            return refused.response(request)
        task_id = request.query_params.get("generation_id")
        if task_id is None:
            wrong = Problem(400, "Query validation error!", ["generation_id: is required"])
            return wrong.response(request)
        if not task_id:
            error = {"name": "Error", "message": "The task's id is empty."}
            return JSONResponse({"id": "", "status": "unknown", "error": error})
        task = await self._service.find(VENDOR, task_id)
        if not task:
            return Problem(404, "Inference not found").response(request)
        return self._answer(request, task, 200)

    def _answer(self, request: Request, task: Task, status: int) -> Response:
        body = self._body(request, task)
        return JSONResponse(body, status, headers=_headers(task))

    def _body(self, request: Request, task: Task) -> dict[str, Any]:
        standing = self._service.standing(task)
        body: dict[str, Any] = {"id": task.id, "status": _status(standing.stage)}
        if standing.stage is Stage.FAILED:
            return body | {"error": self._error(task)}
        if standing.stage is Stage.DONE:
            body["video"] = self._video(request, task)
        return body | {"meta": {"usage": _usage(task)}}

    def _video(self, request: Request, task: Task) -> dict[str, Any]:
        path = self._service.clip(task)
        url = f"{request.base_url}files/{path.name}"
        if not task.legacy:
            return {"url": url}
        size = path.stat().st_size
        kind = "application/octet-stream"
        return {"url": url, "content_type": kind, "file_name": path.name, "file_size": size}

    def _error(self, task: Task) -> dict[str, Any]:
        message = self._service.failure(task)
        if not task.flaw:
            return {"name": "GenerationError", "message": message}
        # Of a file it could not use the model's maker tells in its own shape (AI/ML: answers).
        place = ["body", *(task.flawed or "video_url").split(".")]
        return {"detail": [{"loc": place, "msg": message, "type": "file_download_error"}]}

    async def _order(self, request: Request) -> Order:
        if refused := problem(request, spending=True):
            raise refused
        try:
            body = await json_object(request)
        except TooLarge as error:
            raise Problem(413, "The body is too large.") from error
        if body is None:
            raise Problem(400, "Body validation error!", ["The body must be a JSON object."])
        path = request.url.path
        name = body.pop("model", None)
        spec = find_endpoint(self._service.models(), path, name)
        reading = _checked(spec, body, path)
        if contract := self._recorded.contracts.get(spec.key):
            _hold(forbidden(contract, {"model": name, **body}))
        media: dict[str, bytes] = {}
        flaw = flawed = ""
        for name, (address, kind) in reading.files.items():
            try:
                media[name] = await self._service.obtain(address, kind, request)
            except SourceError as error:
                flaw, flawed = str(error), name
        return Order(
            id=_new_id(spec),
            spec=reading.face,
            values=reading.values,
            media=media,
            flaw=flaw,
            flawed=flawed,
            credits=_credits(reading.face, reading.values),
            legacy=path.startswith(LEGACY_PREFIX),
            client_request_id=client_request_id(request),
        )


def _checked(spec: ModelSpec, body: Mapping[str, Any], path: str) -> Reading:
    reading = read_body(spec, _as_documented(spec, body, path), _schema)
    _hold(reading.problems)
    faults = faults_in(prompt_of(reading.values))
    if Fault.REFUSE in faults:
        raise Problem(400, "The prompt was refused by the content policy.")
    if Fault.BUSY in faults:
        raise Problem(429, "Too Many Requests")
    return reading


def _hold(problems: Mapping[str, str]) -> None:
    if problems:
        found = [f"{name}: {why}" for name, why in problems.items()]
        raise Problem(400, "Body validation error!", found)


def _schema(spec: ModelSpec) -> dict[str, Any]:
    schema = spec.schema()
    if spec.key == KLING_16.key:
        schema["properties"]["provider"] = PROVIDER_FIELD
    return schema


def _as_documented(spec: ModelSpec, body: Mapping[str, Any], path: str) -> dict[str, Any]:
    # Kling's own sample sends "5" where its schema says integer, and names the provider in any
    # case; its old address has another name for the shape (AI/ML: models).
    values = dict(body)
    if spec.key == KLING_16.key:
        if values.get("duration") in ("5", "10"):
            values["duration"] = int(values["duration"])
        if isinstance(values.get("provider"), str):
            values["provider"] = values["provider"].lower()
        if path != UNIVERSAL and "ratio" in values:
            values.setdefault("aspect_ratio", values.pop("ratio"))
    return values


def _new_id(spec: ModelSpec) -> str:
    if spec.key != KLING_16.key:
        return f"{uuid.uuid4()}:{spec.id}"
    # 21 characters of nanoid's alphabet; a leading hyphen is rare at the vendor and not here, so
    # that whoever takes it for an option learns of it.
    short = secrets.token_urlsafe(16)[:21]
    return f"-{short[1:]}" if secrets.randbelow(8) == 0 else short


def _status(stage: Stage) -> str:
    words = {Stage.WAITING: "queued", Stage.WORKING: "generating", Stage.DONE: "completed"}
    return words.get(stage, "error")


def _credits(spec: ModelSpec, values: Mapping[str, Any]) -> int:
    seconds = seconds_of(spec, values) or DEFAULT_SECONDS
    told = spec.price.of(values, seconds) if spec.price else None
    dollars = math.ceil(seconds) * NOMINAL if told is None else told
    return round(dollars * CREDITS_PER_DOLLAR)


def _usage(task: Task) -> dict[str, float]:
    if task.legacy:
        return {"tokens_used": task.credits}
    return {"credits_used": task.credits, "usd_spent": task.credits / CREDITS_PER_DOLLAR}


def _headers(task: Task) -> dict[str, str]:
    headers = {
        "x-inference-id": task.id,
        "x-request-id": task.request_id,
        "x-aimlapi-credits-used": str(task.credits),
        "x-aimlapi-usd-spent": f"{task.credits / CREDITS_PER_DOLLAR:.9f}",
    }
    if task.client_request_id:
        headers["x-client-request-id"] = task.client_request_id
    return headers
