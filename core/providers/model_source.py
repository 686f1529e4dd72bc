"""Where each provider publishes its models, and which readings understand it; it does no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

from core.models import ModelSpec, Withdrawal
from core.providers import PROVIDERS
from core.providers.aimlapi import catalog as aimlapi
from core.providers.aimlapi.catalog import Listing
from core.providers.krea import catalog as krea
from core.schema.openapi import BrokenDocument, read_document

Roots = Mapping[str, bytes]
"""The documents that a provider's others hang on, by path."""

MOST_LEAVES = 400
"""Documents of one provider; AI/ML API has about 140 video models."""


@dataclass(frozen=True, kw_only=True)
class ModelDocument:
    """A document with the models of some listings; the first of its `paths` that answers is it."""

    paths: tuple[str, ...]
    listings: tuple[Listing, ...] = ()


class Discovery(Protocol):
    """How one provider tells of its models."""

    @property
    def roots(self) -> tuple[str, ...]:
        """What is fetched first, by path: the first one is needed, the others may be missing."""

    def check(self, root: str, data: bytes) -> None:
        """Refuse a root that tells nothing. Raises ValueError with the reason."""

    def leaves(self, roots: Roots, home: str) -> Sequence[ModelDocument]:
        """Return the documents with the models; `home` is the address that all paths are under."""

    def read(self, leaf: ModelDocument, data: bytes) -> tuple[ModelSpec, ...]:
        """Return a leaf's models. Raises ValueError for a document without any."""

    def listed(self, roots: Roots) -> frozenset[str] | None:
        """Return the ids that the provider offers today; None where only the leaves tell."""

    def withdrawals(self, roots: Roots) -> Mapping[str, Withdrawal]:
        """Return what the provider has given up or will, by id and alias."""


@dataclass(frozen=True)
class OfAimlApi:
    """A list of all models, a list of those given up, and a document for each."""

    roots: tuple[str, ...] = ("/v1/models?include=pricing", "/v1/models/deprecations")

    def check(self, root: str, data: bytes) -> None:
        """Refuse a list without a video model; the other list may be empty."""
        if root != self.roots[0]:
            aimlapi.withdrawals(data)
        elif not aimlapi.listed(data):
            raise BrokenDocument("there is no video model in the list")

    def leaves(self, roots: Roots, home: str) -> Sequence[ModelDocument]:
        """Return the documents that the list names, each with the listings that name it."""
        named: dict[str, list[Listing]] = {}
        for listing in aimlapi.listed(roots[self.roots[0]]):
            place = _at_home(listing.docs, home) or _usual(listing)
            named.setdefault(place, []).append(listing)
        leaves = [_leaf(place, tuple(listings)) for place, listings in named.items()]
        return leaves[:MOST_LEAVES]

    def read(self, leaf: ModelDocument, data: bytes) -> tuple[ModelSpec, ...]:
        """Return the document's models that are in the list."""
        return _some(aimlapi.specs(read_document(data), leaf.listings))

    def listed(self, roots: Roots) -> frozenset[str]:
        """Return the ids in the list."""
        return frozenset(listing.id for listing in aimlapi.listed(roots[self.roots[0]]))

    def withdrawals(self, roots: Roots) -> Mapping[str, Withdrawal]:
        """Return what the other list says."""
        data = roots.get(self.roots[1])
        return aimlapi.withdrawals(data) if data is not None else {}


@dataclass(frozen=True)
class OfKrea:
    """One document for everything."""

    roots: tuple[str, ...] = ("/openapi.json",)

    def check(self, root: str, data: bytes) -> None:
        """Refuse a document without a video model."""
        self.read(ModelDocument(paths=(root,)), data)

    def leaves(self, roots: Roots, home: str) -> Sequence[ModelDocument]:
        """Return that document."""
        del roots, home
        return [ModelDocument(paths=self.roots)]

    def read(self, leaf: ModelDocument, data: bytes) -> tuple[ModelSpec, ...]:
        """Return the document's models."""
        del leaf
        return _some(krea.specs(read_document(data)))

    def listed(self, roots: Roots) -> None:
        """Return nothing: what is in the document is what there is."""
        del roots

    def withdrawals(self, roots: Roots) -> Mapping[str, Withdrawal]:
        """Return nothing: the provider publishes no such list."""
        del roots
        return {}


DISCOVERIES: Mapping[str, Discovery] = {"aimlapi": OfAimlApi(), "krea": OfKrea()}


def _some(specs: Sequence[ModelSpec]) -> tuple[ModelSpec, ...]:
    if not specs:
        raise BrokenDocument("there is no video model in it")
    return tuple(specs)


def _leaf(place: str, listings: tuple[Listing, ...]) -> ModelDocument:
    # Where the list names a place that has nothing, the usual one may have it all the same.
    places = (place, _usual(listings[0])) if len(listings) == 1 else (place,)
    return ModelDocument(paths=tuple(dict.fromkeys(places)), listings=listings)


def _usual(listing: Listing) -> str:
    model, kind = (quote(word, safe="") for word in (listing.id, listing.kind))
    return f"/docs-json?model={model}&endpoint={kind}"


def _at_home(address: str, home: str) -> str | None:
    # An address is taken over from a list, so it may only choose a path: never a host.
    try:
        parts, at = urlsplit(address), urlsplit(home)
        own = urlsplit(PROVIDERS["aimlapi"].base_url)
        known = parts.hostname in (own.hostname, at.hostname) and parts.scheme in ("http", "https")
    except ValueError:
        return None
    if not parts.path.startswith("/") or not (known or not (parts.scheme or parts.netloc)):
        return None
    path = parts.path
    if parts.hostname == at.hostname and at.path.strip("/"):
        path = path.removeprefix(at.path.rstrip("/")) or "/"
    if ".." in path.split("/") or path.startswith("//"):
        return None
    return f"{path}?{parts.query}" if parts.query else path
