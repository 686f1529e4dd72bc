"""What the page is told of every model, made once for each version of the catalog."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import ModelSpec, Studio
from core.errors import InvalidInput
from ui.form import Form
from ui.json_answer import JsonAnswer
from ui.routes import FRESH, refused
from ui.visitor import owner_of

Json = dict[str, Any]

FOR_GOOD = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "X-Content-Type-Options": "nosniff",
}
LARGEST_ENTRY = 1_000_000
"""Bytes of an entry that is brought in."""

MOST_OWN = 20
"""Owners with models of their own whose sheets are remembered; the longest unasked goes first."""


class ModelForms:
    """The sheets of all models, by key and then by `sandbox` and `live`."""

    def __init__(self, studio: Studio, form: Form) -> None:
        """Take the studio whose models these are, and the form that they are for."""
        self._studio = studio
        self._form = form
        self._lock = threading.Lock()
        self._made: tuple[str, bytes] = ("", b"")
        self._own: dict[str, bytes] = {}

    def of(self, specs: Iterable[ModelSpec]) -> Json:
        """Return the sheets of these models; where the two faces are one, it is given once."""
        return {spec.key: self._faces(spec) for spec in specs}

    def packed(self) -> tuple[str, bytes]:
        """Return the catalog's version and all its sheets as JSON, gzipped."""
        with self._lock:
            version = self._studio.catalog_version
            if self._made[0] != version:
                self._made = (version, self._pack(version, self._studio.catalog().values()))
            return self._made

    def packed_for(self, owner: str) -> tuple[str, bytes]:
        """Return the same as an owner has it, who may have brought in models of his own."""
        version = self._studio.catalog_version_of(owner)
        if version == self._studio.catalog_version:
            return self.packed()
        with self._lock:
            body = self._own.pop(version, None)
            if body is None:
                body = self._pack(version, self._studio.catalog(owner).values())
            self._own[version] = body
            while len(self._own) > MOST_OWN:
                del self._own[next(iter(self._own))]
        return version, body

    def _pack(self, version: str, specs: Iterable[ModelSpec]) -> bytes:
        text = json.dumps({"version": version, "models": self.of(specs)}, ensure_ascii=False)
        return gzip.compress(text.encode(), 6, mtime=0)

    def routes(self) -> list[Route]:
        """Return the routes that serve and refresh them."""
        return [
            Route("/dailies/models/{version}", self.models),
            Route("/dailies/catalog/refresh", self.refresh, methods=["POST"]),
            Route("/dailies/catalog/import", self.take_in, methods=["POST"]),
            Route("/dailies/catalog/export", self.export),
        ]

    async def models(self, request: Request) -> Response:
        """Give every model's sheets; the address changes with them, so they are kept for good."""
        version, body = await run_in_threadpool(self.packed_for, owner_of(request))
        kept = FOR_GOOD
        # What an owner brought in is for no cache that others read from.
        if request.path_params["version"] != version or version != self._studio.catalog_version:
            kept = FOR_GOOD | {"Cache-Control": "no-store"}
        return Response(body, media_type="application/json", headers=kept)

    async def refresh(self, request: Request) -> Response:
        """Begin to fetch the vendors' lists anew."""
        await run_in_threadpool(self._studio.refresh_catalog, owner_of(request))
        return JsonAnswer({"catalog": self._studio.catalog_status()}, headers=FRESH)

    async def export(self, request: Request) -> Response:
        """Give one model as a file of JSON Schema, which another studio can bring in."""
        try:
            spec = self._studio.spec(request.query_params.get("model", ""), owner_of(request))
        except InvalidInput as error:
            return refused(error, 404)
        name = "".join(letter if letter.isalnum() else "-" for letter in spec.key)
        headers = FRESH | {"Content-Disposition": f'attachment; filename="{name}.json"'}
        return JsonAnswer(self._studio.export_entry(spec.key, owner_of(request)), headers=headers)

    async def take_in(self, request: Request) -> Response:
        """Bring in one model from such a file, for whoever asks alone."""
        settings = self._studio.settings
        if settings.space_id and not settings.dailies_users:
            said = "On a Space, models can be brought in only behind a log-in."
            return JsonAnswer({"error": said}, 403, FRESH)
        body, owner = await request.body(), owner_of(request)
        if len(body) > LARGEST_ENTRY:
            said = "The file is too large for a model's entry."
            return JsonAnswer({"error": said}, 400, FRESH)
        try:
            spec = await run_in_threadpool(self._studio.import_entry, body, owner)
        except InvalidInput as error:
            return refused(error)
        return JsonAnswer(
            {"model": spec.key, "version": self._studio.catalog_version_of(owner)}, 200
        )

    def _faces(self, spec: ModelSpec) -> Json:
        sandbox = self._sheet(spec, live=False)
        live = self._sheet(spec, live=True)
        return {"both": live} if sandbox == live else {"sandbox": sandbox, "live": live}

    def _sheet(self, spec: ModelSpec, *, live: bool) -> Json:
        face = spec.when(live=live)
        defaults = {param.name: param.default for param in face.params}
        told = {"inputs": list(face.inputs), "price": face.dollars(defaults)}
        return self._form.sheet(face) | told
