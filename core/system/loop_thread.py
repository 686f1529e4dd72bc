"""A thread with an event loop of its own, for what nobody waits for; it knows nothing of what."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Coroutine
from typing import Any

log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, object]]


class Background:
    """Begins work from whatever thread; at the end it cuts off what is still under way."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()
        self._is_open = False
        self._loop: asyncio.AbstractEventLoop

    def start(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._is_open = True
        self._thread.start()

    def stop(self) -> None:
        """Cut off what is under way and end the thread; further work is not begun."""
        with self._lock:
            self._is_open = False
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def begin(self, work: Work) -> None:
        """Begin a piece of work, and return at once."""
        with self._lock:
            if self._is_open:
                self._loop.call_soon_threadsafe(self._take, work)

    def _take(self, work: Work) -> None:
        task = self._loop.create_task(_done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            wind_up(self._loop, self._tasks)


def wind_up(loop: asyncio.AbstractEventLoop, tasks: Collection[asyncio.Task[None]]) -> None:
    """Cut off the tasks of a loop that was stopped, wait for their ends, and close it."""
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def _done(work: Work) -> None:
    try:
        await work()
    except Exception:
        # Nobody waits for it, so nobody else would ever hear of a defect.
        log.exception("a piece of work in the background met a defect")
