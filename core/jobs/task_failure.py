"""Words the error of a task that ended badly at its provider: why, and what it cost; no I/O."""

from __future__ import annotations

from core.errors import (
    GenerationCancelled,
    GenerationFailed,
    TaskModerated,
    TaskUnpaid,
    after_moderation,
    moderation,
)
from core.providers.protocol import Phase, Reason, Snapshot

WHO = "The provider"


def failure(snapshot: Snapshot) -> GenerationFailed:
    """Return the error of a task that its provider calls failed or cancelled."""
    error = _failure(snapshot)
    error.provider_message = snapshot.message
    error.bill(snapshot.usage, unread=snapshot.usage_unread)
    return error


def _failure(snapshot: Snapshot) -> GenerationFailed:
    if snapshot.phase is Phase.CANCELLED:
        return GenerationCancelled("The task was cancelled at the provider.")
    match snapshot.reason:
        case Reason.CREDIT | Reason.PLAN:
            return TaskUnpaid("The provider says that the account cannot pay for this.")
        case Reason.CONTENT:
            error = TaskModerated(moderation(WHO, snapshot.refused))
            error.next_step = after_moderation(snapshot.refused)
            return error
        case _:
            return GenerationFailed("The provider could not make this clip.")
