"""Takes orders and says where they stand: what the two vendors' dialects have in common."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from core.models import MODELS, ModelSpec
from core.sandbox.faults import faults_in
from core.sandbox.measures import Take, seconds_of, take_of
from core.sandbox.order_files import (
    Facts,
    Fetch,
    SourceError,
    check_kind,
    decode_data_uri,
    facts_of,
)
from core.sandbox.order_words import prompt_of
from core.sandbox.renderer import render_task
from core.sandbox.tasks import Standing, Task, TaskFolder, name_of, write_atomically
from core.sandbox.timing import Pace, course_of
from core.sandbox.uploads import SUFFIXES, AssetFolder
from core.sandbox.workshop import Workshop

Models = Callable[[], Mapping[str, ModelSpec]]
"""The models that orders are taken for, by key, as they stand at the moment of asking."""

LARGEST_SEED = 2**63


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order that has been checked; `media` holds the files it brought, by parameter.

    Of a list of files each has the parameter's name with its place behind it: `image_urls.0`.
    """

    id: str
    spec: ModelSpec
    values: Mapping[str, Any]
    media: Mapping[str, bytes] = field(default_factory=dict)
    flaw: str = ""
    flawed: str = ""
    credits: int = 0
    legacy: bool = False
    backlogged: bool = False
    client_request_id: str | None = None


class TaskService:
    """The tasks, clips and assets in one folder, and the threads that render."""

    def __init__(
        self,
        folder: Path,
        *,
        models: Models,
        pace: Pace,
        clock: Callable[[], float],
        fetch: Fetch | None,
    ) -> None:
        self.models = models
        self.clock = clock
        self.assets = AssetFolder(folder / "assets")
        self.clips = folder / "clips"
        self.clips.mkdir(parents=True, exist_ok=True)
        self._tasks = TaskFolder(folder / "tasks")
        self._sources = folder / "sources"
        self._pace = pace
        self._fetch = fetch
        self._workshop = Workshop()

    def close(self) -> None:
        """Begin no more clips; a sandbox in the same folder takes them up again."""
        self._workshop.close()

    async def take(self, order: Order) -> Task:
        """Make a task of an order, and begin to render it."""
        return await asyncio.to_thread(self._take, order)

    async def find(self, vendor: str, task_id: str) -> Task | None:
        """Return a vendor's task that was not deleted, and see to it that it is being rendered."""
        task = await asyncio.to_thread(self._tasks.get, task_id)
        if not task or task.vendor != vendor or task.deleted:
            return None
        self._work_on(task)
        return task

    async def tasks(self, vendor: str, *, deleted: bool = False) -> list[Task]:
        """Return a vendor's tasks, newest first."""
        found = await asyncio.to_thread(self._tasks.all, vendor)
        return [task for task in found if deleted or not task.deleted]

    def standing(self, task: Task) -> Standing:
        """Return where a task stands now."""
        ready = self.clip(task).exists()
        broken = not ready and self._broken(task).exists()
        return task.standing(self.clock(), clip_ready=ready, broken=broken)

    def failure(self, task: Task) -> str:
        """Return why a task failed, in words for the one who ordered it."""
        if task.flaw:
            return task.flaw
        if self._broken(task).exists():
            return self._broken(task).read_text("utf-8")
        if task.refused:
            return "The content filter withheld the clip."
        return "The model could not finish this clip."

    async def cancel(self, task: Task) -> None:
        """Stop a task that has not ended."""
        await asyncio.to_thread(self._tasks.keep, replace(task, cancelled=True))

    async def delete(self, task: Task) -> None:
        """Forget a task that has ended, but for the count of orders."""
        await asyncio.to_thread(self._tasks.keep, replace(task, deleted=True))

    def clip(self, task: Task) -> Path:
        """Return the file that the task's clip is, or will be, in."""
        return self.clips / f"{task.name}.mp4"

    def file(self, name: str) -> Path | None:
        """Return the clip or asset of that file name, if there is one."""
        stem, _, suffix = name.partition(".")
        if not stem.replace("-", "").isalnum() or suffix not in SUFFIXES.values():
            return None
        paths = (self.clips / name, self.assets.path(name))
        return next((path for path in paths if path.is_file()), None)

    async def obtain(self, address: str, kind: str, request: Request) -> bytes:
        """Return the file that a data URI holds or an address leads to. Raises `SourceError`."""
        if address.startswith("data:"):
            data = await asyncio.to_thread(decode_data_uri, address)
        elif own := self.own_file(address, request):
            data = await asyncio.to_thread(own.read_bytes)
        else:
            data = await self._fetch_from(address)
        check_kind(data, kind)
        return data

    def own_file(self, address: str, request: Request) -> Path | None:
        """Return the file behind one of the sandbox's own addresses."""
        parts = urlsplit(address)
        if parts.netloc != urlsplit(str(request.base_url)).netloc:
            return None
        folder, _, name = parts.path.lstrip("/").partition("/")
        if folder == "assets" and (asset := self.assets.get(name)):
            name = asset.file
        return self.file(name) if folder in ("assets", "files") else None

    async def _fetch_from(self, address: str) -> bytes:
        if not self._fetch or not address.startswith("https://"):
            raise SourceError("Could not fetch the file from its address.")
        try:
            return await self._fetch(address)
        except Exception as error:  # whatever the one who injected it raises
            raise SourceError("Could not fetch the file from its address.") from error

    def _take(self, order: Order) -> Task:
        faults = faults_in(prompt_of(order.values))
        seconds = seconds_of(order.spec, order.values)
        course = course_of(self._pace, order.spec.id, seconds, faults)
        media = self._keep(order)
        seed = _seed(order.values.get("seed"))
        task = self._tasks.add(
            Task(
                id=order.id,
                vendor=order.spec.provider,
                model=order.spec.key,
                created=self.clock(),
                queued=course.queued,
                total=course.total,
                values=dict(order.values),
                seed=secrets.randbits(31) if seed is None else seed,
                media=media,
                take=asdict(take_of(order.spec, order.values, self._given(media))),
                flaw=order.flaw,
                flawed=order.flawed,
                faults=tuple(sorted(faults)),
                credits=order.credits,
                legacy=order.legacy,
                backlogged=order.backlogged,
                client_request_id=order.client_request_id,
                request_id=secrets.token_urlsafe(16)[:21],
            )
        )
        self._work_on(task)
        return task

    def _keep(self, order: Order) -> dict[str, str]:
        # A vendor's document names the parameters, and not with file systems in mind.
        media = {
            name: f"{name_of(order.id)}-{index}-{re.sub(r'[^A-Za-z0-9_]', '_', name)[:60]}"
            for index, name in enumerate(order.media)
        }
        for name, data in order.media.items():
            write_atomically(self._sources / media[name], data)
        return media

    def _given(self, media: Mapping[str, str]) -> Facts | None:
        known = (facts_of(self._sources / file) for file in media.values())
        return next((facts for facts in known if facts), None)

    def _work_on(self, task: Task) -> None:
        if task.needs_clip and not self.clip(task).exists() and not self._broken(task).exists():
            self._workshop.ensure(task.name, lambda: self._render(task))

    def _render(self, task: Task) -> None:
        media = {name: self._sources / file for name, file in task.media.items()}
        try:
            render_task(
                self._asked(task), task.values, task.seed, media=media, target=self.clip(task)
            )
        except Exception as error:
            write_atomically(self._broken(task), str(error).encode())
            raise

    def _asked(self, task: Task) -> Take:
        if task.take:
            return Take(**task.take)
        # A task of an earlier version of the sandbox, which knew the built-in models only.
        if task.model not in MODELS:
            raise SourceError("There is no such model any more.")
        return take_of(MODELS[task.model], task.values)

    def _broken(self, task: Task) -> Path:
        return self.clips / f"{task.name}.broken"


def _seed(value: Any) -> int | None:
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if whole and abs(value) < LARGEST_SEED else None
