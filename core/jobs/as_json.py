"""A job as the public API and the page see it: plain JSON, with nothing that is not theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.jobs.job import Job, clip_count, missing_clips, role_of
from core.models import ModelSpec
from core.params import is_seed_name
from core.providers.protocol import Provider, State
from core.system.timestamps import iso

Json = dict[str, Any]

_ROLES = ("video", "poster", "preview", "gif")
_WAITING = (State.QUEUED, State.SUBMITTING)
_ENDED_WITHOUT = (State.FAILED, State.CANCELLED)


def describe(
    job: Job, spec: ModelSpec, provider: Provider | None, expected: float, now: datetime
) -> Json:
    """Return the job as JSON; `expected` is the usual time at the provider, in seconds.

    `provider` is None where this version knows none of that name.
    """
    return {
        "id": job.id,
        "model": job.model,
        "name": spec.name,
        "task": spec.task,
        "provider": job.provider,
        "provider_label": provider.label if provider else job.provider,
        "live": job.live,
        "state": str(job.state),
        "provider_status": job.provider_status,
        "generation_id": job.generation_id,
        "params": dict(job.params),
        "seed": _seed(job),
        "created_at": _moment(job.created_at),
        "submitted_at": _moment(job.submitted_at),
        "completed_at": _moment(job.completed_at),
        "progress": job.progress,
        "expected": round(expected, 1),
        "eta_seconds": _eta(job, expected, now),
        "note": job.note,
        "can_cancel": provider.can_cancel if provider else False,
        "files": {role: _address(job, role) for role in _ROLES},
        "copy": _copy(job),
        "signed": job.facts.get("signed") is True,
        "settings_file": _address(job, "settings"),
        "clips": _clips(job),
        "clips_missing": len(missing_clips(job)),
        "sources": _sentences(job.facts.get("sources")),
        "size": _size(job),
        "gif": _gif(job),
        "took": {"provider": job.provider_seconds, "ours": job.our_seconds},
        "usage": dict(job.usage),
        "cost": cost(job),
        "error": job.error.as_json() if job.error else None,
    }


def cost(job: Job) -> Json | None:
    """Return what a take cost in dollars, or None where the provider has not said."""
    if not job.live:
        return {"amount": 0.0, "currency": "USD", "basis": "sandbox"}
    if job.charged is None:
        return None
    basis = "not charged" if job.state in _ENDED_WITHOUT and job.is_free else "charged"
    return {"amount": round(job.charged, 6), "currency": "USD", "basis": basis}


def _eta(job: Job, expected: float, now: datetime) -> float | None:
    if job.state in _WAITING:
        return round(expected, 1)
    if job.state is not State.RUNNING or job.submitted_at is None:
        return None
    left = expected - (now - job.submitted_at).total_seconds()
    return round(left, 1) if left > 0 else None


def _address(job: Job, role: str) -> str | None:
    name = job.files.get(role)
    return f"/takes/{job.token}/{name}" if name else None


def _copy(job: Job) -> Json | None:
    """Return our copy for browsers that do not play the provider's file, and why there is one."""
    obstacle, url = job.facts.get("obstacle"), _address(job, "playable")
    if not url or not isinstance(obstacle, dict):
        return None
    words = {name: obstacle.get(name, "") for name in ("what", "mime")}
    return {"url": url, **words, "silent": obstacle.get("silent", False)}


def _clips(job: Job) -> list[dict[str, str | None]]:
    """Return the files of each clip of a take of several, the main one first, as far as it came."""
    numbers = [n for n in range(1, clip_count(job) + 1) if role_of("video", n) in job.files]
    return [
        {role: _address(job, role_of(role, number)) for role in _ROLES[:3]} for number in numbers
    ]


def _size(job: Job) -> Json | None:
    names = ("width", "height", "frames", "fps", "seconds", "bytes")
    return _figures(job, {name: name for name in names})


def _gif(job: Job) -> Json | None:
    names = {name: f"gif_{name}" for name in ("width", "height", "fps", "frames")}
    return _figures(job, names | {"bytes": "gif_size_bytes"})


def _figures(job: Job, names: Mapping[str, str]) -> Json | None:
    """Return facts of a job under the names that they are shown by; None where one is missing."""
    found = {shown: job.facts.get(name) for shown, name in names.items()}
    are_all = all(type(figure) in (int, float) for figure in found.values())
    return found if are_all else None


def _seed(job: Job) -> int | None:
    """Return the number by which the take can be made again, where the model takes one."""
    seeds = (value for name, value in job.params.items() if is_seed_name(name))
    return next((seed for seed in seeds if type(seed) is int), None)


def _sentences(said: Any) -> list[str]:
    return [words for words in said if isinstance(words, str)] if isinstance(said, list) else []


def _moment(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
