"""Tells a database's passing trouble from a defect; it alone knows the drivers' error codes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import StorageError

log = logging.getLogger(__name__)

_SQLITE_PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "PROTOCOL", "READONLY")
"""First words of SQLite's result codes that go away by themselves, or with room on the disk."""

_POSTGRES_PASSING = ("08", "40", "53", "55P03", "57", "25006")
"""SQLSTATE: connection, deadlock, resources, lock, shutdown, a standby that cannot write yet."""


class StoreAway(StorageError):
    """The database is locked, full or out of reach; what was to be written was not."""

    next_step = "Try again in a moment."


class StoreBroken(StorageError):
    """The database cannot do what it is asked: its tables or ours are wrong. No wait mends it."""

    next_step = "See the log; nothing is lost that was written before."


@contextmanager
def told_apart() -> Iterator[None]:
    """Raise `StoreAway` for passing trouble and `StoreBroken` for a defect.

    A broken rule of a table (`IntegrityError`) comes through: to its caller it is an answer.
    """
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout) as error:
        if is_passing(error):
            raise StoreAway("The database does not answer just now.") from error
        log.error("the database refused a statement: %s", error.__cause__ or error)  # noqa: TRY400  the caller logs where
        raise StoreBroken("The database refused what it was asked.") from error


_UNREADABLE = ("NOTADB", "CORRUPT")
_UNWRITABLE = ("READONLY", "CANTOPEN", "IOERR", "PERM", "AUTH")


class StoreUnusable(StorageError):
    """The database cannot be opened at the start."""

    kind = "store_unusable"


@contextmanager
def told_at_start(name: str) -> Iterator[None]:
    """Say what is wrong with the database of that name, and what to do, where it does not open.

    Raises `StoreUnusable`.
    """
    try:
        yield
    except (StoreAway, StoreBroken) as error:
        raise _unusable(name, error) from error


def _unusable(name: str, error: StorageError) -> StoreUnusable:
    cause = error.__cause__
    driver = cause.orig if isinstance(cause, DBAPIError) else cause
    code = str(getattr(driver, "sqlite_errorname", "")).removeprefix("SQLITE_")
    if code.startswith(_UNREADABLE):
        why = f"The database {name} is damaged, or is no SQLite database."
        then = "Put a copy of it back, or move it away to start with an empty one; clips stay."
    elif code.startswith("FULL"):
        why = f"There is no room on the disk for the database {name}."
        then = "Make room there, and start again."
    elif code.startswith(_UNWRITABLE):
        why = f"The database {name} cannot be opened for writing ({driver})."
        then = "It must be a file that this user may write, in a folder that he may write."
    elif code.startswith(("BUSY", "LOCKED")):
        why = f"The database {name} is locked by another program."
        then = "End that program, and start again."
    else:
        why = f"The database {name} cannot be used."
        then = "See that it runs and that its address and password are right, and start again."
    unusable = StoreUnusable(why)
    unusable.next_step = then
    return unusable


def is_passing(error: SQLAlchemyError) -> bool:
    """Whether the same statement may succeed later without anybody mending anything."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    driver = error.orig
    if name := getattr(driver, "sqlite_errorname", None):
        return str(name).removeprefix("SQLITE_").startswith(_SQLITE_PASSING)
    if state := getattr(driver, "sqlstate", None):
        return str(state).startswith(_POSTGRES_PASSING)
    # psycopg gives no state where no connection could be made, or it was cut.
    return type(driver).__name__ in ("OperationalError", "InterfaceError")
