"""Signs addresses of files for a provider to fetch, each good for one file and one day.

The secret lies in the data folder, beside the files: replicas behind one public address must share
that folder, or a link that one of them signed leads nowhere at another.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from core.errors import StorageError

LASTS = 24 * 3600
"""Seconds: a provider may fetch the file late, when the order has waited in its queue."""

SECRET_FILE, SECRET_BYTES = "links.key", 32

PURPOSE = b"dailies source link 1\n"
"""Stands before all that is signed, so that the secret serves no other purpose."""


class Links:
    """Makes and checks signed addresses; holds the secret in memory."""

    def __init__(
        self, public_url: str, secret: bytes, *, now: Callable[[], float] = time.time
    ) -> None:
        """Take the https address at which the outside reaches this app, and the secret."""
        self._public_url = public_url.rstrip("/")
        self._secret = secret
        self._now = now

    def address(self, token: str, name: str) -> str:
        """Return the address of a job's file, good from now on for `LASTS` seconds."""
        expires = str(int(self._now()) + LASTS)
        signature = self._signature(token, name, expires)
        path = f"{quote(token, safe='')}/{quote(name, safe='')}"
        return f"{self._public_url}/sources/{path}?expires={expires}&signature={signature}"

    def is_good(self, token: str, name: str, *, expires: str, signature: str) -> bool:
        """Return whether exactly this was signed here and is still good."""
        known = hmac.compare_digest(
            self._signature(token, name, expires).encode(), signature.encode(errors="replace")
        )
        # Only what was signed is a number for certain.
        return known and self._now() < int(expires)

    def _signature(self, token: str, name: str, expires: str) -> str:
        signed = PURPOSE + f"{token}\n{name}\n{expires}".encode(errors="surrogatepass")
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def open_links(public_url: str, folder: Path) -> Links | None:
    """Return the links under a public address; None without one that is https.

    Raises `StorageError` as `open_secret` does.
    """
    parts = urlsplit(public_url.strip())
    if parts.scheme != "https" or not parts.hostname:
        return None
    return Links(public_url.strip(), open_secret(folder))


def open_secret(folder: Path) -> bytes:
    """Return the secret in the data folder. Raises `StorageError` where it cannot be kept there."""
    try:
        return read_secret(folder / SECRET_FILE)
    except OSError as error:
        raise StorageError(
            f"The secret of this app cannot be kept in the data folder ({error.strerror})."
        ) from error


def read_secret(path: Path) -> bytes:
    """Return the secret in a file, made where it is missing and readable to its owner alone.

    Of several processes that make it at once, all get the same. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _is_whole(path):
        _make(path)
    path.chmod(0o600)
    return path.read_bytes()


def _make(path: Path) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename, this lets the first one win
        except OSError:
            if not _is_whole(path):  # a file system without links, or half a secret
                part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    try:
        return path.stat().st_size == SECRET_BYTES
    except FileNotFoundError:
        return False
