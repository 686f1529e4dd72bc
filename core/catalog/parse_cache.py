"""Remembers how documents were read, since to read a hundred anew takes seconds."""

from __future__ import annotations

import hashlib

from core.models import ModelSpec
from core.providers.model_source import Discovery, ModelDocument

_Key = tuple[str, str]


class ParseCache:
    """Holds those that are in use: `let_go` drops what nobody asked for since it was last called.

    Belongs to one thread.
    """

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery
        self._known: dict[_Key, tuple[ModelSpec, ...]] = {}
        self._asked: set[_Key] = set()

    def of(self, leaf: ModelDocument, data: bytes) -> tuple[ModelSpec, ...]:
        """Return the models of a document. Raises ValueError for one that cannot be read."""
        key = (hashlib.sha256(data).hexdigest(), repr(leaf))
        self._asked.add(key)
        if key not in self._known:
            self._known[key] = self._read(leaf, data)
        return self._known[key]

    def let_go(self) -> None:
        """Forget the readings that are in use no more."""
        self._known = {key: specs for key, specs in self._known.items() if key in self._asked}
        self._asked = set()

    def _read(self, leaf: ModelDocument, data: bytes) -> tuple[ModelSpec, ...]:
        try:
            return self._discovery.read(leaf, data)
        except ValueError:
            raise
        except Exception as error:
            # A stranger wrote it: whatever a document does to its reader, it is the document's
            # fault, and the entry from before stays.
            raise ValueError("it cannot be read") from error
