"""A vendor's published documents on a real loopback port: with ETags, and with whatever is wrong.

The documents are small ones of our own, in the vendors' shapes.
"""

import asyncio
import hashlib
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote

from served import serve_app

KIND = "internal/video-generations/submit"
LIST, GONE, OPENAPI = "/v1/models", "/v1/models/deprecations", "/openapi.json"


@dataclass
class Answer:
    """What lies at a path: `status` and `headers` as given, after `delay` seconds."""

    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    delay: float = 0.0


class Published:
    """An ASGI app. `at` maps a path, or a model's id for its document, to what it answers."""

    def __init__(self):
        self.at = {}
        self.seen = []
        self.active = self.most_active = 0
        self.ended = False
        self.publish([])

    def publish(self, models, *, deprecated=()):
        """Put up the list of the given entries and the list of those given up."""
        self.at[LIST] = {"object": "list", "data": models}
        self.at[GONE] = {"object": "list", "generated_at": "", "data": list(deprecated)}

    def asked(self, what):
        """Return the requests for a path or for the document of a model."""
        return [request for request in self.seen if request["what"] == what]

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        query = scope["query_string"].decode()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        what = _model(query) if scope["path"].endswith("/docs-json") else scope["path"]
        self.seen.append({"what": what, "path": scope["path"], "query": query, "headers": headers})
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            await self._answer(self.at.get(what, Answer(status=404)), headers, send)
        finally:
            self.active -= 1

    async def _answer(self, answer, asked, send):
        if callable(answer):
            answer = answer(len(self.seen))
        if not isinstance(answer, Answer):
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            same = asked.get("if-none-match") == etag
            answer = Answer(b"" if same else body, 304 if same else 200, {"etag": etag})
        ends = time.monotonic() + answer.delay
        while time.monotonic() < ends and not self.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        headers = {"content-length": str(len(answer.body))} | answer.headers
        pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})


@contextmanager
def published():
    """Serve such documents; gives the app, with its `url`."""
    app = Published()
    with serve_app(app) as url:
        app.url = url
        try:
            yield app
        finally:
            app.ended = True


def entry(model, *, docs=None, price=None, aliases=(), **info):
    """Return a row of the list; its document lies where the vendor itself puts it."""
    usual = f"https://api.aimlapi.com/docs-json?model={quote(model, safe='')}&endpoint={KIND}"
    row = {
        "id": model,
        "aliases": list(aliases),
        "type": KIND,
        "info": {"name": model.title(), "developer": "Ours", "docsJson": docs or usual} | info,
        "tags": ["playground:video"],
    }
    if price is not None:
        unit = {"name": "video", "measure": "second", "price": price, "per": 1}
        row["pricing"] = {"kind": "fixed", "currency": "USD", "units": [unit]}
    return row


def deprecation(model, *, since="2026-01-02", replaced_by=None, status="withdrawn", aliases=()):
    """Return a row of the list of those given up."""
    return {
        "id": model,
        "aliases": list(aliases),
        "status": status,
        "deprecated_at": since,
        "shutdown_at": since,
        "replaced_by": replaced_by,
        "reason": None,
    }


def document(*models, path="/v2/video/generations", **properties):
    """Return an OpenAPI document with one way to order those models."""
    given = properties or {"duration": {"type": "integer", "enum": [5, 10], "default": 5}}
    fields = {"model": {"type": "string", "enum": list(models)}, "prompt": {"type": "string"}}
    schema = {"type": "object", "properties": fields | given, "required": ["model", "prompt"]}
    body = {"content": {"application/json": {"schema": schema}}}
    post = {"requestBody": body, "responses": {"200": {"description": "A task."}}}
    return {"openapi": "3.0.0", "info": {}, "paths": {path: {"post": post}}}


def krea_document(*models, **properties):
    """Return Krea's one document with those models, by their ids."""
    fields = {"prompt": {"type": "string"}} | properties
    schema = {"type": "object", "properties": fields, "required": ["prompt"]}
    schema["additionalProperties"] = False
    body = {"content": {"application/json": {"schema": schema}}}
    post = {"requestBody": body, "responses": {"200": {"description": "A job."}}}
    paths = {f"/generate/video/{model}": {"post": post} for model in models}
    return {"openapi": "3.1.0", "info": {}, "paths": paths}


def _model(query):
    return parse_qs(query).get("model", [""])[0]
