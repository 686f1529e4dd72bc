"""AI/ML API's dialect: its addresses, ids, statuses, envelopes and figures, over the desk's tasks.

Orders and polls go to the universal address or to the older one that names the maker, which
answers 201 and has the flat envelope for its errors. The contract's part A is the source.
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

from core.models import KLING_16, KREA_WAN_TEXT, KREA_WAN_VIDEO, WAN_21, ModelSpec, Price
from core.sandbox.aimlapi_account import Account
from core.sandbox.aimlapi_errors import Problem, problem
from core.sandbox.bodies import problems_in
from core.sandbox.desk import Desk, Order
from core.sandbox.faults import Fault, faults_in
from core.sandbox.source import SourceError
from core.sandbox.tasks import Stage, Task
from core.sandbox.wire import TooLarge, client_request_id, gateway_page, json_object

VENDOR = "aimlapi"
CREDITS_PER_DOLLAR = 2_000_000

UNIVERSAL = "/v2/video/generations"
LEGACY = {
    "/v2/generate/video/alibaba/generation": (WAN_21,),
    "/v2/generate/video/kling/generation": (KLING_16,),
}
CURRENT = (KREA_WAN_TEXT, KREA_WAN_VIDEO, KLING_16)
ALIASES = {spec.id.removeprefix("krea/"): spec.id for spec in (KREA_WAN_TEXT, KREA_WAN_VIDEO)}

# No price of these was ever documented; the sandbox must charge something.
NOMINAL = Price(usd_per_second=0.05, source="the sandbox's own figure")

PROVIDER_FIELD = {"type": "string", "enum": ["kling", "klingai", "fal", "auto"]}
"""Taken by Kling since 2026-06 (A.9), and of no effect here."""


def routes(desk: Desk) -> list[Route]:
    """Return the vendor's routes."""
    generations = Generations(desk)
    account = Account(desk)
    paths = (UNIVERSAL, *LEGACY)
    return [
        *(Route(path, generations.create, methods=["POST"]) for path in paths),
        *(Route(path, generations.poll, methods=["GET"]) for path in paths),
        *account.routes(),
    ]


class Generations:
    """Orders and polls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.polls = 0

    async def create(self, request: Request) -> Response:
        """Take an order."""
        try:
            order = await self._order(request)
        except Problem as refused:
            return refused.response(request)
        task = await self._desk.take(order)
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
        task = await self._desk.find(VENDOR, task_id)
        if not task:
            return Problem(404, "Inference not found").response(request)
        return self._answer(request, task, 200)

    def _answer(self, request: Request, task: Task, status: int) -> Response:
        body = self._body(request, task)
        return JSONResponse(body, status, headers=_headers(task))

    def _body(self, request: Request, task: Task) -> dict[str, Any]:
        standing = self._desk.standing(task)
        body: dict[str, Any] = {"id": task.id, "status": _status(standing.stage)}
        if standing.stage is Stage.FAILED:
            return body | {"error": self._error(task)}
        if standing.stage is Stage.DONE:
            body["video"] = self._video(request, task)
        return body | {"meta": {"usage": _usage(task)}}

    def _video(self, request: Request, task: Task) -> dict[str, Any]:
        path = self._desk.clip(task)
        url = f"{request.base_url}files/{path.name}"
        if not task.legacy:
            return {"url": url}
        size = path.stat().st_size
        kind = "application/octet-stream"
        return {"url": url, "content_type": kind, "file_name": path.name, "file_size": size}

    def _error(self, task: Task) -> dict[str, Any]:
        message = self._desk.failure(task)
        if not task.flaw:
            return {"name": "GenerationError", "message": message}
        # A file that the model's maker could not use comes back in the maker's own shape (A.4).
        place = ["body", "video_url"]
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
        spec, values = _checked(request.url.path, body)
        media: dict[str, bytes] = {}
        flaw = ""
        if address := values.pop("video_url", None):
            try:
                media["video_url"] = await self._desk.obtain(address, "video", request)
            except SourceError as error:
                flaw = str(error)
        return Order(
            id=_new_id(spec),
            spec=spec,
            values=values,
            media=media,
            flaw=flaw,
            credits=_credits(spec, values),
            legacy=request.url.path != UNIVERSAL,
            client_request_id=client_request_id(request),
        )


def _checked(path: str, body: Mapping[str, Any]) -> tuple[ModelSpec, dict[str, Any]]:
    values = dict(body)
    spec = _model(path, values.pop("model", None))
    if found := problems_in(_schema(spec, path), _as_documented(spec, values)):
        raise Problem(
            400, "Body validation error!", [f"{name}: {why}" for name, why in found.items()]
        )
    faults = faults_in(values["prompt"])
    if Fault.REFUSE in faults:
        raise Problem(400, "The prompt was refused by the content policy.")
    if Fault.BUSY in faults:
        raise Problem(429, "Too Many Requests")
    if ratio := values.pop("ratio", None):
        values.setdefault("aspect_ratio", ratio)
    values.pop("provider", None)
    return spec, spec.check(values).values


def _model(path: str, name: Any) -> ModelSpec:
    offered = LEGACY.get(path, CURRENT)
    found = ALIASES.get(name, name) if isinstance(name, str) else None
    for spec in offered:
        if spec.id == found:
            return spec
    if found == WAN_21.id:
        raise Problem(404, f"The model {WAN_21.id} was withdrawn; use {_successor()} instead.")
    names = " | ".join(f"'{spec.id}'" for spec in offered)
    raise Problem(400, "Body validation error!", [f"model: must be one of {names}"])


def _successor() -> str:
    return WAN_21.withdrawn.replaced_by if WAN_21.withdrawn else "another"


def _schema(spec: ModelSpec, path: str) -> dict[str, Any]:
    schema = spec.schema()
    if spec is KLING_16:
        schema["properties"]["provider"] = PROVIDER_FIELD
        if path != UNIVERSAL:
            schema["properties"]["ratio"] = schema["properties"]["aspect_ratio"]
    return schema


def _as_documented(spec: ModelSpec, values: dict[str, Any]) -> dict[str, Any]:
    # Kling's own sample sends "5" where its schema says integer, and names the provider in any
    # case (A.9).
    if spec is KLING_16:
        if values.get("duration") in ("5", "10"):
            values["duration"] = int(values["duration"])
        if isinstance(values.get("provider"), str):
            values["provider"] = values["provider"].lower()
    return values


def _new_id(spec: ModelSpec) -> str:
    if spec is not KLING_16:
        return f"{uuid.uuid4()}:{spec.id}"
    # 21 characters of nanoid's alphabet; a leading hyphen is rare at the vendor and not here, so
    # that whoever takes it for an option learns of it.
    short = secrets.token_urlsafe(16)[:21]
    return f"-{short[1:]}" if secrets.randbelow(8) == 0 else short


def _status(stage: Stage) -> str:
    words = {Stage.WAITING: "queued", Stage.WORKING: "generating", Stage.DONE: "completed"}
    return words.get(stage, "error")


def _credits(spec: ModelSpec, values: Mapping[str, Any]) -> int:
    seconds = math.ceil(spec.seconds(values) or 5)
    price = spec.price or NOMINAL
    return round(seconds * price.usd_per_second * CREDITS_PER_DOLLAR)


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
