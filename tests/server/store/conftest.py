"""Real databases for the store's tests: a file, and a database of a PostgreSQL that runs for the whole session."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from server.settings import StoreSettings
from server.store.commands import migrate_database
from server.store.durable import open_store
from server.store.records import Store
from server.store.tables import metadata
from tests.fakes import FakeStore
from tests.postgres import PostgresServer

# Short, so that a test of an outage need not wait for it, and long beside what anything here takes.
PATIENCE: dict[str, Any] = {"busy_timeout_s": 0.05, "connect_timeout_s": 5, "answer_timeout_s": 5}
WELCOME_CRYSTALS = 100
MIGRATED = "migrated"

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        server.sql(f"CREATE DATABASE {MIGRATED}")
        migrate_database(StoreSettings(url=server.url(MIGRATED)))
        yield server


@pytest.fixture
def file_settings(tmp_path: Path) -> StoreSettings:
    """A file that is not there yet."""
    return StoreSettings(url=f"sqlite:///{tmp_path / 'city.db'}", **PATIENCE)


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> str:
    """The name of a migrated database with nothing in it; to empty one takes a tenth of what making one takes."""
    # As a replica: the triggers that refuse just this are the city's own. Small tables are emptied faster than cut off.
    deletions = "".join(f"; DELETE FROM {table}" for table in metadata.tables)
    postgres.sql(f"SET session_replication_role = replica{deletions}", MIGRATED)
    return MIGRATED


@pytest.fixture
def postgres_settings(postgres: PostgresServer, postgres_database: str) -> StoreSettings:
    return StoreSettings(url=postgres.url(postgres_database), **PATIENCE)


@pytest.fixture
def empty_postgres_settings(postgres: PostgresServer) -> StoreSettings:
    name = f"empty_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name}")
    return StoreSettings(url=postgres.url(name), **PATIENCE)


@pytest.fixture(params=["file_settings", "postgres_settings"], ids=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Each of the two, ready for a store to be opened on."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture(params=["file_settings", "empty_postgres_settings"], ids=["sqlite", "postgresql"])
def empty_settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Each of the two, with nothing in it."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture(params=["file_settings", "empty_postgres_settings"], ids=["sqlite", "postgresql"])
def own_settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Each of the two, migrated, for a test that leaves it in no form for another."""
    settings: StoreSettings = request.getfixturevalue(request.param)
    migrate_database(settings)
    return settings


@pytest.fixture
async def durable(settings: StoreSettings) -> AsyncIterator[Store]:
    """The store over each real database."""
    store = await open_store(settings, WELCOME_CRYSTALS)
    yield store
    await store.close()


@pytest.fixture(params=["file_settings", "postgres_settings", None], ids=["sqlite", "postgresql", "fake"])
def any_settings(request: pytest.FixtureRequest) -> StoreSettings | None:
    """Each of the two, and none for the fake."""
    return request.getfixturevalue(request.param) if request.param else None


@pytest.fixture
async def store(any_settings: StoreSettings | None) -> AsyncIterator[Store]:
    """The store over each real database, and the fake of it that the other rooms are tested with."""
    store: Store = FakeStore(WELCOME_CRYSTALS)
    if any_settings is not None:
        store = await open_store(any_settings, WELCOME_CRYSTALS)
    yield store
    await store.close()
