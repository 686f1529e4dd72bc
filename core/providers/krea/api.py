"""Krea's own words and ours: pure functions, after docs/contract.md (OpenAPI, 2026-08-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import ProviderError, Unintelligible
from core.models import ModelSpec
from core.providers.clips import clips_in
from core.providers.error_text import sentence
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
from core.system.timestamps import iso
from core.untrusted.figures import MOST_DOLLARS

# How far the vendor's clock may stand from ours, and how long an order may take to be noted.
EARLIEST = timedelta(seconds=-60)
LATEST = timedelta(minutes=5)

MICROS = 1_000_000

# Not in Krea's document; one adapter has seen both (Krea: answers).
_MICRODOLLARS, _DOLLARS = "cost_microdollars", "cost_usd"


@dataclass(frozen=True)
class Krea:
    """Krea's own API, https://docs.krea.ai."""

    name: str = "krea"
    label: str = "Krea"
    base_url: str = "https://api.krea.ai"
    keys_page: str = "https://www.krea.ai/settings/api-tokens"
    can_cancel: bool = True
    takes_data_uris: bool = False
    replays: str | None = None
    finds_by_name: bool = False
    turned_away: frozenset[int] = TURNED_AWAY

    def create(self, spec: ModelSpec, values: Mapping[str, Any], request_id: str) -> Call:
        """Return the paid request that starts a task; its schema forbids unnamed fields."""
        headers = {"X-Client-Request-Id": request_id}
        return Call(method="POST", path=spec.path, json=dict(values), headers=headers)

    def poll(self, spec: ModelSpec, generation_id: str) -> Call:
        """Return the free request that asks after a task."""
        return Call(method="GET", path=_job_path(generation_id))

    def read(self, reply: Reply) -> Snapshot:
        """Understand the 2xx answer to either. Raises `Unintelligible`."""
        body = reply.json
        if not body:
            raise Unintelligible(f"{self.label} answered with something that is no job.")
        state, words = state_in(body), state_in(reply.words)
        result = _object(state.get("result"))
        errors = [_object(words.get("result")).get("error"), words.get("error")]
        message = sentence(errors[0]) or sentence(errors[1])
        why = told([status_of(words), *errors], reply.status)
        places = cost_places(body, state)
        # `result.urls` now, elsewhere `urls` or `result.video_url` (Krea: answers).
        clips = clips_in(
            body, result.get("urls"), state.get("urls"), {"video_url": result.get("video_url")}
        )
        return Snapshot(
            generation_id=_job_id(body) or _job_id(state),
            phase=phase_of(status_of(state), message, clips),
            status=status_of(words),
            clips=clips.addresses,
            message=message,
            usage=_usage(places),
            usage_unread=is_unread(places, (_MICRODOLLARS, _DOLLARS)),
            reason=why.reason,
            refused=why.what,
        )

    def id_in(self, headers: Mapping[str, str]) -> str | None:
        """Return the id in the address of the new job, should a server name it so."""
        return id_in_location(headers, r"/jobs/([^/?#]+)$")

    def refusal(self, reply: Reply) -> ProviderError:
        """Understand an answer that is not a 2xx; its words have many names (Krea: errors)."""
        return refusal(self.label, reply)

    def cancel(self, generation_id: str) -> Call:
        """Return the request that stops a job; its answer has no body to read (Krea: list)."""
        return Call(method="DELETE", path=_job_path(generation_id))

    def find(self, order: Order, page: int) -> Call | None:
        """Return the list of jobs made before the latest moment at which this one can have been."""
        if page > 0:
            return None
        cursor = iso(order.sent_at + LATEST)
        return Call(method="GET", path="/jobs", query={"cursor": cursor, "limit": "100"})

    def found(self, order: Order, reply: Reply) -> Sequence[str]:
        """Return the jobs made when this order was sent; they carry nothing else of ours."""
        items = reply.json.get("items")
        return [
            generation_id
            for item in (items if isinstance(items, list) else [])
            if isinstance(item, dict)
            and (generation_id := readable_id(item.get("job_id")))
            and _made_then(item.get("created_at"), order.sent_at)
        ]

    def upload(self, file: Path) -> Call:
        """Return the request that hands a file over; others are refused (Krea: uploads)."""
        return Call(method="POST", path="/assets", file=file)

    def uploaded(self, reply: Reply) -> str:
        """Return the address of the file: `image_url`, for clips too."""
        url = reply.json.get("image_url")
        if not isinstance(url, str) or not url:
            raise Unintelligible(f"{self.label} took the file and did not say where it is.")
        return url

    def balance(self) -> None:
        """Krea tells no balance to an ordinary key (Krea: keys)."""

    def read_balance(self, reply: Reply) -> Balance:
        """Never asked, since there is no such request."""
        raise Unintelligible(f"{self.label} tells no balance.")


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _job_path(generation_id: str) -> str:
    return f"/jobs/{quote(generation_id, safe='')}"


def _job_id(state: Json) -> str | None:
    return readable_id(state.get("job_id")) or readable_id(state.get("id"))


def _usage(places: Sequence[Json]) -> dict[str, float]:
    micros = cost(places, (_MICRODOLLARS,), MOST_DOLLARS * MICROS)
    usd = cost(places, (_DOLLARS,), MOST_DOLLARS)
    if usd is None and micros is not None:
        usd = micros / MICROS
    return {} if usd is None else {"usd": usd}


def _made_then(created_at: Any, sent_at: datetime) -> bool:
    try:
        made = datetime.fromisoformat(str(created_at))
    except ValueError:
        return False
    made = made if made.tzinfo else made.replace(tzinfo=UTC)
    return EARLIEST <= made - sent_at <= LATEST
