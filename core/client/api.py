"""Talks to one provider's API: orders once, asks as often as needed; it never repeats an order."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from core.client.pace import Pace
from core.client.pauses import Pauses
from core.client.retry import LONGEST_ASKED, asked_wait, backoff
from core.contract import Call, Order, Phase, Provider, Reply, Snapshot
from core.errors import (
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    StudioError,
    Unanswered,
    Unavailable,
    Unintelligible,
    Unreachable,
)
from core.models import ModelSpec

LONGEST_BODY = 2**20
POLL_DEADLINE = 20.0
ORDER_DEADLINE = 180.0
ATTEMPTS = 3

# What httpx raises before a byte of the request is out (measured): only then is it safe to resend.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Client:
    """One provider, with one key, for as long as its connections are open."""

    def __init__(
        self,
        provider: Provider,
        http: httpx.AsyncClient,
        *,
        pauses: Pauses | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._provider = provider
        self._http = http
        self._pauses = pauses or Pauses()
        self._pace = pace or Pace(self._pauses)

    @property
    def takes_data_uris(self) -> bool:
        """Whether a file may travel inside an order; if not, `upload` it first."""
        return self._provider.takes_data_uris

    async def create(self, spec: ModelSpec, values: Mapping[str, Any], request_id: str) -> Snapshot:
        """Order a clip. Re-sent only when it never left, or was turned away with a 429.

        Raises `Unanswered` whenever the order may have been taken all the same.
        """
        call = self._provider.create(spec, values, request_id)
        for attempt in range(ATTEMPTS):
            try:
                return await self._order(call)
            except (Unreachable, RateLimited) as error:
                if attempt == ATTEMPTS - 1 or _asked(error) > LONGEST_ASKED:
                    raise
                await self._pauses.sleep(_asked(error) or backoff(attempt, self._pauses.random))
        raise AssertionError  # the last attempt returns or raises

    async def poll(self, spec: ModelSpec, generation_id: str) -> Snapshot:
        """Ask once after a task; the caller asks again. Raises `StudioError`s safe to repeat."""
        reply = await self._ask(self._provider.poll(spec, generation_id))
        return self._provider.read(reply)

    async def cancel(self, generation_id: str) -> bool:
        """Ask the provider to stop a task; False where it cannot or knows of none."""
        call = self._provider.cancel(generation_id)
        if call is None:
            return False
        try:
            await self._ask(call)
        except (NotFound, Rejected):
            return False
        return True

    async def find(self, order: Order) -> Sequence[str]:
        """Look for an order whose answer was lost, among what was ordered lately."""
        page, found = 0, list[str]()
        while not found and (call := self._provider.find(order, page)):
            reply = await self._ask(call)
            found.extend(self._provider.found(order, reply))
            if not _has_more(reply):
                break
            page += 1
        return found

    async def upload(self, file: Path) -> str:
        """Hand a file to the provider and return its address there."""
        call = self._provider.upload(file)
        if call is None:
            raise Rejected(f"{self._provider.label} takes no uploads.", status=0)
        return self._provider.uploaded(await self._ask(call, deadline=ORDER_DEADLINE))

    async def _order(self, call: Call) -> Snapshot:
        try:
            reply = await self._exchange(call, ORDER_DEADLINE)
        except NEVER_SENT as error:
            raise self._unreachable() from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unanswered() from error
        if reply.status >= 500 or reply.status in (408, 499):
            refused = self._provider.refusal(reply)
            raise self._unanswered(refused.provider_message)
        if not _is_ok(reply):
            raise self._refusal(reply)
        return self._taken(reply)

    def _taken(self, reply: Reply) -> Snapshot:
        try:
            snapshot = self._provider.read(reply)
        except Unintelligible as error:
            raise self._unanswered() from error
        if snapshot.generation_id is None and snapshot.phase is Phase.FAILED:
            raise Rejected(
                f"{self._provider.label} refused the order.",
                status=reply.status,
                provider_message=snapshot.message,
            )
        if snapshot.generation_id is None:
            raise self._unanswered(snapshot.message)
        return snapshot

    async def _ask(self, call: Call, *, deadline: float = POLL_DEADLINE) -> Reply:
        await self._pace.turn()
        try:
            reply = await self._exchange(call, deadline)
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unreachable() from error
        if not _is_ok(reply):
            raise self._refusal(reply)
        if reply.body is None and call.method == "GET":
            raise Unintelligible(f"{self._provider.label} answered with a page instead of data.")
        return reply

    def _refusal(self, reply: Reply) -> ProviderError:
        refused = self._provider.refusal(reply)
        if isinstance(refused, RateLimited | Unavailable):
            refused.retry_after = asked_wait(reply.headers, self._pauses.now())
        if isinstance(refused, RateLimited):
            self._pace.hold(min(refused.retry_after or 0.0, LONGEST_ASKED))
        return refused

    async def _exchange(self, call: Call, deadline: float) -> Reply:
        # The read time-out counts from byte to byte; only this one ends an answer that trickles.
        async with asyncio.timeout(deadline), _opened(call) as files:
            request = self._http.build_request(
                call.method,
                call.path,
                params=dict(call.query) or None,
                json=call.json,
                files=files,
                headers=dict(call.headers),
            )
            response = await self._http.send(request, stream=True)
            try:
                return await _read(response)
            finally:
                await response.aclose()

    def _unreachable(self) -> Unreachable:
        return Unreachable(f"{self._provider.label} could not be reached.")

    def _unanswered(self, words: str | None = None) -> Unanswered:
        error = Unanswered(
            f"The order went out and {self._provider.label} gave no readable answer: it may have "
            "been taken, and charged."
        )
        error.provider_message = words
        return error


@asynccontextmanager
async def _opened(call: Call) -> AsyncIterator[Mapping[str, Any] | None]:
    if call.file is None:
        yield None
        return
    kind = mimetypes.guess_type(call.file.name)[0] or "application/octet-stream"
    with call.file.open("rb") as file:
        yield {"file": (call.file.name, file, kind)}


async def _read(response: httpx.Response) -> Reply:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise httpx.ReadError("the answer is longer than any task's")
    text = body.decode(errors="replace")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=parsed, text=text)


def _is_ok(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _asked(error: StudioError) -> float:
    asked = error.retry_after if isinstance(error, RateLimited) else None
    return asked or 0.0


def _has_more(reply: Reply) -> bool:
    pages = reply.json.get("pagination")
    return isinstance(pages, dict) and bool(pages.get("has_more"))
