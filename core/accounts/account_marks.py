"""Stands for a provider's key by a keyed hash, so that a job can be told apart from another's.

Nothing but the secret in the data folder can make a mark or check one. With another secret, as
after the data folder was lost, a mark says nothing, and no job is held up by it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from pydantic import SecretStr

PURPOSE = b"dailies account mark 1\n"
"""Stands before all that is hashed, so that the secret's other uses tell nothing of a key."""

_NAME = 8
"""Hex digits that say which secret made a mark."""


class AccountMarks:
    """Makes marks and compares them; holds the secret in memory."""

    def __init__(self, secret: bytes | None = None) -> None:
        """Take the installation's secret; without one, the marks serve this process alone."""
        self._secret = secret or secrets.token_bytes(32)
        self._name = self._hashed("")[:_NAME]

    def mark(self, provider: str, key: SecretStr) -> str:
        """Return what stands for a key at a provider, as a row keeps it."""
        said = "\n".join([provider, key.get_secret_value().strip()])
        return f"{self._name}.{self._hashed(said)}"

    def is_another(self, mark: str | None, provider: str, key: SecretStr) -> bool:
        """Return whether a mark is certainly of another key than this one."""
        if not mark or not mark.startswith(f"{self._name}."):
            return False
        return not hmac.compare_digest(mark.encode(), self.mark(provider, key).encode())

    def _hashed(self, text: str) -> str:
        return hmac.new(self._secret, PURPOSE + text.encode(), hashlib.sha256).hexdigest()
