"""Keeps keys and signed addresses out of every text that stays: a provider's words, and the log.

What a provider says is read as it came and hidden where it is kept or shown: a key that a stranger
made up must change nothing in what anybody's answer means. In the log, which is one for the
process, every key is hidden for as long as a line with it is open.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

HIDDEN = "***"

SHORTEST = 8
"""Characters. Hiding a shorter word would blank out innocent ones; no vendor's key is so short."""

# What follows the question mark of a signed address opens the file to whoever reads it.
_QUERY = re.compile(r"(https?://[^\s?#'\"<>]+)\?[^\s'\"<>)\]]+")


class Veil:
    """Hides one key, however it is written, in what was said on the line that carries it."""

    def __init__(self, secret: str = "") -> None:
        """Take the key; one shorter than `SHORTEST` is not looked for."""
        self._spellings = spellings(secret)

    def hide(self, text: str) -> str:
        """Return the text with the key replaced."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return text

    def hide_in(self, value: Any) -> Any:
        """Return parsed JSON with the key replaced in its texts, names of members included."""
        match value:
            case str():
                return self.hide(value)
            case dict():
                return {self.hide(str(name)): self.hide_in(item) for name, item in value.items()}
            case list():
                return [self.hide_in(item) for item in value]
            case _:
                return value

    def covers(self, text: str | None) -> bool:
        """Return whether the key stands in a text."""
        return bool(text) and any(spelling in (text or "") for spelling in self._spellings)


def spellings(secret: str) -> tuple[str, ...]:
    """Return the ways in which a key comes back: as it is, in an address, escaped in JSON."""
    if len(secret) < SHORTEST:
        return ()
    escaped = json.dumps(secret)[1:-1]
    found = {secret, quote(secret, safe=""), escaped, escaped.replace("/", "\\/")}
    return tuple(sorted(found, key=len, reverse=True))


class Secrets:
    """The key values in use in this process; the log is one for the process, and so is this."""

    def __init__(self) -> None:
        self._users: Counter[str] = Counter()
        self._longest_first: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._screens_log = False

    @contextmanager
    def known(self, secret: str) -> Iterator[None]:
        """Hide a value in the log until the block ends."""
        if len(secret) < SHORTEST:
            yield
            return
        self._count(secret, 1)
        try:
            yield
        finally:
            self._count(secret, -1)

    def hide(self, text: str) -> str:
        """Return the text with every known value replaced."""
        for secret in self._longest_first:
            text = text.replace(secret, HIDDEN)
        return text

    def _count(self, secret: str, more: int) -> None:
        with self._lock:
            self._users[secret] += more
            self._users += Counter()  # forgets what nobody uses
            found = {spelling for user in self._users for spelling in spellings(user)}
            self._longest_first = tuple(sorted(found, key=len, reverse=True))
            if not self._screens_log:
                self._screens_log = True
                logging.setLogRecordFactory(_screened(logging.getLogRecordFactory(), self))


def without_queries(text: str) -> str:
    """Return the text with the query of each address in it replaced."""
    return _QUERY.sub(rf"\1?{HIDDEN}", text)


def _screened(
    factory: Callable[..., logging.LogRecord], secrets: Secrets
) -> Callable[..., logging.LogRecord]:
    # A filter on a logger does not see what its children log; where records are made, all pass.
    def hide(said: Any) -> Any:
        if said is None or isinstance(said, int | float):
            return said
        try:
            text = str(said)
        except Exception:  # noqa: BLE001  what cannot be printed cannot leak
            return said
        clean = without_queries(secrets.hide(text))
        return said if clean == text else clean

    def make(*args: Any, **named: Any) -> logging.LogRecord:
        record = factory(*args, **named)
        record.msg = hide(record.msg)
        if isinstance(record.args, dict):
            record.args = {name: hide(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(map(hide, record.args))
        if record.exc_info and record.exc_info[0]:
            record.exc_text = hide(logging.Formatter().formatException(record.exc_info))
        return record

    return make


SECRETS = Secrets()
