"""The tasks that were ordered, one JSON file each; only this module touches those files."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.sandbox.faults import Fault


class Stage(StrEnum):
    """Where a task stands, before a vendor's own word is put on it."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A stage, and how far through it the task is, from 0 to 1."""

    stage: Stage
    fraction: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Task:
    """All there is to know about an order: with its clip, the whole state of the sandbox.

    `created` is in seconds of the epoch; `queued` and `total` are seconds since then; `media`
    maps a parameter to the file in the folder `sources`; `flaw` says what is wrong with the one
    that came under the name `flawed`; `take` is the clip's `width`, `height`, `fps` and `frames`,
    so that it can be made after the model has gone.
    """

    id: str
    vendor: str
    model: str
    created: float
    queued: float
    total: float
    values: Mapping[str, Any]
    seed: int
    media: Mapping[str, str] = field(default_factory=dict)
    take: Mapping[str, int] = field(default_factory=dict)
    flaw: str = ""
    flawed: str = ""
    faults: tuple[str, ...] = ()
    credits: int = 0
    legacy: bool = False
    backlogged: bool = False
    client_request_id: str | None = None
    request_id: str = ""
    cancelled: bool = False
    deleted: bool = False
    serial: int = 0

    @property
    def name(self) -> str:
        """The task's name in file names and addresses: ids hold slashes and colons."""
        return name_of(self.id)

    @property
    def model_id(self) -> str:
        """The vendor's own name for the model."""
        return self.model.partition(":")[2]

    @property
    def fails(self) -> bool:
        """Whether the task is bound to fail."""
        return bool(self.flaw) or self.has(Fault.FAIL) or (self.refused and self.vendor != "krea")

    @property
    def refused(self) -> bool:
        """Whether a filter withholds the clip."""
        return self.has(Fault.NSFW)

    @property
    def needs_clip(self) -> bool:
        """Whether there is anything to render."""
        return not (self.fails or self.refused or self.cancelled or self.deleted)

    def has(self, fault: Fault) -> bool:
        """Whether the prompt asked for that fault."""
        return fault.value in self.faults

    def standing(self, now: float, *, clip_ready: bool, broken: bool) -> Standing:
        """Return where the task stands at `now`; it is never done before its clip is there."""
        age = max(0.0, now - self.created)
        if self.cancelled:
            return Standing(stage=Stage.CANCELLED)
        if age < self.queued or self.has(Fault.STUCK):
            return Standing(stage=Stage.WAITING, fraction=min(1.0, age / self.queued))
        if age < self.total:
            fraction = (age - self.queued) / (self.total - self.queued)
            return Standing(stage=Stage.WORKING, fraction=fraction)
        if self.fails or broken:
            return Standing(stage=Stage.FAILED)
        if self.refused or clip_ready:
            return Standing(stage=Stage.DONE, fraction=1.0)
        return Standing(stage=Stage.WORKING, fraction=0.99)


def name_of(task_id: str) -> str:
    """Return the name that stands for an id in file names and addresses."""
    return hashlib.sha256(task_id.encode(errors="replace")).hexdigest()[:32]


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class TaskFolder:
    """A folder of tasks, which several processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._read: dict[str, tuple[int, Task]] = {}
        self._lock = threading.Lock()
        self._latest = 0.0

    def add(self, task: Task) -> Task:
        """Keep a new task and return it as it was kept: no two are born in the same instant."""
        with self._lock:
            self._latest = max(task.created, self._latest + 1e-6)
            task = replace(task, created=self._latest, serial=time.time_ns())
        self.keep(task)
        return task

    def keep(self, task: Task) -> None:
        """Write a task, new or changed."""
        text = json.dumps(asdict(task), ensure_ascii=False)
        write_atomically(self._path(task.name), text.encode("utf-8", "surrogatepass"))

    def get(self, task_id: str) -> Task | None:
        """Return the task of that id, if there is one."""
        task = self._load(self._path(name_of(task_id)))
        return task if task and task.id == task_id else None

    def all(self, vendor: str) -> list[Task]:
        """Return a vendor's tasks, deleted ones too, newest first."""
        found = [task for path in self._folder.glob("*.json") if (task := self._load(path))]
        return sorted(
            (task for task in found if task.vendor == vendor),
            key=lambda task: (task.created, task.serial),
            reverse=True,
        )

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _load(self, path: Path) -> Task | None:
        try:
            stamp = path.stat().st_mtime_ns
            known = self._read.get(path.name)
            if known and known[0] == stamp:
                return known[1]
            facts = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
        except FileNotFoundError:
            return None
        task = Task(**facts | {"faults": tuple(facts["faults"])})
        self._read[path.name] = (stamp, task)
        return task
