"""The last good documents of one provider, on disk: each whole, or not there at all."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SUFFIX = ".copy"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A document as it was fetched: from where, when, in which version, and its own hash."""

    address: str
    etag: str
    fetched_at: datetime
    data: bytes
    digest: str


class DocumentStore:
    """Kept in `folder`; where the disk takes nothing they last as long as the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unsaved: dict[str, bytes] = {}

    def read(self, address: str) -> Copy | None:
        """Return the copy of what lies at an address, if there is a whole one."""
        content = self._content(_name(address))
        if content is None:
            return None
        head, _, data = content.partition(b"\n")
        try:
            facts = json.loads(head)
            copy = Copy(
                address=str(facts["address"]),
                etag=str(facts["etag"]),
                fetched_at=datetime.fromisoformat(facts["fetched_at"]).astimezone(UTC),
                data=data,
                digest=hashlib.sha256(data).hexdigest(),
            )
        except (ValueError, TypeError, KeyError):
            return None
        # A file that was cut, or changed by hand, is no copy; nor is another address's.
        return copy if (facts.get("digest"), copy.address) == (copy.digest, address) else None

    def keep(self, address: str, data: bytes, *, etag: str, fetched_at: datetime) -> None:
        """Put a document in the place of the copy that there may be."""
        facts = {
            "address": address,
            "etag": etag,
            "fetched_at": fetched_at.isoformat(),
            "digest": hashlib.sha256(data).hexdigest(),
        }
        self._write(_name(address), json.dumps(facts).encode() + b"\n" + data)

    def forget(self, *, but: Collection[str]) -> None:
        """Remove the copies of all other addresses."""
        kept = {_name(address) for address in but}
        self._unsaved = {name: data for name, data in self._unsaved.items() if name in kept}
        try:
            for path in self._folder.glob(f"*{SUFFIX}"):
                if path.name not in kept:
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("old copies of documents stay: %s", error.strerror)

    def note(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name of ours."""
        self._write(f"{name}.json", json.dumps(value, ensure_ascii=False).encode())

    def noted(self, name: str) -> Any:
        """Return that value; None where there is none, or none that can be read."""
        content = self._content(f"{name}.json")
        try:
            return json.loads(content) if content else None
        except (ValueError, RecursionError):
            return None

    def names(self) -> list[str]:
        """Return the names of all values that were noted."""
        try:
            found = sorted(path.stem for path in self._folder.glob("*.json"))
        except OSError:
            found = []
        unsaved = (Path(name) for name in self._unsaved)
        return sorted({*found, *(path.stem for path in unsaved if path.suffix == ".json")})

    def _content(self, name: str) -> bytes | None:
        if name in self._unsaved:
            return self._unsaved[name]
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / f".{name}.{secrets.token_hex(4)}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(self._folder / name)
            finally:
                part.unlink(missing_ok=True)
            self._unsaved.pop(name, None)
        except OSError as error:
            log.warning("a provider's document could not be kept: %s", error.strerror)
            self._unsaved[name] = content


def _name(address: str) -> str:
    return hashlib.sha256(address.encode(errors="replace")).hexdigest()[:40] + SUFFIX
