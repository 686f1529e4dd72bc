"""AI/ML API's words and ours: pure functions, after docs/contract.md (its pages, 2026-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import NotFound, ProviderError, Unintelligible
from core.models import ModelSpec
from core.providers.clips import clips_in
from core.providers.error_text import reply_sentence, sentence
from core.providers.parsing import (
    TURNED_AWAY,
    id_in_location,
    phase_of,
    readable_id,
    state_in,
    status_of,
)
from core.providers.protocol import Balance, Call, Json, Order, Reply, Snapshot
from core.providers.reasons import told
from core.providers.refusals import refusal
from core.providers.usage import cost, cost_places, is_unread
from core.untrusted.figures import MOST, MOST_DOLLARS, dollars, figure, written

CREDITS_PER_DOLLAR = 2_000_000
"""Credits to a dollar: a log row shows 500,000 credits beside $0.25 (AI/ML: orders)."""

MOST_CREDITS = MOST_DOLLARS * CREDITS_PER_DOLLAR

# `tokens_used` in older answers is the same as `credits_used` (AI/ML: orders).
_CREDITS, _DOLLARS = ("credits_used", "tokens_used"), ("usd_spent",)

LOG_PAGES = 5
LOG_ROWS = 100


@dataclass(frozen=True)
class AimlApi:
    """AI/ML API, https://docs.aimlapi.com."""

    name: str = "aimlapi"
    label: str = "AI/ML API"
    base_url: str = "https://api.aimlapi.com"
    keys_page: str = "https://aimlapi.com/app/keys"
    can_cancel: bool = False
    takes_data_uris: bool = True
    replays: str | None = None
    finds_by_name: bool = True
    turned_away: frozenset[int] = TURNED_AWAY

    def create(self, spec: ModelSpec, values: Mapping[str, Any], request_id: str) -> Call:
        """Return the paid request that starts a task."""
        body = {"model": spec.called or spec.id, **values}
        return Call(
            method="POST", path=spec.path, json=body, headers={"X-Client-Request-Id": request_id}
        )

    def poll(self, spec: ModelSpec, generation_id: str) -> Call:
        """Return the free request that asks after a task, on the address it was ordered at."""
        return Call(method="GET", path=spec.path, query={"generation_id": generation_id})

    def read(self, reply: Reply) -> Snapshot:
        """Understand the 2xx answer to either. Raises `Unintelligible`."""
        body = reply.json
        if not body:
            raise Unintelligible(f"{self.label} answered with something that is no task.")
        state, words = state_in(body), state_in(reply.words)
        errors = [words.get("error"), reply.words.get("error"), _flat_message(reply.words)]
        message = next((found for said in errors if (found := sentence(said))), None)
        why = told([status_of(words), *errors], reply.status)
        clips = clips_in(body, state.get("video"))
        places = cost_places(body, state)
        return Snapshot(
            generation_id=_generation_id(body) or _generation_id(state),
            phase=phase_of(status_of(state), message, clips),
            status=status_of(words),
            clips=clips.addresses,
            message=message,
            progress=_progress(state.get("progress")),
            usage=_usage(places, reply.headers),
            usage_unread=is_unread(places, (*_CREDITS, *_DOLLARS)),
            reason=why.reason,
            refused=why.what,
        )

    def id_in(self, headers: Mapping[str, str]) -> str | None:
        """Return the id in `x-inference-id`, as answers to orders carry it (AI/ML: log)."""
        return readable_id(headers.get("x-inference-id")) or id_in_location(
            headers, r"[?&]generation_id=([^&#]+)", r"/generations?/([^/?#]+)$"
        )

    def refusal(self, reply: Reply) -> ProviderError:
        """Understand an answer that is not a 2xx, in either envelope (AI/ML: errors)."""
        words = reply_sentence(reply)
        if reply.status < 500 and words and "inference not found" in words.lower():
            return NotFound(
                f"{self.label} does not know this task.",
                status=reply.status,
                provider_message=words,
            )
        return refusal(self.label, reply)

    def cancel(self, generation_id: str) -> None:
        """The vendor has no way to stop a task (AI/ML: addresses)."""

    def find(self, order: Order, page: int) -> Call | None:
        """Return one page of the usage log, newest first; none filters by our id (AI/ML: log)."""
        if page >= LOG_PAGES:
            return None
        query = {"period": "7d", "limit": str(LOG_ROWS), "offset": str(page * LOG_ROWS)}
        return Call(method="GET", path="/v2/logs", query=query)

    def found(self, order: Order, reply: Reply) -> Sequence[str]:
        """Return the inference that carries this order's own request id."""
        rows = reply.json.get("data")
        return [
            inference_id
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict)
            and row.get("client_request_id") == order.request_id
            and (inference_id := readable_id(row.get("inference_id")))
        ]

    def upload(self, file: Path) -> None:
        """The vendor takes no uploads for this purpose (AI/ML: log)."""

    def uploaded(self, reply: Reply) -> str:
        """Never asked, since nothing is uploaded."""
        raise Unintelligible(f"{self.label} takes no uploads.")

    def balance(self) -> Call:
        """Return the request for the account's balance (AI/ML: money)."""
        return Call(method="GET", path="/v2/billing")

    def read_balance(self, reply: Reply) -> Balance:
        """Understand the answer to it; an account may be overdrawn. Raises `Unintelligible`."""
        currency = reply.json.get("currency")
        amount = figure(reply.json.get("current_balance"), least=-MOST)
        if amount is None:
            raise Unintelligible(f"{self.label} told no balance.")
        known = isinstance(currency, str) and currency.isalpha() and len(currency) <= 5
        return Balance(amount=amount, currency=str(currency).upper() if known else "USD")


def _generation_id(body: Json) -> str | None:
    # `generation_id` in the oldest pages and the SDK, `id` everywhere else (AI/ML: orders).
    named = map(body.get, ("id", "generation_id", "inference_id", "task_id"))
    return next((found for each in named if (found := readable_id(each))), None)


def _flat_message(body: Json) -> str | None:
    # The flat envelope of an error, inside a 2xx.
    return sentence(body.get("message")) if "statusCode" in body else None


def _progress(value: Any) -> float | None:
    share = figure(value, most=100)
    return share / 100 if share is not None and share > 1 else share


def _usage(places: Sequence[Json], headers: Mapping[str, str]) -> dict[str, float]:
    credits_used = _first(
        cost(places, _CREDITS, MOST_CREDITS),
        figure(written(headers.get("x-aimlapi-credits-used")), most=MOST_CREDITS),
    )
    usd = _first(
        cost(places, _DOLLARS, MOST_DOLLARS), dollars(written(headers.get("x-aimlapi-usd-spent")))
    )
    if usd is None and credits_used is not None:
        usd = credits_used / CREDITS_PER_DOLLAR
    known = {"credits": credits_used, "usd": usd}
    return {name: value for name, value in known.items() if value is not None}


def _first(*figures: float | None) -> float | None:
    return next((one for one in figures if one is not None), None)
