"""Wakes whoever waits for a change of an owner's takes; it says that there is news, never what."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

Listener = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class ChangeNotifier:
    """Rung from any thread of this process, heard in any event loop of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)

    def ring(self, owner: str) -> None:
        """Wake all that listen for an owner."""
        with self._lock:
            listeners = list(self._listeners.get(owner, ()))
        for loop, event in listeners:
            loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self, owner: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the bell rings for the owner."""
        listener = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._listeners[owner].append(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners[owner].remove(listener)
                if not self._listeners[owner]:
                    del self._listeners[owner]
