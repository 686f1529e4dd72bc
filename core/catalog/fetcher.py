"""Brings the copies of one provider's documents up to date, within bounds, and says what failed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from pydantic import SecretStr

from core.catalog.document_store import DocumentStore
from core.catalog.parse_cache import ParseCache
from core.client import Clock
from core.client.conditional_get import Budget, Documents, Fetched, Unread, read_documents
from core.providers.model_source import Discovery, ModelDocument
from core.providers.protocol import Provider

log = logging.getLogger(__name__)

AT_ONCE = 6
LONGEST_DOCUMENT, LONGEST_SUM = 16 * 2**20, 64 * 2**20
LONGEST_FETCH = 300.0
"""Seconds for all documents of a provider; what did not come then comes the next time."""

MOST_LINES = 10
"""Lines in the log about one fetch: a broken server must not fill it."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a provider's documents are read; `key` is the operator's, where there is one.

    `by_itself` tells whether they are fetched without anybody asking.
    """

    provider: Provider
    discovery: Discovery
    base_url: str
    key: SecretStr | None = None
    by_itself: bool = False


@dataclass(kw_only=True)
class FetchResult:
    """What a fetch brought: the roots as they are now, new or kept, and what went wrong.

    `fresh` holds the roots that are newer than their copies, which the fetcher leaves alone.
    """

    roots: dict[str, bytes] = field(default_factory=dict)
    fresh: dict[str, Fetched] = field(default_factory=dict)
    leaves: int = 0
    troubles: list[str] = field(default_factory=list)
    is_whole: bool = False


class Fetcher:
    """Fetches one provider's documents; a broken one never takes the place of a good one."""

    def __init__(
        self, source: Source, copies: DocumentStore, readings: ParseCache, clock: Clock
    ) -> None:
        self._source = source
        self._discovery = source.discovery
        self._copies = copies
        self._readings = readings
        self._clock = clock

    async def fetch(self) -> FetchResult:
        """Fetch what has changed; what cannot be had is told in the harvest, and never raised."""
        harvest = FetchResult()
        budget = Budget(each=LONGEST_DOCUMENT, left=LONGEST_SUM)
        opening = read_documents(self._source.base_url, self._source.key, budget, clock=self._clock)
        try:
            async with asyncio.timeout(LONGEST_FETCH), opening as documents:
                await self._fetch(documents, harvest)
        except TimeoutError:
            self._trouble(harvest, "the documents", "they came too slowly in sum")
        return harvest

    async def _fetch(self, documents: Documents, harvest: FetchResult) -> None:
        for root in self._discovery.roots:
            await self._root(documents, root, harvest)
        if self._discovery.roots[0] not in harvest.roots:
            return
        leaves = self._discovery.leaves(harvest.roots, self._source.base_url)
        turns = asyncio.Semaphore(AT_ONCE)
        harvest.leaves = len(leaves)
        async with asyncio.TaskGroup() as tasks:
            for leaf in leaves:
                if leaf.paths[0] not in harvest.roots:
                    tasks.create_task(self._leaf(documents, leaf, harvest, turns))
        harvest.is_whole = True

    async def _root(self, documents: Documents, root: str, harvest: FetchResult) -> None:
        is_needed = root == self._discovery.roots[0]
        copy = self._copies.read(root)
        if copy:
            harvest.roots[root] = copy.data
        try:
            fetched = await documents.get(root, copy.etag if copy else "")
            if fetched:
                self._discovery.check(root, fetched.data)
                harvest.roots[root] = fetched.data
                harvest.fresh[root] = fetched
        except (Unread, ValueError) as error:
            if is_needed or not _is_missing(error):
                self._trouble(harvest, root, str(error))

    async def _leaf(
        self,
        documents: Documents,
        leaf: ModelDocument,
        harvest: FetchResult,
        turns: asyncio.Semaphore,
    ) -> None:
        error: Exception | None = None
        async with turns:
            for path in leaf.paths:
                try:
                    await self._renew(documents, leaf, path)
                except (Unread, ValueError) as refused:
                    error = error or refused
                    if not _is_missing(refused):
                        break
                else:
                    return
        self._trouble(harvest, leaf.paths[0], str(error))

    async def _renew(self, documents: Documents, leaf: ModelDocument, path: str) -> None:
        copy = self._copies.read(path)
        fetched = await documents.get(path, copy.etag if copy else "")
        if fetched:
            self._readings.of(leaf, fetched.data)
            self._copies.keep(path, fetched.data, etag=fetched.etag, fetched_at=self._clock.now())

    def _trouble(self, harvest: FetchResult, path: str, why: str) -> None:
        harvest.troubles.append(why)
        if len(harvest.troubles) <= MOST_LINES:
            log.warning("%s: %s is not used: %s", self._source.provider.label, path, why)


def _is_missing(error: Exception) -> bool:
    return isinstance(error, Unread) and error.status in (404, 405, 410)
