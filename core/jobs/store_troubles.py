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
        log.exception("the database refused a statement")
        raise StoreBroken("The database refused what it was asked.") from error


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
