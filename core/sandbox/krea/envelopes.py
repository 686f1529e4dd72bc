"""Krea's answers to what it does not take, and who gets one before the body is even read."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.sandbox.requests import POOR_KEY, REFUSED_KEY, bearer


class Refusal(Exception):
    """An order that is not taken, with its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def key_problem(request: Request, *, spending: bool = False) -> Response | None:
    """Return what is wrong with a request's key: none, refused, or none left to spend."""
    key = bearer(request)
    if key == POOR_KEY and spending:
        return JSONResponse({"message": "INSUFFICIENT_BALANCE"}, 402)
    if not key or key == REFUSED_KEY:
        return plain_error(401, "Not authenticated: a valid API token is needed.")
    return None


def plain_error(status: int, message: str, **more: str) -> Response:
    """Return an error in one sentence."""
    return JSONResponse({"error": message, **more}, status)


def field_errors(problems: Mapping[str, str]) -> Response:
    """Return what is wrong with each field of a body."""
    found = [{"loc": ["body", *name.split(".")], "msg": why} for name, why in problems.items()]
    return JSONResponse({"detail": found}, 422)


def no_such(what: str) -> Response:
    """Return that something is not there, for whatever reason."""
    return plain_error(404, f"There is no such {what}, or it belongs to someone else.")
