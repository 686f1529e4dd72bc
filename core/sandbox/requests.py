"""Reading requests and writing times, as both vendors' dialects need it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

LARGEST_BODY = 140 * 2**20
"""Bytes: room for a 100 MB file in base64."""

REFUSED_KEY, POOR_KEY = "refused", "poor"


class TooLarge(Exception):
    """A body larger than `LARGEST_BODY`."""


def bearer(request: Request) -> str | None:
    """Return the key that a request carries; None where it carries no bearer key at all."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


async def json_object(request: Request) -> dict[str, Any] | None:
    """Return the body where it is a JSON object. Raises `TooLarge`."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise TooLarge
        chunks.append(chunk)
    try:
        body = await asyncio.to_thread(json.loads, b"".join(chunks))
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def iso(seconds: float, timespec: str = "milliseconds") -> str:
    """Return an instant as JavaScript writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=timespec)[:-6] + "Z"


def from_iso(text: str) -> float | None:
    """Return the instant that an ISO 8601 text names, read as UTC where it says no zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def whole_number(text: str | None, default: int, *, least: int, most: int) -> int | None:
    """Return a number from a query, `default` where it is left out, None where it is wrong."""
    if text is None:
        return default
    good = text.isascii() and text.isdigit() and len(text) < 16
    return int(text) if good and least <= int(text) <= most else None


def gateway_page(status: int, title: str) -> HTMLResponse:
    """Return a page as a gateway shows it to a client that wanted JSON."""
    head, body = f"<head><title>{title}</title></head>", f"<body><h1>{title}</h1></body>"
    return HTMLResponse(f"<!doctype html><html>{head}{body}</html>", status)


def client_request_id(request: Request) -> str | None:
    """Return the caller's own id for an order; a malformed one is dropped (AI/ML: log)."""
    text = request.headers.get("x-client-request-id", "")
    return text if re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", text) else None


def listed(query: QueryParams, name: str) -> list[str]:
    """Return the values of a query's field, whether repeated or with commas between them."""
    parts = [part.strip() for text in query.getlist(name) for part in text.split(",")]
    return [part for part in parts if part]


def tagged(request: Request, body: dict[str, Any], *, seconds: int, stamp: Any = None) -> Response:
    """Return a document with its ETag, or 304 where the caller has it already.

    `seconds` is how long it may be kept; the tag is that of `stamp` where it is given, for a body
    that says when it was made.
    """
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    told = data if stamp is None else repr(stamp).encode("utf-8", "surrogatepass")
    tag = f'"{hashlib.sha256(told).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": f"public, max-age={seconds}"}
    known = [text.strip().removeprefix("W/") for text in _conditions(request)]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="application/json", headers=headers)


def _conditions(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")
