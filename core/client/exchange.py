"""Sends one request and reads its answer: bounded in time and bytes, followed only at home."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, cast
from urllib.parse import urljoin

import httpx

from core.client.answer_body import json_in, plain, text_of
from core.client.limits import Limits
from core.client.public_network import origin
from core.providers.protocol import Call, Reply
from core.system.redaction import Veil

HOPS = 3

Trace = Callable[[str, Any], Awaitable[None]]

# How a clip that travels inside the answer begins: a data URI, or bare base64 of MP4 or Matroska.
_CLIP_INSIDE = re.compile(rb'"(?:data:(?:video|application)/|AAAA.GZ0eX|GkXfo)')


class CutShort(httpx.ReadError):
    """The head of an answer came, and its body did not come whole or could not be unpacked."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__("the answer was cut short")
        self.reply = Reply(status=status, headers=headers, body=None, text="")


class Exchange:
    """The way to one provider and back, with `veil` hiding the key that it carries."""

    def __init__(self, http: httpx.AsyncClient, limits: Limits, veil: Veil) -> None:
        self._http = http
        self._limits = limits
        self._veil = veil

    async def send(self, call: Call, *, deadline: float, trace: Trace | None = None) -> Reply:
        """Return the answer to a call, whatever its status. Raises `httpx.HTTPError`, TimeoutError.

        `CutShort` is raised where only the head of the answer can be read. `trace` is told of each
        step of the request, as httpcore names them.
        """
        head: list[httpx.Response] = []
        try:
            # The read time-out counts from byte to byte; only this ends an answer that trickles.
            async with asyncio.timeout(deadline) as timer, _opened(call) as files:
                response = await self._sent(call, files, trace)
                head.append(response)
                try:
                    body = await _body(response, self._limits, timer)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            if head:
                raise CutShort(head[0].status_code, _headers(head[0])) from error
            raise
        return self._reply(response, body)

    def absolute(self, address: str) -> str:
        """Return an address in an answer as one that can be fetched, should it be a path here."""
        return urljoin(str(self._http.base_url), address) if address.startswith("/") else address

    async def _sent(
        self, call: Call, files: Mapping[str, Any] | None, trace: Trace | None
    ) -> httpx.Response:
        request = self._http.build_request(
            call.method,
            call.path,
            params=dict(call.query) or None,
            json=call.json,
            files=files,
            headers=dict(call.headers),
            extensions={"trace": trace} if trace else None,
        )
        response = await self._answer(request)
        for _ in range(HOPS):
            onward = _onward(response) if call.method == "GET" else None
            if onward is None:
                break
            await response.aclose()
            request = self._http.build_request("GET", onward, headers=dict(call.headers))
            response = await self._answer(request)
        return response

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._http.send(request, stream=True, follow_redirects=False)
        except httpx.InvalidURL as error:
            # httpx reads the address in a redirect even where it is not to go there.
            raise httpx.RemoteProtocolError("the redirect's address cannot be read") from error

    def _reply(self, response: httpx.Response, body: bytes) -> Reply:
        text = text_of(body, response.headers.get("content-type", ""))
        found = json_in(text)
        # Some APIs repeat the key that they refuse: read as it came, kept and shown without it.
        return Reply(
            status=response.status_code,
            headers=_headers(response),
            body=found,
            text=self._veil.hide(text),
            said=self._veil.hide_in(found),
        )


def _onward(response: httpx.Response) -> str | None:
    """Return where a free question is sent on to, if that is the place the key was meant for."""
    if not response.has_redirect_location:
        return None
    here = str(response.request.url)
    try:
        onward = urljoin(here, response.headers["location"])
        return onward if origin(onward) == origin(here) else None
    except ValueError:
        return None


async def _body(response: httpx.Response, limits: Limits, timer: asyncio.Timeout) -> bytes:
    # Unpacked by ourselves: httpx gives up where plain bytes are called packed.
    coding = response.headers.pop("content-encoding", "")
    body, most = bytearray(), limits.answer_bytes
    async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_bytes())) as chunks:
        async for chunk in chunks:
            body += chunk
            if most < len(body) and most < limits.inline_bytes and _CLIP_INSIDE.search(body):
                most = limits.inline_bytes
                timer.reschedule(asyncio.get_running_loop().time() + limits.order)
            if most < len(body):
                raise httpx.ReadError("the answer is longer than any task's")
    try:
        return plain(bytes(body), coding, most)
    except ValueError as error:
        raise httpx.DecodingError(str(error)) from error


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


@asynccontextmanager
async def _opened(call: Call) -> AsyncIterator[Mapping[str, Any] | None]:
    if call.file is None:
        yield None
        return
    kind = mimetypes.guess_type(call.file.name)[0] or "application/octet-stream"
    with call.file.open("rb") as file:
        yield {"file": (call.file.name, file, kind)}
