"""Words the feed: an owner's takes, or those that changed, as JSON written once for all pages."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core import ProviderStatus, Studio
from ui.arguments import moment, text
from ui.json_answer import JsonAnswer

Json = dict[str, Any]

NEWEST = 60

SERVES = 1.0
"""Seconds that words about the same takes serve again: what is left of a wait is in them too."""

LONGEST_SEARCH = 300
MOST = 100
"""Answers that are remembered; the longest unasked goes first."""


@dataclass(frozen=True, kw_only=True)
class _Worded:
    """The takes as JSON, of which state of theirs and of the models', and until when it serves."""

    text: bytes
    of: tuple[int, str]
    until: float


_Asked = tuple[str, str, str | None, int]
"""Whose takes, having which words, from before which moment, changed after which revision."""

ALL = -1
"""In place of a revision: changed or not."""


class Feed:
    """Answers from any thread. With many pages open, each change is asked for by all at once."""

    def __init__(self, studio: Studio, clock: Callable[[], float] = time.monotonic) -> None:
        self._studio = studio
        self._clock = clock
        self._lock = threading.Lock()
        self._worded: dict[_Asked, _Worded] = {}

    def news(self, owner: str, query: Mapping[str, str], browser: str = "") -> bytes:
        """Return JSON: what stands above the takes, and those that changed after `since`.

        Without it, or with one that is none of ours, the newest takes, or those from `before`;
        with `search`, of those the ones that are found by it, however old.
        """
        before, revision = query.get("before"), self._studio.revision(owner)
        search = text("search", query.get("search"), longest=LONGEST_SEARCH).strip()
        since = ALL if before or search else _known(query.get("since"), revision)
        said = self._said(owner, browser, revision)
        if since == revision:
            return _text(said)
        said["spent"] = self._spent(owner, query)
        # Two objects made one, so that the longer of them need not be written again
        return _text(said)[:-1] + b"," + self._takes((owner, search, before, since), revision)[1:]

    def _said(self, owner: str, browser: str, revision: int) -> Json:
        return {
            "revision": revision,
            "now": datetime.now(UTC).isoformat(),
            "providers": self._providers(owner, browser),
            "catalog": {
                "version": self._studio.catalog_version_of(owner),
                "providers": self._studio.catalog_status(),
            },
        }

    def _takes(self, asked: _Asked, revision: int) -> bytes:
        of = (revision, self._studio.catalog_version_of(asked[0]))
        # Whoever comes meanwhile waits for the words rather than finding the same ones beside
        with self._lock:
            worded = self._worded.pop(asked, None)
            if worded is None or worded.of != of or worded.until < self._clock():
                text = self._word(*asked)
                worded = _Worded(text=text, of=of, until=self._clock() + SERVES)
            self._worded[asked] = worded
            while len(self._worded) > MOST:
                del self._worded[next(iter(self._worded))]
        return worded.text

    def _word(self, owner: str, search: str, before: str | None, since: int) -> bytes:
        if since == ALL:
            until = moment("before", before)
            jobs = self._studio.jobs(owner, limit=NEWEST + 1, before=until, search=search)
        else:
            # Not older ones: a page that is told of them would take those between for read
            jobs = self._studio.changed(owner, after=since, among=NEWEST)
        described = [self._studio.describe(job) for job in jobs[:NEWEST]]
        return _text({"jobs": described, "more": len(jobs) > NEWEST})

    def _providers(self, owner: str, browser: str) -> list[Json]:
        balances = self._studio.balances(owner, browser)
        return [
            _provider(status) | {"balance": balances.get(status.name)}
            for status in self._studio.providers(owner, browser)
        ]

    def _spent(self, owner: str, query: Mapping[str, str]) -> Json:
        """Return the dollars spent since the moments that the page calls its visit and its day."""
        return {
            name: self._studio.spent(owner, since)
            for name in ("visit", "day")
            if (since := moment(name, query.get(name))) is not None
        }


def _known(since: str | None, revision: int) -> int:
    """Return the revision that a page has; `ALL` where it is none, or another database's."""
    number = int(since) if since and re.fullmatch(r"\d{1,18}", since) else ALL
    return number if number <= revision else ALL


def _provider(status: ProviderStatus) -> Json:
    return {"name": status.name, "label": status.label, "live": status.live}


def _text(said: Json) -> bytes:
    return bytes(JsonAnswer(said).body)
