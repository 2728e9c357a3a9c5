"""Why a database cannot answer: every driver's errors as one StoreAway with a cause and a sentence.

Drivers tell by numbers: SQLite by result codes (https://www.sqlite.org/rescode.html), PostgreSQL by
SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). What has neither came from
the network. The drivers' own words are not repeated: they may quote what was being stored.
"""

import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from server.store.records import Cause, StoreAway

# What `away` understands; anything else is our own fault and stays what it is.
OUTAGES = (SQLAlchemyError, sqlite3.Error, OSError)

_SENTENCES: dict[Cause, str] = {
    "unreachable": "the database cannot be reached",
    "locked": "the database is held by somebody else",
    "full": "the disk of the database is full",
    "read_only": "the database cannot be written to",
    "lost": "the connection to the database was lost",
    "timeout": "the database took too long to answer",
    "failed": "the database failed",
}

# The low byte of SQLite's extended result codes.
_SQLITE: dict[int, Cause] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
}

# By the whole SQLSTATE, or by its class, which is the first two characters.
_POSTGRESQL: dict[str, Cause] = {
    "25006": "read_only",  # a standby, or a server told to be one
    "42501": "read_only",  # no privilege
    "40001": "locked",
    "40P01": "locked",  # deadlock
    "55P03": "locked",  # lock_timeout
    "53100": "full",
    "57014": "timeout",  # statement_timeout
    "57P01": "lost",  # told to shut down
    "57P02": "lost",  # another process of the server crashed
    "57P03": "unreachable",  # still starting
    "53300": "unreachable",  # too many connections
    "3D000": "unreachable",  # no such database
    "08": "lost",
    "28": "unreachable",  # no such user, or a wrong password
}


def away(error: BaseException) -> StoreAway:
    """The outage that an error of a database or of the way to it means."""
    links = list(_chain(error))
    for link in links:
        if cause := _told(link):
            return StoreAway(cause, f"{_SENTENCES[cause]} ({_code(link)})")
    for link in links:
        if cause := _guessed(link):
            return StoreAway(cause, f"{_SENTENCES[cause]} ({type(link).__name__})")
    return StoreAway("failed", f"{_SENTENCES['failed']} ({type(error).__name__})")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it, outermost first; SQLAlchemy wraps the driver's, which may wrap the system's."""
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__


def _told(error: BaseException) -> Cause | None:
    """By the number that the database gave."""
    if isinstance(code := getattr(error, "sqlite_errorcode", None), int):
        return _SQLITE.get(code & 0xFF, "failed")
    if isinstance(state := getattr(error, "sqlstate", None), str):
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2], "failed")
    return None


def _code(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None))


def _guessed(error: BaseException) -> Cause | None:
    """By its kind, where no database said anything."""
    if isinstance(error, (TimeoutError, NoConnectionError)):
        return "timeout"
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, EOFError)):
        return "lost"
    if isinstance(error, OSError):
        return "unreachable"
    # asyncpg finds the connection closed before it has sent anything.
    return "lost" if type(error).__name__ in ("InterfaceError", "ConnectionDoesNotExistError") else None
