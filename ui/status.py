"""Tells which HTTP status an error of the studio is answered with."""

from __future__ import annotations

from core.errors import OtherOrder, StorageError, StudioError, TaskTaken, UnknownJob

_STATUSES = {UnknownJob: 404, TaskTaken: 409, OtherOrder: 422, StorageError: 507}


def status_of(error: StudioError) -> int:
    """Return the status: 400 for all that has none of its own."""
    return next((code for kind, code in _STATUSES.items() if isinstance(error, kind)), 400)
