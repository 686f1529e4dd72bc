"""Renders clips in at most two threads of its own; it needs no event loop and no start."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

BENCHES = 2

Work = Callable[[], None]


class Workshop:
    """A queue of named pieces of work, each done once at a time.

    The threads are daemons, made when there is work and gone when there is none, so that they keep
    no process from ending; closed, the workshop begins nothing more.
    """

    def __init__(self, benches: int = BENCHES) -> None:
        self._benches = benches
        self._lock = threading.Lock()
        self._queue: deque[tuple[str, Work]] = deque()
        self._names: set[str] = set()
        self._busy = 0
        self._closed = False

    def close(self) -> None:
        """Forget what is waiting; what is under way is finished."""
        with self._lock:
            self._closed = True
            self._queue.clear()

    def ensure(self, name: str, work: Work) -> None:
        """Have the work done, unless work of that name is waiting or under way."""
        with self._lock:
            if self._closed or name in self._names:
                return
            self._names.add(name)
            self._queue.append((name, work))
            if self._busy == self._benches:
                return
            self._busy += 1
        threading.Thread(target=self._work, name="sandbox-workshop", daemon=True).start()

    def _work(self) -> None:
        while piece := self._next():
            name, work = piece
            try:
                work()
            except Exception:
                log.exception("the sandbox could not do %s", name)
            finally:
                with self._lock:
                    self._names.discard(name)

    def _next(self) -> tuple[str, Work] | None:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            self._busy -= 1
            return None
