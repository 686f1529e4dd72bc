"""AI/ML API's two envelopes for an error, and who gets one before the body is even read."""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.sandbox.requests import POOR_KEY, REFUSED_KEY, bearer, iso

LEGACY_PREFIX = "/v2/generate/"

_NAMES = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    413: "PayloadTooLargeException",
    429: "TooManyRequestsException",
}


class Problem(Exception):
    """A refusal; `details` follow the message, each on its own."""

    def __init__(
        self, status: int, message: str, details: list[str] | None = None, *, kind: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details or []
        self.kind = kind

    def response(self, request: Request) -> Response:
        """Return it in the envelope of the address that was asked (AI/ML: errors)."""
        if request.url.path.startswith(LEGACY_PREFIX):
            return JSONResponse(self._flat(request), self.status)
        media_type = "application/problem+json; charset=utf-8"
        return JSONResponse(self._problem(request), self.status, media_type=media_type)

    def _flat(self, request: Request) -> dict[str, object]:
        return {
            "requestId": _request_id(),
            "statusCode": self.status,
            "timestamp": iso(time.time()),
            "path": request.url.path,
            "message": " ".join([self.message, *self.details]),
        }

    def _problem(self, request: Request) -> dict[str, object]:
        error: dict[str, object] = {
            "name": _NAMES.get(self.status, "Error"),
            "message": self.message,
        }
        if self.kind:
            error["data"] = {"kind": self.kind}
        return {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            # Validation errors come as a list of sentences.
            "message": [self.message, *self.details] if self.details else self.message,
            "instance": f"{request.url.path}?{request.url.query}",
            "requestId": _request_id(),
            "timestamp": iso(time.time()),
            "error": error,
        }


def problem(request: Request, *, spending: bool = False) -> Problem | None:
    """Return what is wrong with a request's key: none, refused, or none left to spend."""
    key = bearer(request)
    if key == POOR_KEY and spending:
        message = "The account has run out of credits: top it up at the sandbox's imaginary bank."
        return Problem(403, message, kind="err_insufficent_credits")  # the vendor's spelling
    if key and key != REFUSED_KEY:
        return None
    if key is None:
        return Problem(401, "This request needs an API key, as a bearer token.")
    return Problem(401, "The API key is not valid." if key else "The API key is empty.")


def _request_id() -> str:
    return secrets.token_urlsafe(16)[:21]
