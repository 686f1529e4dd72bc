"""A job: one generation that was asked for, from the press of the button to the files on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.errors import ErrorReport
from core.providers.protocol import State

KeyFrom = Literal["sandbox", "operator", "visitor"]
"""Whose key pays: nobody's, the operator's, or one that a visitor typed for this visit."""

CLIP, POSTER, PREVIEW, GIF = "clip.mp4", "poster.jpg", "preview.webp", "preview.gif"
PLAYABLE, SETTINGS = "playable.mp4", "settings.json"
"""The names of a take's files in its folder; names are ours, never the prompt's or a server's."""

CLIPS = "clips"
"""The fact that holds how many clips the provider made for a job."""

MOST_CLIPS = 16


def role_of(role: str, number: int) -> str:
    """Return the role of a file of the clip of that number: `video`, then `video_2` and so on."""
    return role if number == 1 else f"{role}_{number}"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One row of the history. Times are UTC, `took` seconds, `files` names by role.

    `token` stands in the addresses of its files, so that they cannot be guessed from its id.
    `dollars` is what the order counts in allowances: what was estimated, then what was charged.
    `facts` holds what was measured: of the clip (width, height, frames, fps, seconds, bytes) and
    of the GIF (gif_width, gif_height, gif_fps, gif_frames, gif_size_bytes).
    `account` stands for the key that ordered it, `order_digest` for what came with `request_key`.
    """

    id: str
    token: str
    owner: str
    model: str
    provider: str
    live: bool
    key_from: KeyFrom
    params: Mapping[str, Any]
    request_id: str
    request_key: str | None = None
    state: State = State.QUEUED
    provider_status: str = ""
    generation_id: str | None = None
    progress: float | None = None
    note: str = ""
    dollars: float | None = None
    usage: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorReport | None = None
    created_at: datetime
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    completed_at: datetime | None = None
    runner: str = ""
    revision: int = 0
    account: str | None = None
    order_digest: str | None = None

    @property
    def provider_seconds(self) -> float | None:
        """How long the provider took, from its taking the order to our noticing the end."""
        if self.submitted_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.submitted_at).total_seconds()

    @property
    def charged(self) -> float | None:
        """The dollars that it cost, as far as its provider has said; None in the sandbox."""
        if not self.live:
            return None
        if self.state in (State.FAILED, State.CANCELLED) and self.is_free:
            return 0.0
        return self.usage.get("usd")

    @property
    def is_free(self) -> bool:
        """Whether it met an error that came before anything was charged."""
        return self.error is not None and self.error.charged == "no"

    @property
    def our_seconds(self) -> float | None:
        """How long fetching and previews took."""
        if self.finished_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.finished_at).total_seconds()


def clip_count(job: Job) -> int:
    """Return how many clips the provider made for a job, as far as is known: one at least."""
    told = job.facts.get(CLIPS)
    return min(told, MOST_CLIPS) if isinstance(told, int) and told > 1 else 1


def missing_clips(job: Job) -> list[int]:
    """Return the numbers of the further clips that did not come; the first of all is number 1."""
    return [n for n in range(2, clip_count(job) + 1) if role_of("video", n) not in job.files]
