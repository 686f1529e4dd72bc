"""Log-ins as signed cookies: they outlive a restart, hold on every replica, and can be taken back.

The signature is itsdangerous's, with the secret in the data folder. A session ends with a silence,
by logging out, and for all browsers of a person when the line with that name's password changes.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from core.jobs.inputs.signed_links import open_secret

PURPOSE = "dailies session 1"
"""Sets these signatures apart from all else that is signed with the same secret."""

ENDED_FILE = "sessions.ended"

LASTS = 12 * 3600.0
"""Seconds of silence after which a session ends."""

RENEWED = 600.0
"""Seconds after which a session's cookie is written anew, so that silence can be told from use."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Whose it is, of which version of the name's line, and when it was last seen."""

    id: str
    name: str
    version: str
    seen_at: float


class EndedSessions:
    """The sessions that were logged out, in a file that replicas share, until they end anyway."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet; the file may be missing."""
        self._path = path
        self._lock = threading.Lock()
        self._read_at: tuple[int, int] | None = None
        self._ended: frozenset[str] = frozenset()

    def has(self, session: str) -> bool:
        """Return whether that session was logged out, here or at another replica."""
        with self._lock:
            try:
                state = self._path.stat()
            except OSError:
                return session in self._ended
            if (state.st_mtime_ns, state.st_size) != self._read_at:
                self._ended = frozenset(line.split(" ")[0] for line in self._lines())
                self._read_at = state.st_mtime_ns, state.st_size
            return session in self._ended

    def add(self, session: str, now: float) -> None:
        """Write down that a session was logged out; forgets those that are over by now."""
        with self._lock:
            self._ended |= {session}
            kept = [line for line in self._lines() if float(line.split(" ")[1]) > now]
            part = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.part")
            part.touch(mode=0o600)
            part.write_text("\n".join([*kept, f"{session} {now + LASTS:.0f}", ""]))
            os.replace(part, self._path)  # noqa: PTH105  says what it does

    def _lines(self) -> list[str]:
        try:
            lines = self._path.read_text().splitlines()
        except OSError:
            return []
        return [line for line in lines if line.count(" ") == 1 and line.split(" ")[1].isdigit()]


class Sessions:
    """Makes and reads the cookies; `version_of` a name is empty where there is no such name."""

    def __init__(
        self,
        secret: bytes,
        version_of: Callable[[str], str],
        ended: EndedSessions,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._signer = URLSafeSerializer(secret, salt=PURPOSE)
        self._version_of = version_of
        self._ended = ended
        self._now = now

    def begin(self, name: str) -> str:
        """Return the cookie of a new session."""
        return self._written(
            Session(
                id=secrets.token_hex(16),
                name=name,
                version=self._version_of(name),
                seen_at=self._now(),
            )
        )

    def read(self, cookie: str) -> Session | None:
        """Return the session in a cookie; None where it was not made here, or is over."""
        session = self._parsed(cookie)
        if session is None or self._now() - session.seen_at > LASTS:
            return None
        version = self._version_of(session.name)
        if not version or session.version != version or self._ended.has(session.id):
            return None
        return session

    def renewed(self, session: Session) -> str | None:
        """Return a new cookie for a session that was last seen a while ago; else None."""
        if self._now() - session.seen_at < RENEWED:
            return None
        return self._written(replace(session, seen_at=self._now()))

    def end(self, session: Session) -> None:
        """Let a session be over, whoever has its cookie."""
        self._ended.add(session.id, self._now())

    def _written(self, session: Session) -> str:
        said = self._signer.dumps([session.id, session.name, session.version, session.seen_at])
        return said if isinstance(said, str) else said.decode()

    def _parsed(self, cookie: str) -> Session | None:
        try:
            key, name, version, seen_at = self._signer.loads(cookie)
        except (BadData, ValueError, TypeError):
            return None
        return Session(id=key, name=name, version=version, seen_at=seen_at)


def open_sessions(folder: Path, version_of: Callable[[str], str]) -> Sessions:
    """Return the sessions of all replicas that share a data folder. Raises `StorageError`."""
    return Sessions(open_secret(folder), version_of, EndedSessions(folder / ENDED_FILE))
