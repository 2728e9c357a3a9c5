"""Why a database cannot answer: each driver's errors have a cause, and a sentence without what was stored."""

import sqlite3
from typing import get_args

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from server.store.faults import away
from server.store.records import CAUSES, Cause


class ServerSaid(Exception):  # noqa: N818 - named after who speaks
    """As asyncpg has them: with a state of five signs."""

    def __init__(self, state: str) -> None:
        super().__init__("Key (subject)=(sesame) already exists")
        self.sqlstate = state


class InterfaceError(Exception):
    """As asyncpg names it."""


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("sesame")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_SOMETHING"
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), "locked"),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), "locked"),
        (of_sqlite(sqlite3.SQLITE_FULL), "full"),
        (of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED), "read_only"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), "unreachable"),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), "failed"),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), "failed"),
        (ServerSaid("53100"), "full"),
        (ServerSaid("25006"), "read_only"),
        (ServerSaid("40P01"), "locked"),
        (ServerSaid("57014"), "timeout"),
        (ServerSaid("57P01"), "lost"),
        (ServerSaid("57P03"), "unreachable"),
        (ServerSaid("08006"), "lost"),
        (ServerSaid("28P01"), "unreachable"),
        (ServerSaid("23505"), "failed"),
        (InterfaceError("connection is closed"), "lost"),
        (ConnectionResetError("sesame"), "lost"),
        (ConnectionRefusedError("sesame"), "unreachable"),
        (TimeoutError("sesame"), "timeout"),
        (NoConnectionError("sesame"), "timeout"),
        (ValueError("sesame"), "failed"),
    ],
)
def test_every_error_has_a_cause_also_when_it_is_wrapped(error: Exception, cause: Cause) -> None:
    wrapped = DBAPIError("INSERT", {}, error)
    assert away(error).cause == away(wrapped).cause == cause
    assert "sesame" not in away(wrapped).sentence


def test_the_causes_of_a_metric_are_all_there_are() -> None:
    assert get_args(Cause) == CAUSES
