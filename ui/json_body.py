"""Reads the JSON object that a request carries; it alone does so among our routes."""

from __future__ import annotations

from typing import Any

from starlette.requests import ClientDisconnect, Request

from core import InvalidInput
from core.untrusted import read_strictly
from ui.arguments import members

LONGEST_BODY = 1_000_000
"""Bytes; files travel by Gradio's upload."""


async def body_of(request: Request) -> dict[str, Any]:
    """Return the object; an empty body is an empty one. Raises `InvalidInput`."""
    try:
        said = await request.body()
    except ClientDisconnect:
        raise InvalidInput({"body": "The body did not come whole."}) from None
    if len(said) > LONGEST_BODY:
        raise InvalidInput({"body": f"The body must have at most {LONGEST_BODY:,} bytes."})
    if not said.strip():
        return {}
    try:
        return members("body", read_strictly(said))
    except UnicodeDecodeError:
        raise InvalidInput({"body": "The body is not UTF-8."}) from None
    except ValueError as error:
        raise InvalidInput({"body": f"The body {error}."}) from None
