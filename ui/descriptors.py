"""How many files and sockets this process may have open, and how many of them are for visitors.

The rest is kept back: a job needs some for its provider, its clip and ffmpeg, and a visitor's
connection one more for the file that it is given.
"""

from __future__ import annotations

try:
    import resource
except ImportError:  # a system that counts no descriptors so
    resource = None  # type: ignore[assignment]

ENOUGH = 65_536
"""More are not asked for: what is there to be closed is gone through when a process starts."""

MOST_CONNECTIONS, FEWEST_CONNECTIONS = 4000, 16
BATCH = 8, 128
"""Connections that are taken in one go before any can be refused: at least, and at most."""


def raised_limit() -> int:
    """Let this process open as many files as the system allows it, and return how many."""
    if resource is None:
        return ENOUGH
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ENOUGH if soft == resource.RLIM_INFINITY else int(soft)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):  # a system with a lower bound of its own, as macOS
        return int(soft)
    return int(wanted)


def connections_of(limit: int) -> int:
    """Return how many connections of visitors may be open where so many files may be."""
    return max(FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, limit // 4))


def batch_of(limit: int) -> int:
    """Return how many connections may be taken in one go."""
    least, most = BATCH
    return max(least, min(most, limit // 16))
