"""Krea's dialect: its addresses, ids, statuses and errors, over the task service.

docs/contract.md is the source. `X-Webhook-URL` is taken and never called: the sandbox sends
nothing anywhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.models import ModelSpec
from core.sandbox.addresses import Addresses
from core.sandbox.body_check import MISSING, Problems
from core.sandbox.faults import Fault, faults_in
from core.sandbox.krea.assets import Assets
from core.sandbox.krea.envelopes import Refusal, field_errors, key_problem, no_such, plain_error
from core.sandbox.model_generations import Reading, read_body, unknown_in
from core.sandbox.openapi_writer import JOB_STATUSES, krea_document
from core.sandbox.order_files import SourceError
from core.sandbox.order_words import prompt_of
from core.sandbox.recorded import Recorded
from core.sandbox.requests import (
    TooLarge,
    client_request_id,
    from_iso,
    gateway_page,
    iso,
    json_object,
    tagged,
    whole_number,
)
from core.sandbox.strictness import forbidden
from core.sandbox.task_service import Order, TaskService
from core.sandbox.tasks import Stage, Standing, Task

VENDOR = "krea"
BACKLOG = 4
"""Tasks under way at which a further one is backlogged; Krea publishes no figure."""

DOCUMENT_SECONDS = 60
"""How long the document may be kept; the vendor's own figure is not known."""


def routes(service: TaskService, recorded: Recorded) -> list[Route]:
    """Return the vendor's routes."""
    jobs = Jobs(service, recorded)

    async def document(request: Request) -> Response:
        specs = offered(service.models()).values()
        made = recorded.krea or krea_document(specs, str(request.base_url))
        return tagged(request, dict(made), seconds=DOCUMENT_SECONDS)

    return [
        Route("/openapi.json", document),
        Route("/jobs", jobs.list),
        Route("/jobs/{id}", jobs.get, methods=["GET"]),
        Route("/jobs/{id}", jobs.delete, methods=["DELETE"]),
        *Assets(service).routes(),
        Addresses(lambda: offered(service.models()), jobs.create, "POST"),
    ]


def offered(models: Mapping[str, ModelSpec]) -> dict[str, ModelSpec]:
    """Return the models that can be ordered, by the path of each."""
    return {
        spec.path: spec
        for spec in models.values()
        if spec.provider == VENDOR and (spec.built_in or not spec.withdrawn)
    }


class Jobs:
    """Orders, polls, the list, and cancelling."""

    def __init__(self, service: TaskService, recorded: Recorded) -> None:
        self._service = service
        self._recorded = recorded

    async def create(self, request: Request) -> Response:
        """Take an order."""
        try:
            order = await self._order(request)
        except Refusal as refused:
            return refused.response
        task = await self._service.take(order)
        if task.has(Fault.LOST):
            return gateway_page(502, "502 Bad Gateway")
        job = self._job(request, task)
        return JSONResponse({**job, "completed_at": None, "result": None})

    async def get(self, request: Request) -> Response:
        """Say where a job stands."""
        if refused := key_problem(request):
            return refused
        task = await self._service.find(VENDOR, request.path_params["id"])
        return JSONResponse(self._job(request, task)) if task else no_such("job")

    async def list(self, request: Request) -> Response:
        """Return a page of the jobs, newest first; the cursor is the time of the last one."""
        if refused := key_problem(request):
            return refused
        query = request.query_params
        limit = whole_number(query.get("limit"), 100, least=1, most=1000)
        before = from_iso(query["cursor"]) if "cursor" in query else float("inf")
        if limit is None or before is None or query.get("status", "queued") not in JOB_STATUSES:
            return plain_error(400, "The query is not valid.")
        tasks = [task for task in await self._service.tasks(VENDOR) if _instant(task) < before]
        if "status" in query:
            tasks = [task for task in tasks if self._status(task) == query["status"]]
        items = [self._job(request, task) for task in tasks[:limit]]
        cursor = iso(tasks[limit - 1].created, "microseconds") if len(tasks) > limit else None
        return JSONResponse({"items": items, "next_cursor": cursor})

    async def delete(self, request: Request) -> Response:
        """Cancel a job that has not ended; forget one that has."""
        if refused := key_problem(request):
            return refused
        task = await self._service.find(VENDOR, request.path_params["id"])
        if not task:
            return no_such("job")
        if self._service.standing(task).stage in (Stage.WAITING, Stage.WORKING):
            await self._service.cancel(task)
        else:
            await self._service.delete(task)
        return Response(status_code=200)

    def _job(self, request: Request, task: Task) -> dict[str, Any]:
        standing = self._service.standing(task)
        job = {
            "job_id": task.id,
            "status": status_word(standing, backlogged=task.backlogged),
            "created_at": iso(task.created),
        }
        if standing.stage in (Stage.WAITING, Stage.WORKING):
            return job
        job["completed_at"] = iso(task.created + task.total)
        return job | {"result": self._result(request, task, standing.stage)}

    def _result(self, request: Request, task: Task, stage: Stage) -> dict[str, Any]:
        if stage is Stage.FAILED:
            return {"error": self._service.failure(task)}
        # A filter that withholds the clip says nothing of it (Krea: answers).
        if stage is not Stage.DONE or task.refused:
            return {}
        return {"urls": [f"{request.base_url}files/{self._service.clip(task).name}"]}

    def _status(self, task: Task) -> str:
        return status_word(self._service.standing(task), backlogged=task.backlogged)

    async def _order(self, request: Request) -> Order:
        if refused := key_problem(request, spending=True):
            raise Refusal(refused)
        try:
            body = await json_object(request)
        except TooLarge as error:
            raise Refusal(plain_error(413, "The body is too large.")) from error
        if body is None:
            raise Refusal(plain_error(400, "The body must be a JSON object."))
        spec = offered(self._service.models()).get(request.url.path)
        if spec is None:
            raise Refusal(gateway_page(404, "404 Not Found"))
        reading = _checked(spec, body)
        contract = self._recorded.contracts.get(spec.key)
        if contract and (problems := forbidden(contract, body)):
            raise Refusal(_invalid(problems))
        media = {
            name: await self._media(name, address, kind, request)
            for name, (address, kind) in reading.files.items()
        }
        under_way = [task for task in await self._service.tasks(VENDOR) if self._is_open(task)]
        return Order(
            id=str(uuid.uuid4()),
            spec=reading.face,
            values=reading.values,
            media=media,
            backlogged=len(under_way) >= BACKLOG,
            client_request_id=client_request_id(request),
        )

    async def _media(self, name: str, address: str, kind: str, request: Request) -> bytes:
        if not address.startswith("data:") and not self._service.own_file(address, request):
            raise Refusal(field_errors({name: "Invalid asset URL"}))
        try:
            return await self._service.obtain(address, kind, request)
        except SourceError as error:
            raise Refusal(field_errors({name: f"Input file rejected. {error}"})) from error

    def _is_open(self, task: Task) -> bool:
        return self._service.standing(task).stage in (Stage.WAITING, Stage.WORKING)


def status_word(standing: Standing, *, backlogged: bool) -> str:
    """Return Krea's word for where a job stands."""
    match standing.stage:
        case Stage.WAITING if backlogged and standing.fraction < 0.5:
            return "backlogged"
        case Stage.WAITING:
            return "queued" if standing.fraction < 0.75 else "scheduled"
        case Stage.WORKING if standing.fraction < 0.25:
            return "processing"
        case Stage.WORKING:
            return "sampling" if standing.fraction < 0.9 else "intermediate-complete"
        case ended:
            return "completed" if ended is Stage.DONE else ended.value


def _checked(spec: ModelSpec, body: Mapping[str, Any]) -> Reading:
    # Two generations of the page stand side by side (Krea: orders): a body follows either, whole.
    given = {name: value for name, value in body.items() if not (spec.built_in and value is None)}
    reading = read_body(spec, given)
    if reading.problems:
        raise Refusal(_invalid(reading.problems))
    faults = faults_in(prompt_of(reading.values))
    if Fault.REFUSE in faults:
        raise Refusal(field_errors({"prompt": "The prompt was refused by the content policy."}))
    if Fault.BUSY in faults:
        raise Refusal(plain_error(429, "Too many jobs at once.", code="CONCURRENCY_LIMIT_REACHED"))
    return reading


def _invalid(problems: Problems) -> Response:
    if unknown := unknown_in(problems):
        return plain_error(400, f"Unknown params: {', '.join(unknown)}")
    if missing := sorted(name for name, why in problems.items() if why == MISSING):
        return plain_error(400, f"The body is not valid: {', '.join(missing)} is required.")
    return field_errors(problems)


def _instant(task: Task) -> float:
    return round(task.created, 6)
