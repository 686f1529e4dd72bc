"""Judges what is posted to Gradio's API before Gradio reads it; ASGI middleware.

Gradio answers 500 to a body that is no object, and to each refusal of ours: here the first is
refused with a sentence, and the second gets the status that it deserves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import InvalidInput
from core.untrusted import flaw, read_strictly
from ui.arguments import members
from ui.json_answer import JsonAnswer

PREFIX = "/gradio_api/"
BY_NAME = "call/v2/"
STATUS = "dailies.status"
"""Where the API says in a request's scope which status its refusal has."""

Names = Mapping[str, Mapping[str, bool]]
"""The arguments of each endpoint, in their order, and whether it needs them."""


class GradioBodies:
    """Stands before Gradio's routes; uploads pass, which are no JSON."""

    def __init__(self, app: ASGIApp, *, names: Names) -> None:
        """Guard `app`, whose endpoints take arguments of these names."""
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if not _is_call(scope):
            return await self._app(scope, receive, send)
        try:
            body = await Request(scope, receive).body()
            await run_in_threadpool(self._judge, body, scope["path"].removeprefix(PREFIX))
        except ClientDisconnect:
            return None
        except InvalidInput as error:
            told = {"error": " ".join(error.problems.values()), "problems": error.problems}
            return await JsonAnswer(told, 400)(scope, receive, send)
        status: dict[str, int] = {}
        scope[STATUS] = status
        return await self._app(scope, _again(body, receive), _saying(send, status))

    def _judge(self, body: bytes, path: str) -> None:
        endpoint = path.strip("/").rpartition("/")[2]
        told, needed = _read(body), self._names.get(endpoint, {})
        names, data = list(needed), told.get("data", [])
        if path.startswith(BY_NAME):
            if endpoint not in self._names:
                raise InvalidInput({"endpoint": f"There is no endpoint called /{endpoint}."})
            if strange := set(told).difference(names):
                raise InvalidInput({name: f"/{endpoint} takes no {name}." for name in strange})
            left_out = [name for name in names if needed[name] and name not in told]
        elif not isinstance(data, list):
            raise InvalidInput({"data": "data must be a list of the arguments."})
        else:
            left_out = names[len(data) :] if "data" in told else []
        if left_out:
            raise InvalidInput({name: f"{name} is needed." for name in left_out})
        for place, given in enumerate(data if isinstance(data, list) else ()):
            _judge_argument(names[place] if place < len(names) else f"data[{place}]", given)
        _judge_argument("body", {name: given for name, given in told.items() if name != "data"})


def refuse(request: Any, status: int) -> None:
    """Note the status that the refusal of this request (Gradio's, or Starlette's) has."""
    scope = getattr(request, "request", request).scope
    scope.get(STATUS, {})["is"] = status


def _is_call(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path: str = scope["path"]
    return path.startswith(PREFIX) and not path.startswith(f"{PREFIX}upload")


def _read(body: bytes) -> dict[str, Any]:
    try:
        return members("body", read_strictly(body)) if body.strip() else {}
    except UnicodeDecodeError:
        raise InvalidInput({"body": "body is not UTF-8."}) from None
    except ValueError as error:
        raise InvalidInput({"body": f"body {error}."}) from None


def _judge_argument(name: str, given: Any) -> None:
    # Of an object each member is judged by itself, so that the one in the wrong is named.
    parts = given.items() if isinstance(given, dict) else [(name, given)]
    problems = {part: f"{part} {why}." for part, value in parts if (why := flaw(value))}
    if problems or flaw(given):
        raise InvalidInput(problems or {name: f"{name} {flaw(given)}."})


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


def _saying(send: Send, status: Mapping[str, int]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 500:
            message = {**message, "status": status.get("is", 500)}
        await send(message)

    return sending
