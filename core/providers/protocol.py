"""What a provider is, and the values that it and the client speak in; it does no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from core.errors import ProviderError
from core.models import ModelSpec

Json = dict[str, Any]


class State(StrEnum):
    """Where a job stands, in our words."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    SAVING = "saving"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCONFIRMED = "unconfirmed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in FINAL


FINAL = frozenset({State.COMPLETED, State.FAILED, State.CANCELLED, State.UNCONFIRMED})


class Phase(StrEnum):
    """Where a task stands at the provider; each provider's own words are mapped onto these.

    `UNCLEAR` is a word that nobody here knows, together with an error or a clip.
    """

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCLEAR = "unclear"


ENDS = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})


class Reason(StrEnum):
    """Why a provider refused an order or failed a task, as far as its words tell."""

    UNTOLD = "untold"
    CREDIT = "credit"
    PLAN = "plan"
    CONTENT = "content"
    KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Call:
    """An HTTP request yet to be made; `file` travels as multipart."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer: `body` is its JSON where it was JSON, as it came, and only to be read.

    `said` is the same, and `text` what it said at any rate, without the key: to be kept and shown.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str
    said: Any = None

    @property
    def json(self) -> Json:
        """The body where it is an object or a list of just one, else an empty one."""
        only = _only(self.body)
        return only if isinstance(only, dict) else {}

    @property
    def words(self) -> Any:
        """The body, to take words from that are kept or shown."""
        return _only(self.body if self.said is None else self.said)


def _only(body: Any) -> Any:
    return body[0] if isinstance(body, list) and len(body) == 1 else body


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the provider last said about a task.

    `status` is its own word. `clips` are addresses, the main one first; a clip inside the answer
    has a data URI. `usage` holds {"credits": int, "usd": float}, as far as told;
    `usage_unread`: something is told of the cost that is no figure.
    `reason` and `refused` tell of an end without a clip: why, and which content it was that was
    refused (`prompt`, `result`, a field's name; empty where the provider does not say).
    """

    generation_id: str | None
    phase: Phase
    status: str
    clips: tuple[str, ...] = ()
    message: str | None = None
    progress: float | None = None
    usage: Mapping[str, float] = field(default_factory=dict)
    usage_unread: bool = False
    reason: Reason = Reason.UNTOLD
    refused: str = ""

    @property
    def video_url(self) -> str | None:
        """The address of the main clip, where there is one."""
        return self.clips[0] if self.clips else None


@dataclass(frozen=True, kw_only=True)
class Order:
    """The paid request of one job, as far as it helps to find it again."""

    request_id: str
    sent_at: datetime
    model_id: str


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What is left in an account at a provider."""

    amount: float
    currency: str


class Provider(Protocol):
    """An API, as pure functions between our words and its own."""

    @property
    def name(self) -> str:
        """The short name used in keys and settings, e.g. `krea`."""

    @property
    def label(self) -> str:
        """The name that people read, e.g. `AI/ML API`."""

    @property
    def base_url(self) -> str:
        """The vendor's own address."""

    @property
    def keys_page(self) -> str:
        """Where a person makes a key."""

    @property
    def can_cancel(self) -> bool:
        """Whether a task can be stopped at the provider; if not, we can only stop watching."""

    @property
    def takes_data_uris(self) -> bool:
        """Whether a file may travel inside the order; if not, it is uploaded first."""

    @property
    def replays(self) -> str | None:
        """The header by which the API documents that it replays an order's first answer, if any."""

    @property
    def finds_by_name(self) -> bool:
        """Whether `found` goes by our own id; if not, by the time alone, and may be another's."""

    @property
    def turned_away(self) -> frozenset[int]:
        """The statuses by which the API documents that an order was not taken."""

    def create(self, spec: ModelSpec, values: Mapping[str, Any], request_id: str) -> Call:
        """Return the paid request that starts a task."""

    def poll(self, spec: ModelSpec, generation_id: str) -> Call:
        """Return the free request that asks after a task."""

    def read(self, reply: Reply) -> Snapshot:
        """Understand the 2xx answer to either. Raises `Unintelligible`."""

    def id_in(self, headers: Mapping[str, str]) -> str | None:
        """Return the generation id that the head of an answer to an order tells, if it does."""

    def refusal(self, reply: Reply) -> ProviderError:
        """Understand an answer that is not a 2xx."""

    def cancel(self, generation_id: str) -> Call | None:
        """Return the request that stops a task, where the provider has one."""

    def find(self, order: Order, page: int) -> Call | None:
        """Return the request for page 0, 1 … of what was ordered lately; None after the last."""

    def found(self, order: Order, reply: Reply) -> Sequence[str]:
        """Return the generation ids on such a page that can be this order's."""

    def upload(self, file: Path) -> Call | None:
        """Return the request that hands a file to the provider, where it has one."""

    def uploaded(self, reply: Reply) -> str:
        """Return the address of the file that was handed over. Raises `Unintelligible`."""

    def balance(self) -> Call | None:
        """Return the request for what is left in the account, where the provider tells."""

    def read_balance(self, reply: Reply) -> Balance:
        """Understand the answer to it. Raises `Unintelligible`."""
