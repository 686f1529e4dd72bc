"""Tells whether the process behind a runner still lives: by its signs, or by this machine's table.

A host name and a process number are no proof: in two containers both may be the same. So each start
also notes which kernel, which process namespace and which process it was (its boot).
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_PROC = Path("/proc")

ENDED = "ended"
"""The boot of a runner that was stopped in order: it needs no judging."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What a runner last said of itself; `boot` is empty where the machine does not tell it."""

    runner: str
    host: str
    pid: int
    boot: str
    beat_at: datetime


class Liveness:
    """Remembers the signs of other runners; `dead_after` is in seconds of silence."""

    def __init__(self, dead_after: float) -> None:
        self._dead_after = dead_after
        self._boot = own_boot()
        self._last: dict[str, tuple[datetime, float]] = {}
        self._buried: set[str] = set()
        self._trusts_table = True

    def was_taken_for_dead(self) -> None:
        """Judge by silence alone from now on.

        Whoever took us for dead looks at a process table that is not ours, and so do we at his:
        two that each believe their own would hand the jobs to and fro for ever.
        """
        self._trusts_table = False

    def is_dead(self, sign: Sign) -> bool:
        """Return whether a runner's jobs may be taken up."""
        if sign.boot == ENDED:
            return True
        seen, since = self._last.get(sign.runner, (None, 0.0))
        if seen != sign.beat_at:
            since = time.monotonic()
            self._last[sign.runner] = sign.beat_at, since
        if time.monotonic() - since > self._dead_after:
            return True
        if sign.runner in self._buried:
            self._trusts_table = False  # it lives: the table that said otherwise is not its own
        # After a crash nobody should wait for the silence to have lasted.
        here = self._trusts_table and sign.host == socket.gethostname()
        if here and self._has_ended(sign):
            self._buried.add(sign.runner)
            return True
        return False

    def _has_ended(self, sign: Sign) -> bool:
        if not sign.boot or not self._boot:
            return sign.pid == os.getpid() or not _is_alive(sign.pid)
        place, _, process = sign.boot.rpartition("/")
        if place != self._boot.rpartition("/")[0]:
            return False  # another kernel or container, whose processes are not seen from here
        pid, _, _ = process.partition("@")
        return process != _process(pid)


def own_boot() -> str:
    """Return `kernel/namespace/pid@start` of this process; empty where there is no /proc."""
    try:
        kernel = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = (_PROC / "self/ns/pid").readlink()
        return f"{kernel}/{namespace}/{_process(str((_PROC / 'self').readlink()))}"
    except OSError:
        return ""


def _process(pid: str) -> str:
    """Return `pid@start` of a process that runs, the empty text of one that does not."""
    try:
        stat = (_PROC / pid / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # proc(5): behind the name, which may hold anything, the state and, 19 further on, the start.
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{pid}@{rest[18]}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
