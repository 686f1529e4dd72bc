"""Krea's dialect: its addresses, ids, statuses and errors, over the desk's tasks and assets.

The contract's part B is the source. `X-Webhook-URL` is taken and never called: the sandbox sends
nothing anywhere.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.models import KLING_25
from core.sandbox.assets import LARGEST_ASSET, Asset
from core.sandbox.bodies import UNKNOWN, Problems, problems_in
from core.sandbox.desk import Desk, Order
from core.sandbox.faults import Fault, faults_in
from core.sandbox.source import SourceError
from core.sandbox.tasks import Stage, Standing, Task
from core.sandbox.wire import (
    POOR_KEY,
    REFUSED_KEY,
    TooLarge,
    bearer,
    client_request_id,
    from_iso,
    gateway_page,
    iso,
    json_object,
    whole_number,
)

VENDOR = "krea"
BACKLOG = 4
"""Tasks under way at which a further one is backlogged; Krea publishes no figure."""

PENDING = ("backlogged", "queued", "scheduled", "processing", "sampling", "intermediate-complete")
STATUSES = frozenset((*PENDING, "completed", "failed", "cancelled"))
MEDIA = {"start_image": "image", "end_image": "image", "start_video": "video"}


class Refusal(Exception):
    """An order that is not taken, with its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def routes(desk: Desk) -> list[Route]:
    """Return the vendor's routes."""
    jobs, assets = Jobs(desk), Assets(desk)
    return [
        Route(KLING_25.path, jobs.create, methods=["POST"]),
        Route("/jobs", jobs.list),
        Route("/jobs/{id}", jobs.get, methods=["GET"]),
        Route("/jobs/{id}", jobs.delete, methods=["DELETE"]),
        Route("/assets", assets.create, methods=["POST"]),
        Route("/assets", assets.list, methods=["GET"]),
        Route("/assets/{id}", assets.get, methods=["GET"]),
        Route("/assets/{id}", assets.delete, methods=["DELETE"]),
    ]


class Jobs:
    """Orders, polls, the list, and cancelling."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, request: Request) -> Response:
        """Take an order."""
        try:
            order = await self._order(request)
        except Refusal as refused:
            return refused.response
        task = await self._desk.take(order)
        if task.has(Fault.LOST):
            return gateway_page(502, "502 Bad Gateway")
        job = self._job(request, task)
        return JSONResponse({**job, "completed_at": None, "result": None})

    async def get(self, request: Request) -> Response:
        """Say where a job stands."""
        if refused := _refusal(request):
            return refused
        task = await self._desk.find(VENDOR, request.path_params["id"])
        return JSONResponse(self._job(request, task)) if task else _unknown("job")

    async def list(self, request: Request) -> Response:
        """Return a page of the jobs, newest first; the cursor is the time of the last one."""
        if refused := _refusal(request):
            return refused
        query = request.query_params
        limit = whole_number(query.get("limit"), 100, least=1, most=1000)
        before = from_iso(query["cursor"]) if "cursor" in query else float("inf")
        if limit is None or before is None or query.get("status", "queued") not in STATUSES:
            return _error(400, "The query is not valid.")
        tasks = [task for task in await self._desk.tasks(VENDOR) if _instant(task) < before]
        if "status" in query:
            tasks = [task for task in tasks if self._status(task) == query["status"]]
        items = [self._job(request, task) for task in tasks[:limit]]
        cursor = iso(tasks[limit - 1].created, "microseconds") if len(tasks) > limit else None
        return JSONResponse({"items": items, "next_cursor": cursor})

    async def delete(self, request: Request) -> Response:
        """Cancel a job that has not ended; forget one that has."""
        if refused := _refusal(request):
            return refused
        task = await self._desk.find(VENDOR, request.path_params["id"])
        if not task:
            return _unknown("job")
        if self._desk.standing(task).stage in (Stage.WAITING, Stage.WORKING):
            await self._desk.cancel(task)
        else:
            await self._desk.delete(task)
        return Response(status_code=200)

    def _job(self, request: Request, task: Task) -> dict[str, Any]:
        standing = self._desk.standing(task)
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
            return {"error": self._desk.failure(task)}
        # A filter that withholds the clip says nothing of it (B.3).
        if stage is not Stage.DONE or task.refused:
            return {}
        return {"urls": [f"{request.base_url}files/{self._desk.clip(task).name}"]}

    def _status(self, task: Task) -> str:
        return status_word(self._desk.standing(task), backlogged=task.backlogged)

    async def _order(self, request: Request) -> Order:
        if refused := _refusal(request, spending=True):
            raise Refusal(refused)
        try:
            body = await json_object(request)
        except TooLarge as error:
            raise Refusal(_error(413, "The body is too large.")) from error
        if body is None:
            raise Refusal(_error(400, "The body must be a JSON object."))
        values = _checked(body)
        media = {
            name: await self._media(name, values.pop(name), request)
            for name in MEDIA
            if name in values
        }
        under_way = [task for task in await self._desk.tasks(VENDOR) if self._is_open(task)]
        return Order(
            id=str(uuid.uuid4()),
            spec=KLING_25,
            values=values,
            media=media,
            backlogged=len(under_way) >= BACKLOG,
            client_request_id=client_request_id(request),
        )

    async def _media(self, name: str, address: str, request: Request) -> bytes:
        if not address.startswith("data:") and not self._desk.own_file(address, request):
            raise Refusal(_detail({name: "Invalid asset URL"}))
        try:
            return await self._desk.obtain(address, MEDIA[name], request)
        except SourceError as error:
            raise Refusal(_detail({name: f"Input file rejected. {error}"})) from error

    def _is_open(self, task: Task) -> bool:
        return self._desk.standing(task).stage in (Stage.WAITING, Stage.WORKING)


class Assets:
    """Uploaded files."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, request: Request) -> Response:
        """Keep an uploaded file."""
        if refused := _refusal(request):
            return refused
        length = whole_number(request.headers.get("content-length"), 0, least=0, most=10**12)
        if length is None or length > LARGEST_ASSET + 65536:
            return _error(400, "Invalid file type or size: at most 75 MB.")
        try:
            async with request.form(max_files=1, max_fields=8) as form:
                file, words = form.get("file"), form.get("description")
                if not isinstance(file, UploadFile) or (file.size or 0) > LARGEST_ASSET:
                    return _error(400, "Invalid file type or size: one file of at most 75 MB.")
                data = await file.read()
        except MultiPartException:
            return _error(400, "The body is not valid multipart/form-data.")
        description = words if isinstance(words, str) else ""
        asset = await asyncio.to_thread(
            self._desk.assets.add, data, now=self._desk.clock(), description=description
        )
        if not asset:
            return _error(400, "Invalid file type or size: this type is not taken.")
        return JSONResponse(_asset(request, asset))

    async def list(self, request: Request) -> Response:
        """Return a page of the files, newest first; the cursor is the last one's id."""
        if refused := _refusal(request):
            return refused
        query = request.query_params
        limit = whole_number(query.get("limit"), 100, least=1, most=1000)
        assets = await asyncio.to_thread(self._desk.assets.all)
        ids = [asset.id for asset in assets]
        if limit is None or ("cursor" in query and query["cursor"] not in ids):
            return _error(400, "The query is not valid.")
        start = ids.index(query["cursor"]) + 1 if "cursor" in query else 0
        page = assets[start : start + limit]
        cursor = page[-1].id if page and start + limit < len(assets) else None
        items = [_asset(request, asset) for asset in page]
        return JSONResponse({"items": items, "next_cursor": cursor})

    async def get(self, request: Request) -> Response:
        """Return what is known of a file."""
        if refused := _refusal(request):
            return refused
        asset = self._desk.assets.get(request.path_params["id"])
        return JSONResponse(_asset(request, asset)) if asset else _unknown("asset")

    async def delete(self, request: Request) -> Response:
        """Delete a file."""
        if refused := _refusal(request):
            return refused
        asset = self._desk.assets.get(request.path_params["id"])
        if not asset:
            return _unknown("asset")
        self._desk.assets.remove(asset)
        return JSONResponse({"success": True, "message": "The asset was deleted."})


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


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    # Two generations of the page stand side by side (B.2): a body may follow either, whole.
    values = {name: value for name, value in body.items() if (name, value) != ("start_video", None)}
    old, new = KLING_25, KLING_25.when(live=True)
    found = [(spec, problems_in(spec.schema(), values)) for spec in (new, old)]
    spec, problems = min(found, key=lambda pair: (len(_unknown_in(pair[1])), len(pair[1])))
    if problems:
        raise Refusal(_invalid(problems))
    faults = faults_in(values["prompt"])
    if Fault.REFUSE in faults:
        raise Refusal(_detail({"prompt": "The prompt was refused by the content policy."}))
    if Fault.BUSY in faults:
        raise Refusal(_error(429, "Too many jobs at once.", code="CONCURRENCY_LIMIT_REACHED"))
    media = {name: values.pop(name) for name in MEDIA if name in values}
    return spec.check(values).values | media


def _invalid(problems: Problems) -> Response:
    if unknown := _unknown_in(problems):
        return _error(400, f"Unknown params: {', '.join(unknown)}")
    if "prompt" in problems and problems["prompt"] == "is required":
        return _error(400, "The body is not valid: prompt is required.")
    return _detail(problems)


def _unknown_in(problems: Problems) -> list[str]:
    return sorted(name for name, why in problems.items() if why == UNKNOWN)


def _refusal(request: Request, *, spending: bool = False) -> Response | None:
    key = bearer(request)
    if key == POOR_KEY and spending:
        return JSONResponse({"message": "INSUFFICIENT_BALANCE"}, 402)
    if not key or key == REFUSED_KEY:
        return _error(401, "Not authenticated: a valid API token is needed.")
    return None


def _error(status: int, message: str, **more: str) -> Response:
    return JSONResponse({"error": message, **more}, status)


def _detail(problems: Problems) -> Response:
    detail = [{"loc": ["body", name], "msg": why} for name, why in problems.items()]
    return JSONResponse({"detail": detail}, 422)


def _unknown(what: str) -> Response:
    return _error(404, f"There is no such {what}, or it belongs to someone else.")


def _instant(task: Task) -> float:
    return round(task.created, 6)


def _asset(request: Request, asset: Asset) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": asset.id,
        "image_url": f"{request.base_url}files/{asset.file}",
        "uploaded_at": iso(asset.uploaded),
        "width": asset.width,
        "height": asset.height,
        "size_bytes": asset.size,
        "mime_type": asset.mime_type,
    }
    return facts | ({"description": asset.description} if asset.description else {})
