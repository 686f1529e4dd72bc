"""All models there are: those built in, as the vendors' documents have them now, and the vendors'.

Safe from any thread. What is slow, reading and fetching, is done in the background.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.catalog.admission import admitted, priced, unbelieved
from core.catalog.document_store import DocumentStore
from core.catalog.export import as_schema, from_schema
from core.catalog.fetcher import Source
from core.catalog.overlay import overlay
from core.catalog.provider_models import ProviderModels
from core.client import Clock
from core.errors import InvalidInput
from core.models import MODELS, ModelSpec, Withdrawal, find_model
from core.system.loop_thread import Background
from core.system.timestamps import iso

log = logging.getLogger(__name__)

DAY = 86400.0
AFTER_FAILURE = 900.0
"""Seconds until the next fetch by itself: after one that went well, and after one that did not."""

MOST_IMPORTED, MOST_OWN = 500, 50
"""Models that are brought in for all, and as many by all visitors for themselves; by each of them.
"""
PATIENCE = 5.0
"""Seconds that a model is waited for while the copies are being read, which takes about one."""

EVERYBODY = ""
"""The owner of what is there for all: a single person's, the operator's, or a shared studio's."""

_Import = tuple[str, str]
"""Whose import, and the model's key."""


class Catalog:
    """Holds the models in memory; `folder` keeps what the next start begins with."""

    def __init__(
        self,
        folder: Path,
        sources: Sequence[Source],
        *,
        background: Background,
        clock: Clock | None = None,
        every: float = DAY,
    ) -> None:
        self._clock = clock or Clock()
        self._holdings = {
            source.provider.name: ProviderModels(source, folder, self._clock) for source in sources
        }
        self._imports = DocumentStore(folder / "imported")
        self._imported: dict[_Import, ModelSpec] = {}
        self._own: Mapping[str, Mapping[str, ModelSpec]] = {}
        self._background = background
        self._every = every
        self._lock = threading.Lock()
        self._loaded = threading.Event()
        self._models: Mapping[str, ModelSpec] = MODELS
        self._version = _version(())
        self._status: Mapping[str, Mapping[str, Any]] = {}
        self._publish()

    def start(self) -> None:
        """Begin to read what the disk holds, and then to fetch what is fetched by itself."""
        self._background.begin(self._live)

    @property
    def version(self) -> str:
        """A short word that changes when the models change that are there for all."""
        return self._version

    def version_of(self, owner: str) -> str:
        """Return a short word that changes when the models of an owner change."""
        own = self._own.get(owner)
        return _version((self._version, owner, *own)) if own else self._version

    @property
    def is_loaded(self) -> bool:
        """Whether the copies on disk have been read."""
        return self._loaded.is_set()

    def models(self, owner: str = EVERYBODY) -> Mapping[str, ModelSpec]:
        """Return the models by key: those built in, then the vendors', then the imported ones."""
        own = self._own.get(owner)
        # What a visitor brought in takes no name of what is there for all.
        return MappingProxyType({**own, **self._models}) if own else self._models

    def known(self) -> Mapping[str, ModelSpec]:
        """Return the models of everybody together, as the sandbox has to know them."""
        every = {key: spec for own in self._own.values() for key, spec in own.items()}
        return {**every, **self._models} if every else self._models

    def find(self, name: str, owner: str = EVERYBODY) -> ModelSpec:
        """Return a model by its key, id or alias. Raises `InvalidInput`."""
        try:
            return find_model(name, self.models(owner))
        except InvalidInput:
            # In the first second after a start its copy may not have been read yet.
            if self.is_loaded or not self._loaded.wait(PATIENCE):
                raise
            return find_model(name, self.models(owner))

    def status(self) -> dict[str, dict[str, Any]]:
        """Return of each provider how many models are known, as of when, and what went wrong.

        {"models": int, "fetched_at": ISO date or None, "note": str, "busy": bool} by its name.
        """
        busy = {name: held.is_busy for name, held in self._holdings.items()}
        return {name: {**told, "busy": busy[name]} for name, told in self._status.items()}

    def refresh(self, providers: Collection[str] | None = None, *, older_than: float = 0.0) -> None:
        """Begin to fetch, from all providers or some, what was not fetched in so many seconds."""
        for name, holding in self._holdings.items():
            if providers is None or name in providers:
                self._background.begin(partial(self._renew, holding, older_than))

    def import_entry(self, body: Any, owner: str = EVERYBODY) -> ModelSpec:
        """Add a model that was exported as JSON Schema, for its owner alone or for everybody.

        Raises `InvalidInput`.
        """
        try:
            spec = unbelieved(from_schema(body))
        except ValueError as error:
            raise InvalidInput({"entry": str(error)}) from error
        mine = {key for whose, key in self._imported if whose == owner}
        others = {key: one for key, one in self.models(owner).items() if key not in mine}
        spec = admitted(spec, others)
        if spec.key not in mine:
            self._check_room(owner, len(mine))
        self._imports.note(_file(owner, spec), _noted(owner, spec))
        with self._lock:
            self._imported = {**self._imported, (owner, spec.key): spec}
        self._publish()
        return self.models(owner)[spec.key]

    def _check_room(self, owner: str, mine: int) -> None:
        visitors = sum(whose != EVERYBODY for whose, _ in self._imported)
        if owner != EVERYBODY and (mine >= MOST_OWN or visitors >= MOST_IMPORTED):
            raise InvalidInput({"entry": f"No more than {MOST_OWN} models can be imported."})
        if mine >= MOST_IMPORTED:
            raise InvalidInput({"entry": f"No more than {MOST_IMPORTED} models can be imported."})

    async def _live(self) -> None:
        await self._load()
        async with asyncio.TaskGroup() as tasks:
            for holding in self._holdings.values():
                if holding.source.by_itself:
                    tasks.create_task(self._keep_up(holding))

    async def _load(self) -> None:
        try:
            for holding in self._holdings.values():
                await holding.load()
            found = map(self._imports.noted, self._imports.names())
            read = [one for body in found if (one := _imported(body))]
            with self._lock:
                before = {(owner, spec.key): spec for owner, spec in read}
                self._imported = before | self._imported
            self._publish()
        finally:
            self._loaded.set()

    async def _keep_up(self, holding: ProviderModels) -> None:
        while True:
            went_well = await self._renew(holding)
            await asyncio.sleep(self._every if went_well else min(self._every, AFTER_FAILURE))

    async def _renew(self, holding: ProviderModels, older_than: float = 0.0) -> bool:
        while not self.is_loaded:  # noqa: ASYNC110  threads wait for the same event
            await asyncio.sleep(0.02)
        if holding.is_busy or _age(holding, self._clock) < older_than:
            return True
        holding.is_busy = True
        try:
            return await holding.renew()
        except Exception:
            log.exception("%s's models could not be read", holding.source.provider.label)
            holding.note = "not brought up to date; see the log"
            return False
        finally:
            self._publish()
            holding.is_busy = False

    def _publish(self) -> None:
        with self._lock:
            read = {name: held.contents.all() for name, held in self._holdings.items()}
            models = dict[str, ModelSpec]()
            for spec in MODELS.values():
                models[spec.key] = self._overlaid(spec, read.get(spec.provider, {}))
            for specs in read.values():
                for spec in specs.values():
                    models.setdefault(spec.key, spec)
            known = dict(models)
            own: dict[str, dict[str, ModelSpec]] = {}
            for (owner, key), spec in self._imported.items():
                there = models if owner == EVERYBODY else own.setdefault(owner, {})
                there.setdefault(key, priced(spec, known))
            self._models, self._own = MappingProxyType(models), own
            versions = [held.contents.version for held in self._holdings.values()]
            shared = [key for owner, key in self._imported if owner == EVERYBODY]
            self._version = _version((*versions, *shared))
            # Last: who sees in it that the models were fetched may look for them at once.
            self._status = {name: _told(held, models) for name, held in self._holdings.items()}

    def _overlaid(self, spec: ModelSpec, read: dict[str, ModelSpec]) -> ModelSpec:
        """Return a built-in entry as its vendor has it; what it is made of leaves `read`."""
        holding = self._holdings.get(spec.provider)
        contents = holding.contents if holding else None
        if contents is None or contents.listed is None:
            return spec
        name = _named(spec.id, read)
        found = read.pop(name) if name else None
        shown = overlay(spec, found) if found else spec
        told = contents.withdrawal((spec.id, *shown.aliases)) or (found and found.withdrawn)
        is_there = found or spec.id in contents.listed
        if not told and not is_there:
            # The vendor's list is whole, and it is not in there; when it went, nobody saw.
            told = spec.withdrawn or Withdrawal(since="", replaced_by="")
        return replace(shown, withdrawn=told) if told else shown


def _named(name: str, read: Mapping[str, ModelSpec]) -> str | None:
    if name in read:
        return name
    return next((key for key, spec in read.items() if name in spec.aliases), None)


def _noted(owner: str, spec: ModelSpec) -> dict[str, Any]:
    """Return what the disk keeps of an import; without an owner it is everybody's."""
    return as_schema(spec) if owner == EVERYBODY else {"owner": owner, "entry": as_schema(spec)}


def _imported(body: Any) -> tuple[str, ModelSpec] | None:
    is_own = isinstance(body, dict) and isinstance(body.get("owner"), str)
    owner, entry = (body["owner"], body.get("entry")) if is_own else (EVERYBODY, body)
    try:
        return owner, unbelieved(from_schema(entry))
    except ValueError as error:
        log.warning("an imported model is not used: %s", error)
        return None


def _file(owner: str, spec: ModelSpec) -> str:
    named = f"{owner}\n{spec.key}" if owner != EVERYBODY else spec.key
    return hashlib.sha256(named.encode()).hexdigest()[:40]


def _age(holding: ProviderModels, clock: Clock) -> float:
    if holding.fetched_at is None:
        return float("inf")
    return (clock.now() - holding.fetched_at).total_seconds()


def _told(holding: ProviderModels, models: Mapping[str, ModelSpec]) -> dict[str, Any]:
    moment, name = holding.fetched_at, holding.source.provider.name
    return {
        "models": sum(spec.provider == name for spec in models.values()),
        "fetched_at": iso(moment) if moment else None,
        "note": holding.note,
    }


def _version(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
