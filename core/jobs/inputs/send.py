"""The files of one order on their way: found, fitted, weighed, and only then sent."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.client import Connection, whatever_it_is
from core.errors import DownloadFailed, InvalidInput, MediaError, StorageError, UnsafeMedia
from core.jobs.files import JobFiles
from core.jobs.inputs.accept import local
from core.jobs.inputs.file_types import Kind, check
from core.jobs.inputs.fit import Allotment, Fit, fit, shares
from core.jobs.inputs.signed_links import Links
from core.jobs.inputs.transport import is_own_address, refusal, warning, way_of
from core.jobs.inputs.upload_limits import Caps
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.models import ModelSpec
from core.params import Media, Several


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file of an order: the name that people know it by, and what was given for it."""

    label: str
    param: Media
    given: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """An item whose file is here, checked, and of a known kind."""

    item: Item
    path: Path
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a parcel is packed with."""

    store: JobStore
    job_files: JobFiles
    links: Links | None
    caps: Caps


class OrderFiles:
    """All files of one order. The same file, given twice, is fitted and sent once."""

    def __init__(self, job: Job, spec: ModelSpec, connection: Connection, means: Means) -> None:
        self._job = job
        self._spec = spec
        self._connection = connection
        self._means = means
        self._way = way_of(job, means.links)
        self._fits: dict[str, Fit] = {}
        self._sent: dict[str, str] = {}
        self.done: list[str] = []

    async def pack(self) -> None:
        """Fit every file and weigh them all; `done` then says what was changed.

        Raises `InvalidInput`, `MediaError` and `StorageError`; nothing has been sent then.
        """
        wanted = [item for param in self._spec.media_params() for item in self._items(param)]
        self._look_at_rules({item.param.name for item in wanted})
        once = dict[str, Item]()
        for item in wanted:
            once.setdefault(item.given, item)
        pieces = [await self._found(item, n) for n, item in enumerate(once.values())]
        for piece, room in zip(pieces, self._rooms(pieces), strict=True):
            made = await asyncio.to_thread(_fitted, piece, self._spec, room)
            self._fits[piece.item.given] = made
            if made.done:
                self.done.append(made.done)
        self._weigh(pieces)

    async def send(self) -> dict[str, Any]:
        """Return the job's values as the provider takes them. Raises `StudioError`."""
        values = dict(self._job.params)
        for param in self._spec.media_params():
            given = values.get(param.name)
            if isinstance(given, list):
                values[param.name] = [await self._address(str(one)) for one in given]
            elif given:
                values[param.name] = await self._address(str(given))
        return values

    def _items(self, param: Media | Several) -> list[Item]:
        """Return those files of a parameter that have to be brought to the provider."""
        given = self._job.params.get(param.name) or []
        one = param.item() if isinstance(param, Several) else param
        if not isinstance(given, list):
            items = [Item(label=param.label, param=one, given=str(given))]
        else:
            items = [
                Item(label=f"{param.label} {n}", param=one, given=str(file))
                for n, file in enumerate(given, start=1)
            ]
        return [item for item in items if not self._stays(item.given)]

    def _stays(self, given: str) -> bool:
        if not given.startswith("https://"):
            return False
        # Krea refuses addresses that are not its own (Krea: uploads), so they are brought there.
        return self._way != "upload" or is_own_address(self._job, given)

    def _look_at_rules(self, names: set[str]) -> None:
        if self._way != "inline":
            return
        problems = {}
        for param in self._spec.media_params():
            if why := refusal(self._spec, param, self._job.params):
                problems[param.name] = why
            elif param.name in names and (said := warning(self._spec, param)):
                self.done.append(said)
        if problems:
            raise InvalidInput(problems)

    async def _found(self, item: Item, number: int) -> Piece:
        from_afar = item.given.startswith("https://")
        path = await self._fetched(item, number) if from_afar else None
        try:
            path = path or await self._local(item.given)
            kind = await asyncio.to_thread(check, item.param, path)
        except (MediaError, ValueError) as error:
            raise UnsafeMedia(f"{item.label}: {error}") from error
        return Piece(item=item, path=path, kind=kind)

    async def _local(self, given: str) -> Path:
        store, job_files = self._means.store, self._means.job_files
        return await store.off_loop.read(lambda: local(store, job_files, given))

    async def _fetched(self, item: Item, number: int) -> Path:
        path = self._means.job_files.folder(self._job) / f"fetched-{number}.part"
        try:
            await self._connection.downloader.fetch(item.given, path, whatever_it_is)
        except DownloadFailed as error:
            # That error speaks of a clip that was paid for; here nothing was ordered.
            raise MediaError(
                f"{item.label}: no file could be fetched from its address. It must be a public "
                "https address that needs no log-in."
            ) from error
        return path

    def _rooms(self, pieces: list[Piece]) -> list[Allotment]:
        caps = self._means.caps
        match self._way:
            case "upload":
                return [Allotment(size_bytes=caps.upload, uploaded=True) for _ in pieces]
            case "link":
                return [Allotment(size_bytes=caps.total) for _ in pieces]
        sizes = [piece.path.stat().st_size for piece in pieces]
        return [Allotment(size_bytes=share) for share in shares(sizes, caps.inline)]

    def _weigh(self, pieces: list[Piece]) -> None:
        caps, way = self._means.caps, self._way
        sizes = [self._fits[piece.item.given].path.stat().st_size for piece in pieces]
        if way == "inline" and sum(sizes) > caps.inline:
            raise UnsafeMedia(
                f"The files are still {_megabytes(sum(sizes))} MB together after fitting; the most "
                f"is {_megabytes(caps.inline)} MB. Use smaller or shorter ones."
            )
        for piece, size in zip(pieces, sizes, strict=True):
            if way == "upload" and size > caps.upload:
                raise UnsafeMedia(
                    f"{piece.item.label} is still {_megabytes(size)} MB after fitting; the most is "
                    f"{_megabytes(caps.upload)} MB. Use a smaller or shorter one."
                )

    async def _address(self, given: str) -> str:
        if given not in self._sent:
            made = self._fits.get(given)
            self._sent[given] = await self._handed_over(made) if made else given
        return self._sent[given]

    async def _handed_over(self, made: Fit) -> str:
        if self._way == "upload":
            return await self._connection.client.upload(made.path)
        if self._way == "link" and self._means.links:
            return self._means.links.address(self._job.token, made.path.name)
        return await asyncio.to_thread(_data_uri, made)


def _fitted(piece: Piece, spec: ModelSpec, room: Allotment) -> Fit:
    label = piece.item.label
    try:
        return fit(label, piece.path, kind=piece.kind, spec=spec, room=room)
    except MediaError as error:
        raise type(error)(f"{label}: {error}") from error


def _data_uri(made: Fit) -> str:
    try:
        content = made.path.read_bytes()
    except OSError as error:
        raise StorageError(f"The file cannot be read ({error.strerror}).") from error
    return f"data:{made.mime};base64,{base64.b64encode(content).decode()}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.3g}"
