"""Writes what a model takes as an OpenAPI 3.1 document, in the two vendors' shapes.

The schema is the vendor's own where it is known, else that of the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.models import ModelSpec
from core.sandbox.published_prices import krea_pricing

Schema = dict[str, Any]

JOB_STATUSES = (
    *("backlogged", "queued", "scheduled", "processing", "sampling", "intermediate-complete"),
    *("completed", "failed", "cancelled"),
)
BRANCHES = ("allOf", "anyOf", "oneOf")

TEXT: Schema = {"type": "string"}
ADDRESS: Schema = {"type": "string", "format": "uri"}
ERROR: Schema = {"type": "object", "properties": {"error": TEXT}, "required": ["error"]}


def aimlapi_document(spec: ModelSpec, server: str) -> Schema:
    """Return AI/ML API's document of one model: where to order, how to ask after the task."""
    schemas: dict[str, Schema] = {}
    body = _naming(_portable(spec, schemas), [spec.called or spec.id])
    order = {
        "operationId": _operation(spec.path),
        "requestBody": _json_body(body),
        "responses": {"200": _answer("The task, as it was taken.", _task())},
    }
    poll = {
        "operationId": f"{_operation(spec.path)}_poll",
        "parameters": [_parameter("generation_id", "query", TEXT, required=True)],
        "responses": {"200": _answer("Where the task stands.", _task())},
    }
    return _document(
        "AI/ML API, as the sandbox plays it",
        server,
        {spec.path: {"post": order, "get": poll}},
        schemas,
    )


def krea_document(specs: Iterable[ModelSpec], server: str) -> Schema:
    """Return Krea's one document: every model, the jobs and the assets."""
    schemas: dict[str, Schema] = {}
    paths = {spec.path: {"post": _krea_order(spec, schemas)} for spec in specs}
    return _document("Krea, as the sandbox plays it", server, paths | _jobs() | _assets(), schemas)


def _krea_order(spec: ModelSpec, schemas: dict[str, Schema]) -> Schema:
    webhook = _parameter("X-Webhook-URL", "header", ADDRESS, required=False)
    codes = {
        "400": "The body is not valid.",
        "401": "The token is missing or wrong.",
        "402": "The credits have run out.",
        "429": "Too many jobs at once.",
    }
    pricing = {"x-krea-pricing": krea_pricing(spec.price)} if spec.price else {}
    return {
        "tags": ["Video"],
        "summary": spec.name,
        "description": spec.about,
        "operationId": _operation(spec.path),
        "parameters": [webhook],
        "requestBody": _json_body(_portable(spec, schemas)),
        "responses": {"200": _answer("The job, as it was taken.", _job())}
        | {code: _answer(words, ERROR) for code, words in codes.items()},
        **pricing,
    }


def _jobs() -> dict[str, Any]:
    listing = _page_of(_job())
    filters = [
        _parameter("cursor", "query", {"type": "string", "format": "date-time"}, required=False),
        _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 1000}),
        _parameter("status", "query", {"type": "string", "enum": list(JOB_STATUSES)}),
    ]
    one = [_parameter("id", "path", TEXT, required=True)]
    return {
        "/jobs": {
            "get": {
                "tags": ["General"],
                "parameters": filters,
                "responses": {"200": _answer("A page of jobs.", listing)},
            }
        },
        "/jobs/{id}": {
            "parameters": one,
            "get": {
                "tags": ["General"],
                "responses": {
                    "200": _answer("The job.", _job()),
                    "404": _answer("There is no such job.", ERROR),
                },
            },
            "delete": {
                "tags": ["General"],
                "responses": {
                    "200": {"description": "The job was stopped, or forgotten."},
                    "404": _answer("There is no such job.", ERROR),
                },
            },
        },
    }


def _assets() -> dict[str, Any]:
    file: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {
        "type": "object",
        "properties": {"file": file, "description": TEXT},
        "required": ["file"],
    }
    upload = {
        "tags": ["Assets"],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {
            "200": _answer("The file, as it is kept.", _asset()),
            "400": _answer("The file's type or size is not taken.", ERROR),
        },
    }
    listing = {
        "tags": ["Assets"],
        "parameters": [_parameter("cursor", "query", TEXT, required=False)],
        "responses": {"200": _answer("A page of files.", _page_of(_asset()))},
    }
    one = {
        "parameters": [_parameter("id", "path", TEXT, required=True)],
        "get": {
            "tags": ["Assets"],
            "responses": {"200": _answer("The file's facts.", _asset())},
        },
        "delete": {
            "tags": ["Assets"],
            "responses": {"200": {"description": "The file was deleted."}},
        },
    }
    return {"/assets": {"post": upload, "get": listing}, "/assets/{id}": one}


def _document(title: str, server: str, paths: dict[str, Any], schemas: dict[str, Any]) -> Schema:
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": server.rstrip("/")}],
        "security": [{"bearerAuth": []}],
        "paths": paths,
        "components": {"securitySchemes": {"bearerAuth": bearer}, "schemas": schemas},
    }


def _portable(spec: ModelSpec, schemas: dict[str, Schema]) -> Schema:
    """Return the schema of an order's body, its own definitions moved into `schemas`."""
    schema = dict(spec.when(live=True).schema())
    schema.pop("$schema", None)
    prefix = _operation(spec.path + spec.id)
    for name, definition in schema.pop("$defs", {}).items():
        schemas[f"{prefix}.{name}"] = _moved(definition, prefix)
    moved: Schema = _moved(schema, prefix)
    return moved


def _moved(value: Any, prefix: str) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _reference(inner, prefix) if key == "$ref" else _moved(inner, prefix)
            for key, inner in value.items()
        }
    return [_moved(inner, prefix) for inner in value] if isinstance(value, list) else value


def _reference(target: Any, prefix: str) -> Any:
    if isinstance(target, str) and target.startswith("#/$defs/"):
        return f"#/components/schemas/{prefix}.{target.removeprefix('#/$defs/')}"
    return target


def _naming(schema: Schema, names: list[str]) -> Schema:
    """Return the schema of a body that also says which model it is for."""
    model = {"type": "string", "enum": names}
    named = _permitting(schema, model)
    named["type"] = "object"
    named["properties"] = {"model": model} | schema.get("properties", {})
    named["required"] = ["model", *schema.get("required", ())]
    return named


def _permitting(schema: Schema, model: Schema) -> Schema:
    # A branch that forbids what it does not name would forbid the model's name as well.
    permitting = dict(schema)
    if "properties" in schema:
        permitting["properties"] = {"model": model} | schema["properties"]
    for key in BRANCHES:
        if isinstance(schema.get(key), list):
            permitting[key] = [
                _permitting(branch, model) if isinstance(branch, dict) else branch
                for branch in schema[key]
            ]
    return permitting


def _operation(path: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in path).strip("_")


def _json_body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _page_of(item: Schema) -> Schema:
    cursor = {"type": ["string", "null"]}
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}, "next_cursor": cursor},
        "required": ["items", "next_cursor"],
    }


def _task() -> Schema:
    usage = {
        "type": "object",
        "properties": {"credits_used": {"type": "number"}, "usd_spent": {"type": "number"}},
    }
    video = {"type": ["object", "null"], "properties": {"url": ADDRESS}, "required": ["url"]}
    return {
        "type": "object",
        "properties": {
            "id": TEXT,
            "status": {"type": "string", "enum": ["queued", "generating", "completed", "error"]},
            "video": video,
            "error": {},
            "meta": {"type": ["object", "null"], "properties": {"usage": usage}},
        },
        "required": ["id", "status"],
    }


def _job() -> Schema:
    result = {
        "type": ["object", "null"],
        "properties": {"urls": {"type": "array", "items": ADDRESS}},
    }
    return {
        "type": "object",
        "properties": {
            "job_id": {"type": "string", "format": "uuid"},
            "status": {"type": "string", "enum": list(JOB_STATUSES)},
            "created_at": {"type": "string", "format": "date-time"},
            "completed_at": {"type": ["string", "null"], "format": "date-time"},
            "result": result,
        },
        "required": ["job_id", "status", "created_at"],
    }


def _asset() -> Schema:
    whole = {"type": ["integer", "null"]}
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "image_url": ADDRESS,
            "uploaded_at": {"type": "string", "format": "date-time"},
            "width": whole,
            "height": whole,
            "size_bytes": whole,
            "mime_type": {"type": ["string", "null"]},
            "description": TEXT,
        },
        "required": ["id", "image_url", "uploaded_at"],
    }
