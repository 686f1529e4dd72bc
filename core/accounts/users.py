"""The list of people who may log in: names and hashed passwords in a file.

`python -m core.accounts.users NAME` asks for a password and prints the line to put into the file.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import logging
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)

# RFC 7914's figures for a login: 16 MB and about 50 ms a try.
COST, BLOCK, LANES = 2**14, 8, 1
SALT_BYTES = 16

_NOBODY = "scrypt:AAAAAAAAAAAAAAAAAAAAAA==:" + base64.b64encode(bytes(64)).decode()
"""What an unknown name is checked against, so that it takes as long as a known one."""


class Users:
    """Checks names and passwords; reads its file again when that has changed."""

    def __init__(self, hashes: Mapping[str, str], path: Path | None = None) -> None:
        self._hashes = dict(hashes)
        self._path = path
        self._read_at = _changed_at(path)

    @classmethod
    def read(cls, path: Path) -> Users:
        """Read the file: a name, a colon and a hash on each line. Raises OSError, ValueError."""
        return cls(_read(path), path)

    def check(self, name: str, password: str) -> bool:
        """Return whether the password is this name's; takes as long where there is no such name."""
        known = self._known().get(name)
        return matches(password, known or _NOBODY) and known is not None

    def version(self, name: str) -> str:
        """Return a word that changes with the name's line in the file; nothing without one."""
        known = self._known().get(name)
        return hashlib.sha256(known.encode()).hexdigest()[:16] if known else ""

    def _known(self) -> Mapping[str, str]:
        changed_at = _changed_at(self._path)
        if self._path and changed_at != self._read_at:
            self._read_at = changed_at
            try:
                self._hashes = _read(self._path)
            except (OSError, ValueError) as error:
                log.warning("the list of users cannot be read again: %s", error)
        return self._hashes


def _read(path: Path) -> dict[str, str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.partition(":") for line in lines if line and not line.startswith("#")]
    if not pairs or not all(name and known.startswith("scrypt:") for name, _, known in pairs):
        raise ValueError(f"{path} is no list of users; see python -m core.accounts.users")
    return {name: known for name, _, known in pairs}


def _changed_at(path: Path | None) -> int:
    try:
        return path.stat().st_mtime_ns if path else 0
    except OSError:
        return 0


def hashed(password: str) -> str:
    """Return what stands for a password in the file."""
    salt = secrets.token_bytes(SALT_BYTES)
    parts = (base64.b64encode(part).decode() for part in (salt, _derive(password, salt)))
    return ":".join(("scrypt", *parts))


def matches(password: str, known: str) -> bool:
    """Return whether a password belongs to a hash, in a time that tells nothing."""
    _, salt, digest = known.split(":")
    derived = _derive(password, base64.b64decode(salt))
    return hmac.compare_digest(derived, base64.b64decode(digest))


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(errors="replace"), salt=salt, n=COST, r=BLOCK, p=LANES)


if __name__ == "__main__":
    sys.stdout.write(f"{sys.argv[1]}:{hashed(getpass.getpass())}\n")
