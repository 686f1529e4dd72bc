"""Krea's uploaded files: handed in, listed, described, deleted."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.sandbox.krea.envelopes import key_problem, no_such, plain_error
from core.sandbox.requests import iso, whole_number
from core.sandbox.task_service import TaskService
from core.sandbox.uploads import LARGEST_ASSET, Asset


class Assets:
    """Uploaded files."""

    def __init__(self, service: TaskService) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/assets", self.create, methods=["POST"]),
            Route("/assets", self.list, methods=["GET"]),
            Route("/assets/{id}", self.get, methods=["GET"]),
            Route("/assets/{id}", self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """Keep an uploaded file."""
        if refused := key_problem(request):
            return refused
        length = whole_number(request.headers.get("content-length"), 0, least=0, most=10**12)
        if length is None or length > LARGEST_ASSET + 65536:
            return plain_error(400, "Invalid file type or size: at most 75 MB.")
        try:
            async with request.form(max_files=1, max_fields=8) as form:
                file, words = form.get("file"), form.get("description")
                if not isinstance(file, UploadFile) or (file.size or 0) > LARGEST_ASSET:
                    return plain_error(400, "Invalid file type or size: one file of at most 75 MB.")
                data = await file.read()
        except MultiPartException:
            return plain_error(400, "The body is not valid multipart/form-data.")
        description = words if isinstance(words, str) else ""
        asset = await asyncio.to_thread(
            self._service.assets.add, data, now=self._service.clock(), description=description
        )
        if not asset:
            return plain_error(400, "Invalid file type or size: this type is not taken.")
        return JSONResponse(_asset(request, asset))

    async def list(self, request: Request) -> Response:
        """Return a page of the files, newest first; the cursor is the last one's id."""
        if refused := key_problem(request):
            return refused
        query = request.query_params
        limit = whole_number(query.get("limit"), 100, least=1, most=1000)
        assets = await asyncio.to_thread(self._service.assets.all)
        ids = [asset.id for asset in assets]
        if limit is None or ("cursor" in query and query["cursor"] not in ids):
            return plain_error(400, "The query is not valid.")
        start = ids.index(query["cursor"]) + 1 if "cursor" in query else 0
        page = assets[start : start + limit]
        cursor = page[-1].id if page and start + limit < len(assets) else None
        items = [_asset(request, asset) for asset in page]
        return JSONResponse({"items": items, "next_cursor": cursor})

    async def get(self, request: Request) -> Response:
        """Return what is known of a file."""
        if refused := key_problem(request):
            return refused
        asset = self._service.assets.get(request.path_params["id"])
        return JSONResponse(_asset(request, asset)) if asset else no_such("asset")

    async def delete(self, request: Request) -> Response:
        """Delete a file."""
        if refused := key_problem(request):
            return refused
        asset = self._service.assets.get(request.path_params["id"])
        if not asset:
            return no_such("asset")
        self._service.assets.remove(asset)
        return JSONResponse({"success": True, "message": "The asset was deleted."})


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
