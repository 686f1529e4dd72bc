"""Keeps keys and signed addresses out of every text that stays: a provider's words, and the log.

A key is known here only for as long as a line with it is open.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

HIDDEN = "***"

SHORTEST = 8
"""Characters. Hiding a shorter word would blank out innocent ones; no vendor's key is so short."""

# What follows the question mark of a signed address opens the file to whoever reads it.
_QUERY = re.compile(r"(https?://[^\s?#'\"<>]+)\?[^\s'\"<>)\]]+")


class Secrets:
    """The key values in use in this process; the log is one for the process, and so is this."""

    def __init__(self) -> None:
        self._users: Counter[str] = Counter()
        self._longest_first: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._screens_log = False

    @contextmanager
    def known(self, secret: str) -> Iterator[None]:
        """Hide a value, in the log as well, until the block ends."""
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

    def hide_in(self, value: Any) -> Any:
        """Return parsed JSON with every known value replaced, however it was written there."""
        match value:
            case str():
                return self.hide(value)
            case dict():
                return {self.hide(str(name)): self.hide_in(item) for name, item in value.items()}
            case list():
                return [self.hide_in(item) for item in value]
            case _:
                return value

    def _count(self, secret: str, more: int) -> None:
        with self._lock:
            self._users[secret] += more
            self._users += Counter()  # forgets what nobody uses
            self._longest_first = tuple(sorted(self._users, key=len, reverse=True))
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
