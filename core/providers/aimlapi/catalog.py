"""AI/ML API's list of models and its documents read into entries; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.models import ModelSpec, Price, Withdrawal
from core.schema.infer_sizes import infer_sizes
from core.schema.infer_task import infer_task
from core.schema.merge import Schema
from core.schema.model_body import for_model, named
from core.schema.normalize import Tidier
from core.schema.openapi import Document, Operation, mapping, read_json
from core.schema.prices import aimlapi_price
from core.schema.to_form import to_form

PROVIDER = "aimlapi"
MOST_MODELS = 3000
LONGEST_ID = 200
USUAL_WAIT = 120.0

_VIDEO_TAG = re.compile(r"(^|[:_/ -])(video|(text|image|video|audio|reference)[-_ ]to[-_ ]video)$")
_OTHER_TYPES = re.compile(r"chat|complet|embed|messages|responses|speech|transcri|moderation|ocr")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A video model as the list has it; `docs` is the address of its document, or empty."""

    id: str
    aliases: tuple[str, ...] = ()
    name: str = ""
    developer: str = ""
    about: str = ""
    docs: str = ""
    kind: str = ""
    price: Price | None = None


def listed(body: bytes) -> list[Listing]:
    """Return the video models in an answer to `GET /v1/models`. Raises `BrokenDocument`."""
    found: dict[str, Listing] = {}
    for entry in _entries(read_json(body)):
        if _is_id(entry.get("id")) and _is_video(entry):
            found.setdefault(entry["id"], _listing(entry))
    return list(found.values())


def specs(document: Document, listings: Sequence[Listing]) -> list[ModelSpec]:
    """Return an entry for each of the listed models that the document has an order for.

    With nothing listed, for each that the document names.
    """
    orders = list(_orders(document))
    names = [name for order in orders for name in order.names if _is_id(name)]
    wanted = listings or [Listing(id=name) for name in dict.fromkeys(names)]
    claimed = {name for listing in wanted for name in (listing.id, *listing.aliases)}
    found = [_spec(orders, listing, claimed, alone=len(wanted) == 1) for listing in wanted]
    return [spec for spec in found if spec is not None]


def withdrawals(body: bytes) -> dict[str, Withdrawal]:
    """Return what can no longer be ordered, by id and by alias. Raises `BrokenDocument`.

    A model that is only on its way out counts from the day on which it goes.
    """
    root = read_json(body)
    today = _day(mapping(root).get("generated_at"))
    found: dict[str, Withdrawal] = {}
    for entry in _entries(root):
        gone = _day(entry.get("shutdown_at"))
        status = str(entry.get("status", "withdrawn")).lower()
        if status not in {"withdrawn", "retired", "removed"} and not (gone and today >= gone):
            continue
        told = Withdrawal(
            since=gone or _day(entry.get("deprecated_at")), replaced_by=_replacement(entry)
        )
        for name in (entry.get("id"), *_aliases(entry)):
            if _is_id(name):
                found.setdefault(str(name), told)
    return found


@dataclass(frozen=True)
class _Order:
    path: str
    body: Schema
    names: tuple[str, ...]


def _orders(document: Document) -> Iterator[_Order]:
    for operation in document.posts():
        body = _body(document, operation)
        if body is not None:
            yield _Order(path=operation.path, body=body, names=tuple(named(body)))


def _body(document: Document, operation: Operation) -> Schema | None:
    raw = document.body(operation)
    if not isinstance(raw, Mapping):
        return None
    body = Tidier(document=document, scope=raw).tidy(raw)
    return body if set(body) & {"properties", "oneOf", "anyOf", "allOf"} else None


def _spec(
    orders: Sequence[_Order], listing: Listing, claimed: set[str], *, alone: bool
) -> ModelSpec | None:
    for order, name in _ways(orders, listing, alone=alone):
        body = for_model(order.body, name)
        if body is not None:
            return _made(order, listing, (name, body), claimed)
    return None


def _ways(
    orders: Sequence[_Order], listing: Listing, *, alone: bool
) -> Iterator[tuple[_Order, str]]:
    """Yield the orders that may be the model's, each with the name that it has there."""
    for wanted in (listing.id, *listing.aliases):
        yield from ((order, wanted) for order in orders if wanted in order.names)
    for order in orders:
        same = [name for name in order.names if name.lower() == listing.id.lower()]
        yield from ((order, name) for name in same)
    yield from ((order, listing.id) for order in orders if not order.names)
    named_there = {name for order in orders for name in order.names}
    if alone and len(named_there) == 1:
        # A document that was fetched for one model and names one is about that model.
        yield from ((order, name) for order in orders for name in order.names)


def _made(
    order: _Order, listing: Listing, wanted: tuple[str, Schema], claimed: set[str]
) -> ModelSpec:
    name, body = wanted
    filled = to_form(body)
    others = named_alike(order.body, name) - claimed
    aliases = dict.fromkeys((*listing.aliases, *sorted(others), name))
    return ModelSpec(
        id=listing.id,
        provider=PROVIDER,
        name=listing.name or name_of(listing.id),
        task=infer_task(listing.id, filled.params),
        params=filled.params,
        path=order.path,
        sizes=infer_sizes(filled.params),
        wait=USUAL_WAIT,
        price=listing.price,
        aliases=tuple(alias for alias in aliases if alias != listing.id),
        developer=listing.developer,
        about=listing.about,
        wire={**filled.wire, "title": f"{PROVIDER}:{listing.id}"},
        built_in=False,
        called="" if name == listing.id else name,
    )


def named_alike(body: Schema, name: str) -> set[str]:
    """Return the names that the body lists for one model alone, which are this one's others."""
    told = body.get("properties", {}).get("model", {}).get("enum", [])
    tails = {one for one in told if isinstance(one, str) and name.endswith(f"/{one}")}
    return tails | {one for one in told if isinstance(one, str) and one.endswith(f"/{name}")}


def name_of(model: str) -> str:
    """Return a name for people, made from an id."""
    words = [word for word in re.split(r"[/_\s-]+", model) if word]
    text = " ".join(word if any(map(str.isupper, word)) else word.capitalize() for word in words)
    return text[:80] or model


def _entries(root: Any) -> list[Mapping[str, Any]]:
    told = (
        root if isinstance(root, list) else mapping(root).get("data", mapping(root).get("models"))
    )
    entries = told if isinstance(told, list) else []
    return [entry for entry in entries[: MOST_MODELS * 2] if isinstance(entry, Mapping)]


def _is_id(name: Any) -> bool:
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST_ID
        and name.isprintable()
        and (name == name.strip())
    )


def _is_video(entry: Mapping[str, Any]) -> bool:
    kind = str(entry.get("type", "")).lower()
    if "video" in kind:
        return True
    output = mapping(entry.get("modalities")).get("output")
    output = output if isinstance(output, list) else entry.get("output_modalities")
    if isinstance(output, list) and output:
        return "video" in output
    tags = [
        str(tag).lower()
        for key in ("tags", "capabilities", "features")
        for tag in (entry[key] if isinstance(entry.get(key), list) else [])
    ]
    return not _OTHER_TYPES.search(kind) and any(_VIDEO_TAG.search(tag) for tag in tags)


def _listing(entry: Mapping[str, Any]) -> Listing:
    info = mapping(entry.get("info"))
    docs = next((one for one in (info.get("docsJson"), entry.get("docsJson")) if one), "")
    return Listing(
        id=entry["id"],
        aliases=tuple(alias for alias in _aliases(entry) if alias != entry["id"]),
        name=_line(info.get("name") or entry.get("name"), 80),
        developer=_line(info.get("developer") or entry.get("developer"), 80),
        about=_line(info.get("description") or entry.get("description"), 300),
        docs=docs if isinstance(docs, str) else "",
        kind=_line(entry.get("type"), 100),
        price=aimlapi_price(entry.get("pricing")),
    )


def _aliases(entry: Mapping[str, Any]) -> list[str]:
    told = entry.get("aliases")
    return [alias for alias in told[:50] if _is_id(alias)] if isinstance(told, list) else []


def _replacement(entry: Mapping[str, Any]) -> str:
    told = entry.get("replaced_by")
    if isinstance(told, list) and told:
        told = told[0]
    if isinstance(told, Mapping):
        told = told.get("id")
    return str(told) if _is_id(told) else ""


def _line(text: Any, longest: int) -> str:
    if not isinstance(text, str):
        return ""
    line = " ".join(text.replace("<", " ").replace(">", " ").split())
    return "".join(letter for letter in line if letter.isprintable())[:longest]


def _day(moment: Any) -> str:
    found = re.match(r"\d{4}-\d{2}-\d{2}", moment) if isinstance(moment, str) else None
    return found[0] if found else ""
