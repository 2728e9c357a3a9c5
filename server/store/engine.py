"""The way to the database: its driver, its pool, and what each connection is told first."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import AsyncAdaptedQueuePool, Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.settings import StoreSettings

# Names, and the hashes of the guests' secrets: for the owner only.
FILE_MODE, DIRECTORY_MODE = 0o600, 0o700
# Only one can write at a time, so the others wait for their turn here and not for a lock in the database,
# where they could not tell it from an outage.
CONNECTIONS_MAX = 1

# FULL: the write-ahead log is synced in each commit, so that a confirmed one survives the machine's end.
_PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


def open_engine(settings: StoreSettings, *, read_only: bool = False) -> AsyncEngine:
    """An engine that connects when it is first asked; `read_only` sees one moment of the books and holds nobody up.

    A transaction on SQLite is begun as a writer at once: one that becomes a writer later cannot wait for
    another, it fails.
    """
    url = make_url(settings.url)
    return (
        _sqlite(url, settings, read_only)
        if url.get_backend_name() == "sqlite"
        else _postgresql(url, settings, read_only)
    )


def _sqlite(url: URL, settings: StoreSettings, read_only: bool) -> AsyncEngine:
    path = Path(url.database or "")
    if not read_only:
        _own(path)
    place = f"file:{_quoted(path)}?mode={'ro' if read_only else 'rw'}"
    engine = create_async_engine(
        "sqlite+aiosqlite://",
        poolclass=AsyncAdaptedQueuePool,
        async_creator=lambda: _connected(place, settings.busy_timeout_s),
        # What is stored is nobody else's business, logs of errors included.
        hide_parameters=True,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=settings.answer_timeout_s,
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine.sync_engine, "begin", lambda connection: _begin(connection, begin))
    event.listen(engine.sync_engine, "connect", lambda connection, _: _introduce(connection, read_only))
    return engine


async def _connected(place: str, busy_timeout_s: float) -> aiosqlite.Connection:
    connection = aiosqlite.connect(place, uri=True, timeout=busy_timeout_s, isolation_level=None)
    # As SQLAlchemy does it: a connection that hangs does not keep the process from its end.
    connection._thread.daemon = True
    try:
        return await connection
    except sqlite3.Error:
        # Its thread still has something to tell this loop, which may be gone in a moment.
        await asyncio.to_thread(connection._thread.join)
        raise


def _own(path: Path) -> None:
    """An empty file that only its owner may read, if there is none; whatever fails here, connecting says better."""
    try:
        path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, FILE_MODE))
    except OSError:
        return


def _quoted(path: Path) -> str:
    """A path within SQLite's `file:` URI."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _begin(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _introduce(connection: Any, read_only: bool) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS[read_only:]:
        cursor.execute(pragma)
    cursor.close()


def _postgresql(url: URL, settings: StoreSettings, read_only: bool) -> AsyncEngine:
    query = dict(url.query)
    if "sslmode" in query:
        # libpq's word, which people have in their URLs; asyncpg takes the same values under its own.
        query["ssl"] = query.pop("sslmode")
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
        connect_args={
            "timeout": settings.connect_timeout_s,
            # Whoever reads all of the books takes as long as it takes.
            "command_timeout": None if read_only else settings.answer_timeout_s,
            "server_settings": _postgresql_settings(settings, read_only),
        },
        # What is stored is nobody else's business, logs of errors included.
        hide_parameters=True,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=settings.answer_timeout_s,
    )


def _postgresql_settings(settings: StoreSettings, read_only: bool) -> dict[str, str]:
    said = {
        "application_name": "futurecity",
        "lock_timeout": f"{round(settings.busy_timeout_s * 1000)}ms",
        # Whatever the server's default: what is confirmed is on its disk.
        "synchronous_commit": "on",
    }
    if read_only:
        return said | {"default_transaction_read_only": "on"}
    # A city that has vanished in mid-transaction holds the books no longer than this.
    return said | {"idle_in_transaction_session_timeout": f"{round(settings.answer_timeout_s * 1000)}ms"}
