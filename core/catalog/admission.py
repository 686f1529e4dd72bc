"""Judges an entry that a person brings in: what it may add, and what nobody believes of it.

Its orders carry a key and cost money, so it leads to no other address than a vendor's own orders,
takes no name that a model has, orders no other, and says nothing of prices: what is not known
counts as assumed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from core.errors import InvalidInput
from core.models import ModelSpec
from core.schema.model_body import MODEL
from core.schema.openapi import BrokenDocument

_ORDERS = {
    "aimlapi": re.compile(r"/v2/(video/generations|generate/video/[\w.-]+/generation)"),
    "krea": re.compile(r"/generate/video(/\w[\w.-]*)+"),
}
"""Where each vendor takes orders for clips."""


def admitted(spec: ModelSpec, models: Mapping[str, ModelSpec]) -> ModelSpec:
    """Return an `unbelieved` entry beside the models there are. Raises `InvalidInput`."""
    orders = _ORDERS.get(spec.provider)
    if orders is None or not orders.fullmatch(spec.path) or ".." in spec.path:
        raise InvalidInput({"entry": "The entry's path is none where a clip is ordered."})
    if taken := _names(spec) & set().union(*map(_names, models.values())):
        raise InvalidInput({"entry": f"{min(taken)} is here already."})
    return spec


def unbelieved(spec: ModelSpec) -> ModelSpec:
    """Return an entry without what only its vendor can say: a price, and further names.

    Raises `BrokenDocument` where its orders could name another model than it does itself.
    """
    if spec.provider == "aimlapi" and any(param.name == MODEL for param in spec.params):
        raise BrokenDocument("The entry has a parameter called model, which its id alone names.")
    return replace(spec, price=None, aliases=())


def priced(spec: ModelSpec, models: Mapping[str, ModelSpec]) -> ModelSpec:
    """Return an admitted entry with its vendor's price, where its orders are for a known model.

    At Krea the path is the model; at AI/ML API it is named in the order, by a name of its own.
    """
    if spec.provider != "krea":
        return spec
    path = _folded(spec.path)
    same = (one for one in models.values() if one.provider == "krea" and _folded(one.path) == path)
    known = next((one for one in same if one.key != spec.key), None)
    return replace(spec, price=known.price) if known else spec


def _names(spec: ModelSpec) -> set[str]:
    named = (spec.key, spec.id, spec.called, *spec.aliases)
    return {_folded(name) for name in named if name}


def _folded(name: str) -> str:
    # A vendor may know a name in whatever case, and an address by letters of another width
    return unicodedata.normalize("NFKC", name).casefold()
