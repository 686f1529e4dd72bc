"""Writes takes straight into a store, as if they had been made: so many, or so long ones."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import MODELS
from core.jobs.files import JobFiles
from core.jobs.job import CLIP, GIF, POSTER, PREVIEW, Job
from core.jobs.store import JobStore
from core.providers.protocol import State

FACTS = {"width": 832, "height": 480, "frames": 78, "fps": 16.0, "seconds": 4.875, "bytes": 900_000}
PROMPT = "A fox runs over a snowy hill at dawn, its breath in the cold air, take number {}"


def database(folder: Path) -> str:
    """Return the address of the database in a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'dailies.db'}"


def write_past(
    folder: Path, model: str, durations: Sequence[float], *, made: Path | None = None
) -> None:
    """Write one completed take for each duration, in seconds; their files are copies of `made`'s.

    Without `made` they have none.
    """
    store, job_files = JobStore(database(folder)), JobFiles(folder / "takes")
    params = {p.name: p.default for p in MODELS[model].params if p.default is not None}
    try:
        for number, duration in enumerate(durations):
            job = _take(model, params, number, duration)
            if made:
                shutil.copytree(made, job_files.folder(job), dirs_exist_ok=True)
                names = {"video": CLIP, "poster": POSTER, "preview": PREVIEW, "gif": GIF}
                store.add(job)
                store.change(job.id, files=names, facts=FACTS)
            else:
                store.add(job)
    finally:
        store.close()


def _take(model: str, params: dict[str, object], number: int, duration: float) -> Job:
    ordered = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=number)
    noticed = ordered + timedelta(seconds=duration)
    return Job(
        id=secrets.token_hex(16),
        token=secrets.token_hex(16),
        owner="",
        model=model,
        provider=model.partition(":")[0],
        live=True,
        key_from="operator",
        params=params | {"prompt": PROMPT.format(number)},
        request_id=f"dailies-{secrets.token_hex(8)}",
        state=State.COMPLETED,
        generation_id=f"past-{number}",
        progress=1.0,
        dollars=0.13,
        created_at=ordered,
        submitted_at=ordered,
        finished_at=noticed,
        completed_at=noticed + timedelta(seconds=2),
    )
