"""What is known of one provider's models: read from the copies, renewed from the provider."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.catalog.document_store import DocumentStore
from core.catalog.export import as_schema, from_schema
from core.catalog.fetcher import Fetcher, FetchResult, Source
from core.catalog.parse_cache import ParseCache
from core.client import Clock
from core.models import ModelSpec, Withdrawal
from core.providers.model_source import ModelDocument

log = logging.getLogger(__name__)

MOST_GONE = 400
"""Models that are remembered after they left the list."""

GONE, STATE = "gone", "state"

Left = Mapping[str, tuple[str, ModelSpec]]
"""By id, models that are not in the documents any more, and the day on which that was noticed.

The day is empty for one that the provider still lists: only its document was lost.
"""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The models of a provider by id, in its own order.

    `listed` holds the ids that it offers today; None until its list has been read.
    """

    specs: Mapping[str, ModelSpec] = field(default_factory=dict)
    left: Left = field(default_factory=dict)
    withdrawals: Mapping[str, Withdrawal] = field(default_factory=dict)
    listed: frozenset[str] | None = None
    digests: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """A word that changes when the models do."""
        gone = [f"{name}={day}" for name, (day, _) in self.left.items()]
        return _digest("\n".join([*self.digests, *gone]).encode())

    def all(self) -> dict[str, ModelSpec]:
        """Return every model, those that are given up marked so."""
        left = {
            name: replace(spec, withdrawn=Withdrawal(since=day, replaced_by="")) if day else spec
            for name, (day, spec) in self.left.items()
        }
        return {name: self._marked(spec) for name, spec in {**self.specs, **left}.items()}

    def withdrawal(self, names: tuple[str, ...]) -> Withdrawal | None:
        """Return what the provider says of the end of a model with these names."""
        return next((self.withdrawals[name] for name in names if name in self.withdrawals), None)

    def _marked(self, spec: ModelSpec) -> ModelSpec:
        told = self.withdrawal((spec.id, *spec.aliases))
        return replace(spec, withdrawn=told) if told else spec


class ProviderModels:
    """One provider's models. Its `contents` may be read from any thread; the rest is one loop's."""

    def __init__(self, source: Source, folder: Path, clock: Clock) -> None:
        at = hashlib.sha256(source.base_url.encode()).hexdigest()[:8]
        self.source = source
        self.contents = Contents()
        self.fetched_at: datetime | None = None
        self.note = ""
        self.is_busy = False
        self._copies = DocumentStore(folder / f"{source.provider.name}-{at}")
        self._readings = ParseCache(source.discovery)
        self._clock = clock

    async def load(self) -> None:
        """Read what the disk holds."""
        state = self._copies.noted(STATE)
        if isinstance(state, dict):
            self.fetched_at = _moment(state.get("fetched_at"))
        roots = {root: self._copies.read(root) for root in self.source.discovery.roots}
        data = {root: copy.data for root, copy in roots.items() if copy}
        try:
            self.contents = await self._read(data, self._left_before())
        except ValueError as error:
            self.note = f"The list of models kept from before cannot be read. {error}"

    async def renew(self) -> bool:
        """Fetch what has changed; return whether the provider's list was had."""
        fetcher = Fetcher(self.source, self._copies, self._readings, self._clock)
        harvest = await fetcher.fetch()
        await self._take(harvest)
        self.note = _note(harvest)
        return harvest.is_whole

    async def _take(self, harvest: FetchResult) -> None:
        if self.source.discovery.roots[0] not in harvest.roots:
            return
        now = self._clock.now()
        contents = await self._read(harvest.roots, {}, harvest.fresh)
        left = self._left_now(contents)
        # Before the list that they are missing from: a crash between the two must not lose them.
        self._copies.note(GONE, _as_note(left))
        for root, fetched in harvest.fresh.items():
            self._copies.keep(root, fetched.data, etag=fetched.etag, fetched_at=now)
        self.contents = replace(contents, left=left)
        if harvest.is_whole:
            self.fetched_at = now
            self._copies.note(STATE, {"fetched_at": now.isoformat()})
            self._tidy(harvest.roots)

    async def _read(
        self, roots: Mapping[str, bytes], left: Left, fresh: Collection[str] = ()
    ) -> Contents:
        discovery = self.source.discovery
        first = discovery.roots[0]
        if first not in roots:
            return Contents(left=left)
        specs, digests = await self._models(discovery.leaves(roots, self.source.base_url), roots)
        copy = None if first in fresh else self._copies.read(first)
        at = copy.fetched_at if copy else self._clock.now()
        listed = discovery.listed(roots)
        return Contents(
            specs={name: _dated(spec, at) for name, spec in specs.items()},
            left={name: gone for name, gone in left.items() if name not in specs},
            withdrawals=discovery.withdrawals(roots),
            listed=frozenset(specs) if listed is None else listed,
            digests=(*map(_digest, roots.values()), *digests),
        )

    async def _models(
        self, leaves: Sequence[ModelDocument], roots: Mapping[str, bytes]
    ) -> tuple[dict[str, ModelSpec], list[str]]:
        specs, digests = dict[str, ModelSpec](), list[str]()
        for leaf in leaves:
            await asyncio.sleep(0)  # so that the end of the app need not wait for all of them
            if (data := self._data(leaf, roots)) is not None:
                digests.append(_digest(data))
                for spec in self._specs(leaf, data):
                    specs.setdefault(spec.id, spec)
        self._readings.let_go()
        return specs, digests

    def _specs(self, leaf: ModelDocument, data: bytes) -> tuple[ModelSpec, ...]:
        try:
            return self._readings.of(leaf, data)
        except ValueError as error:
            label = self.source.provider.label
            log.warning("%s: the kept %s is not used: %s", label, leaf.paths[0], error)
            return ()

    def _data(self, leaf: ModelDocument, roots: Mapping[str, bytes]) -> bytes | None:
        if leaf.paths[0] in roots:
            return roots[leaf.paths[0]]
        copies = (self._copies.read(path) for path in leaf.paths)
        return next((copy.data for copy in copies if copy), None)

    def _tidy(self, roots: Mapping[str, bytes]) -> None:
        leaves = self.source.discovery.leaves(roots, self.source.base_url)
        used = {path for leaf in leaves for path in leaf.paths}
        self._copies.forget(but={*self.source.discovery.roots, *used})

    def _left_before(self) -> Left:
        noted = self._copies.noted(GONE)
        found: dict[str, tuple[str, ModelSpec]] = {}
        for name, gone in noted.items() if isinstance(noted, dict) else ():
            try:
                found[str(name)] = (str(gone["since"]), from_schema(gone["entry"]))
            except (ValueError, TypeError, KeyError) as error:
                log.warning("the entry kept of %s is not used: %s", name, error)
        return found

    def _left_now(self, contents: Contents) -> Left:
        today = self._clock.now().date().isoformat()
        before = {name: ("", spec) for name, spec in self.contents.specs.items()}
        left: dict[str, tuple[str, ModelSpec]] = {}
        for name, (day, spec) in {**before, **self.contents.left}.items():
            if name in contents.specs:
                continue
            # One that is listed still, and whose document was lost, has only lost its document.
            is_listed = contents.listed is not None and name in contents.listed
            left[name] = ("" if is_listed else day or today, spec)
        return dict(list(left.items())[-MOST_GONE:])


def _dated(spec: ModelSpec, at: datetime) -> ModelSpec:
    if spec.price is None:
        return spec
    source = f"the provider's price list of {at.day} {at:%B %Y}"
    return replace(spec, price=replace(spec.price, source=source))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _as_note(left: Left) -> dict[str, Any]:
    return {name: {"since": day, "entry": as_schema(spec)} for name, (day, spec) in left.items()}


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None


def _note(harvest: FetchResult) -> str:
    if not harvest.troubles:
        return ""
    why = Counter(harvest.troubles).most_common(1)[0][0]
    if not harvest.is_whole:
        return f"not brought up to date ({why})"
    few = f"{len(harvest.troubles)} of {harvest.leaves + 1} documents"
    return f"{few} could not be read ({why}); what was known from before stays"
