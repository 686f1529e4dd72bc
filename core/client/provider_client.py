"""Talks to one provider's API: orders once, asks as often as needed; it never repeats an order."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from core.client.backoff import LONGEST_ASKED, LONGEST_HELD, asked_wait, backoff, spoken
from core.client.clock import Clock
from core.client.departure import Departure
from core.client.exchange import CutShort, Exchange
from core.client.rate_limiter import RateLimiter
from core.errors import (
    Moderated,
    NeverSent,
    NotFound,
    OutOfCredit,
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
from core.providers.parsing import ours
from core.providers.protocol import (
    ENDS,
    Balance,
    Call,
    Order,
    Phase,
    Provider,
    Reply,
    Snapshot,
)
from core.system.redaction import Veil, without_queries

log = logging.getLogger(__name__)

ATTEMPTS = 3
LONGEST_LOGGED = 2000

# What httpx raises before a byte of the request is out (measured): only then is it safe to resend.
NEVER_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
    *(httpx.ProxyError, httpx.UnsupportedProtocol),
)


class Client:
    """One provider, with one key, for as long as its connections are open."""

    def __init__(
        self,
        provider: Provider,
        http: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        rate_limiter: RateLimiter | None = None,
        veil: Veil | None = None,
    ) -> None:
        """Take the provider and the connections; `veil` hides the key that they carry."""
        self._provider = provider
        self._veil = veil or Veil()
        self._clock = clock or Clock()
        self._rate_limiter = rate_limiter or RateLimiter(self._clock)
        self._limits = self._clock.limits
        self._wire = Exchange(http, self._limits, self._veil)

    @property
    def takes_data_uris(self) -> bool:
        """Whether a file may travel inside an order; if not, `upload` it first."""
        return self._provider.takes_data_uris

    @property
    def finds_by_name(self) -> bool:
        """Whether what `find` returns is the order itself, not only of the same time."""
        return self._provider.finds_by_name

    async def create(self, spec: ModelSpec, values: Mapping[str, Any], request_id: str) -> Snapshot:
        """Order a clip. Re-sent only where the provider cannot take it twice: see `_may_repeat`.

        Raises `Unanswered` whenever the order may have been taken all the same.
        """
        call = self._named(self._written(spec, values, request_id), request_id)
        lost: Unanswered | None = None
        for attempt in range(ATTEMPTS):
            try:
                return await self._order(call)
            except StudioError as error:
                lost = lost or (error if isinstance(error, Unanswered) else None)
                if attempt == ATTEMPTS - 1 or not self._may_repeat(error, lost):
                    # After a lost answer no later refusal proves that nothing was taken.
                    if lost and lost is not error:
                        raise lost from error
                    raise
                await self._clock.sleep(_asked(error) or backoff(attempt, self._clock.random))
        raise AssertionError  # the last attempt returns or raises

    async def poll(
        self, spec: ModelSpec, generation_id: str, *, due: float | None = None
    ) -> Snapshot:
        """Ask once after a task; the caller asks again. Raises `StudioError`s safe to repeat.

        Of all that wait to ask with this key, who was `due` first goes first (`monotonic`).
        """
        question = self._provider.poll(spec, generation_id)
        reply = await self._heard(question, self._limits.question, due)
        if not _is_ok(reply):
            return self._end_in(reply, generation_id)
        if reply.body is None:
            raise self._page()
        reply = replace(
            reply, body=ours(reply.body, generation_id), said=ours(reply.said, generation_id)
        )
        snapshot = self._read(reply)
        if _is_of_no_task(snapshot):
            raise self._refusal_inside(reply, snapshot.message)
        if snapshot.phase is Phase.UNCLEAR or (snapshot.phase is Phase.DONE and not snapshot.clips):
            self._keep(reply)
        return replace(snapshot, clips=tuple(map(self._wire.absolute, snapshot.clips)))

    def _end_in(self, reply: Reply, generation_id: str) -> Snapshot:
        """Return the end that a refusal tells of, where it speaks of this very task."""
        refused = self._refusal(reply)
        try:
            snapshot = self._read(reply)
        except Unintelligible:
            raise refused from None
        if snapshot.generation_id != generation_id or snapshot.phase not in ENDS:
            raise refused
        return snapshot

    def _refusal_inside(self, reply: Reply, words: str | None) -> ProviderError:
        """Return the error in a 2xx that names no task: the question was refused, not the task."""
        told = (reply.json.get(name) for name in ("statusCode", "status_code", "code", "status"))
        for status in told:
            if isinstance(status, int) and 400 <= status < 600:
                return self._refusal(replace(reply, status=status))
        label = self._provider.label
        return Rejected(f"{label} answered with an error.", status=200, provider_message=words)

    def _keep(self, reply: Reply) -> None:
        said = without_queries(reply.text[:LONGEST_LOGGED])
        log.warning("%s ended a task without a clip: %s", self._provider.label, said)

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
            ids = self._provider.found(order, reply)
            found.extend(one for one in ids if not self._veil.covers(one))
            if not _has_more(reply):
                break
            page += 1
        return found

    async def upload(self, file: Path) -> str:
        """Hand a file to the provider and return its address there."""
        call = self._provider.upload(file)
        if call is None:
            raise Rejected(f"{self._provider.label} takes no uploads.", status=0)
        return self._provider.uploaded(await self._ask(call, deadline=self._limits.order))

    async def balance(self) -> Balance | None:
        """Ask what is left in the account; None where the provider does not tell."""
        call = self._provider.balance()
        return self._provider.read_balance(await self._ask(call)) if call else None

    def _written(self, spec: ModelSpec, values: Mapping[str, Any], request_id: str) -> Call:
        try:
            return self._provider.create(spec, values, request_id)
        except Exception as error:
            raise self._never_sent() from error

    def _named(self, call: Call, request_id: str) -> Call:
        header = self._provider.replays
        return replace(call, headers={**call.headers, header: request_id}) if header else call

    def _may_repeat(self, error: StudioError, lost: Unanswered | None) -> bool:
        """Whether an order that met this error may go out once more without being taken twice."""
        if _asked(error) > LONGEST_ASKED or isinstance(error, OutOfCredit | Moderated):
            return False
        match error:
            case Unreachable():
                return True
            case Unanswered():
                return self._provider.replays is not None
            case ProviderError(status=409):  # of a replaying API: the first is still under way
                return lost is not None
            case ProviderError(status=status):
                return status in self._provider.turned_away
            case _:
                return False

    async def _order(self, call: Call) -> Snapshot:
        departure = Departure()
        try:
            reply = await self._exchange(call, self._limits.order, departure)
        except NEVER_SENT as error:
            raise self._unreachable() from error
        except httpx.LocalProtocolError as error:
            # Raised where httpcore writes the head of a request down, before it sends any of it.
            raise self._never_sent() from error
        except CutShort as error:
            reply = error.reply
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unanswered() from error
        except Exception as error:
            # A defect of ours, or what no header and no JSON can say.
            if not departure.begun:
                raise self._never_sent() from error
            raise
        # "See other" is said of an order that was taken; the other redirects ask for it elsewhere.
        broken = reply.status >= 500 or reply.status in (303, 408, 499)
        if broken and reply.status not in self._provider.turned_away:
            refused = self._provider.refusal(reply)
            return self._taken_by_head(reply, refused.provider_message)
        if reply.status < 400 and not _is_ok(reply) and self._provider.id_in(reply.headers):
            return self._taken_by_head(reply)
        if not _is_ok(reply):
            raise self._refusal(reply)
        return self._taken(reply)

    def _read(self, reply: Reply) -> Snapshot:
        snapshot = self._provider.read(reply)
        # An id is kept and shown: one that holds the key is none.
        is_key = self._veil.covers(snapshot.generation_id)
        return replace(snapshot, generation_id=None) if is_key else snapshot

    def _taken(self, reply: Reply) -> Snapshot:
        try:
            snapshot = self._read(reply)
        except Unintelligible:
            self._check_words(reply)
            return self._taken_by_head(reply)
        if snapshot.generation_id is not None:
            return snapshot
        if _is_no(snapshot):
            raise self._provider.refusal(reply)
        if not snapshot.status:
            self._check_words(reply)
        return self._taken_by_head(reply, snapshot.message)

    def _check_words(self, reply: Reply) -> None:
        """Raise the refusal that a 200 is in truth: without a task in it, its words decide."""
        refused = self._provider.refusal(reply)
        if isinstance(refused, OutOfCredit | Moderated):
            raise refused

    def _taken_by_head(self, reply: Reply, words: str | None = None) -> Snapshot:
        """Return the task that the head of an answer names, where its body is of no use."""
        generation_id = self._provider.id_in(reply.headers)
        if generation_id is None or self._veil.covers(generation_id):
            raise self._unanswered(words)
        return Snapshot(generation_id=generation_id, phase=Phase.WAITING, status="")

    async def _ask(self, call: Call, *, deadline: float | None = None) -> Reply:
        reply = await self._heard(call, deadline or self._limits.question)
        if not _is_ok(reply):
            raise self._refusal(reply)
        if reply.body is None and call.method == "GET":
            raise self._page()
        return reply

    async def _heard(self, call: Call, deadline: float, due: float | None = None) -> Reply:
        await self._rate_limiter.turn(due)
        try:
            return await self._exchange(call, deadline)
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unreachable() from error

    def _refusal(self, reply: Reply) -> ProviderError:
        refused = self._provider.refusal(reply)
        refused.retry_after = asked_wait(reply.headers, self._clock.now())
        asked = refused.retry_after or 0.0
        if isinstance(refused, RateLimited):
            self._rate_limiter.hold(min(asked, LONGEST_HELD))
        if isinstance(refused, RateLimited | Unavailable) and asked > LONGEST_ASKED:
            label = self._provider.label
            refused.next_step = f"{label} asks to wait {spoken(asked)}: generate again then."
        return refused

    async def _exchange(
        self, call: Call, deadline: float, departure: Departure | None = None
    ) -> Reply:
        trace = departure.note if departure else None
        return await self._wire.send(call, deadline=deadline, trace=trace)

    def _page(self) -> Unintelligible:
        return Unintelligible(f"{self._provider.label} answered with a page instead of data.")

    def _never_sent(self) -> NeverSent:
        return NeverSent(
            f"The order could not be put into a request to {self._provider.label}: it was never "
            "sent."
        )

    def _unreachable(self) -> Unreachable:
        return Unreachable(f"{self._provider.label} could not be reached.")

    def _unanswered(self, words: str | None = None) -> Unanswered:
        error = Unanswered(
            f"The order went out and {self._provider.label} gave no readable answer: it may have "
            "been taken, and charged."
        )
        error.provider_message = words
        return error


def _is_of_no_task(snapshot: Snapshot) -> bool:
    named = snapshot.generation_id or snapshot.status or snapshot.clips
    return snapshot.phase is Phase.UNCLEAR and not named


def _is_no(snapshot: Snapshot) -> bool:
    unclear = snapshot.phase is Phase.UNCLEAR and not snapshot.clips
    return snapshot.phase is Phase.FAILED or unclear


def _is_ok(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _asked(error: StudioError) -> float:
    asked = error.retry_after if isinstance(error, ProviderError) else None
    return asked or 0.0


def _has_more(reply: Reply) -> bool:
    pages = reply.json.get("pagination")
    return isinstance(pages, dict) and bool(pages.get("has_more"))
