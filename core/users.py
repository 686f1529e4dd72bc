"""The list of people who may log in: names and hashed passwords in a file, and a lock-out.

`python -m core.users NAME` asks for a password and prints the line to put into the file.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import secrets
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# RFC 7914's figures for a login: 16 MB and about 50 ms a try.
COST, BLOCK, LANES = 2**14, 8, 1
SALT_BYTES = 16

TRIES = 5
LOCKED_SECONDS = 900.0
"""After five wrong passwords in a quarter of an hour, that name rests for as long."""

_NOBODY = "scrypt:AAAAAAAAAAAAAAAAAAAAAA==:" + base64.b64encode(bytes(64)).decode()
"""What an unknown name is checked against, so that it takes as long as a known one."""


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Wrong passwords for one name: how many, and since when, in seconds of a monotonic clock."""

    count: int
    since: float


class Users:
    """Checks names and passwords; forgets its lock-outs at a restart."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)
        self._failures: dict[str, Failures] = {}
        self._lock = threading.Lock()

    @classmethod
    def read(cls, path: Path) -> Users:
        """Read the file: a name, a colon and a hash on each line. Raises OSError, ValueError."""
        lines = [line.strip() for line in path.read_text().splitlines()]
        pairs = [line.partition(":") for line in lines if line and not line.startswith("#")]
        if not pairs or not all(name and known.startswith("scrypt:") for name, _, known in pairs):
            raise ValueError(f"{path} is no list of users; see python -m core.users")
        return cls({name: known for name, _, known in pairs})

    def check(self, name: str, password: str, now: float) -> bool:
        """Return whether the password is this name's; always False while the name is locked."""
        if self.is_locked(name, now):
            return False
        right = matches(password, self._hashes.get(name, _NOBODY)) and name in self._hashes
        self._note(name, now, right=right)
        return right

    def is_locked(self, name: str, now: float) -> bool:
        """Return whether the name has to rest after too many wrong passwords."""
        failures = self._failures.get(name)
        if failures is None or now - failures.since > LOCKED_SECONDS:
            return False
        return failures.count >= TRIES

    def _note(self, name: str, now: float, *, right: bool) -> None:
        with self._lock:
            if right:
                self._failures.pop(name, None)
                return
            known = self._failures.get(name)
            fresh = known is None or now - known.since > LOCKED_SECONDS
            self._forget(now)
            self._failures[name] = Failures(
                count=1 if fresh or known is None else known.count + 1,
                since=now if fresh or known is None else known.since,
            )

    def _forget(self, now: float) -> None:
        # Names that nobody has are remembered too, so the memory of them must end.
        for name, failures in list(self._failures.items()):
            if now - failures.since > LOCKED_SECONDS:
                del self._failures[name]


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
    return hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=LANES)


if __name__ == "__main__":
    sys.stdout.write(f"{sys.argv[1]}:{hashed(getpass.getpass())}\n")
