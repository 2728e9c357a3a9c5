"""The form of the database: an empty one is migrated, today's is served, every other is refused with the way out."""

import asyncio
import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text

from server.settings import StoreSettings
from server.store import schema
from server.store.durable import open_store, transaction
from server.store.engine import open_engine
from server.store.records import StoreAway
from server.store.schema import SchemaError
from server.store.tables import metadata


async def within(settings: StoreSettings, *statements: str) -> None:
    engine = open_engine(settings)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def migrated(settings: StoreSettings) -> tuple[str | None, str]:
    engine = open_engine(settings)
    try:
        return await transaction(engine, schema.migrate)
    finally:
        await engine.dispose()


async def upgraded_to(settings: StoreSettings, revision: str) -> None:
    engine = open_engine(settings)
    await transaction(engine, lambda connection: schema.upgrade(connection, revision))
    await engine.dispose()


async def test_an_empty_database_is_migrated_when_the_city_opens(empty_settings: StoreSettings) -> None:
    store = await open_store(empty_settings, 0)
    assert await store.begin_run() == 1
    await store.close()
    assert await migrated(empty_settings) == (schema.newest(), schema.newest())


async def test_two_cities_that_open_at_once_migrate_it_once(empty_settings: StoreSettings) -> None:
    patient = empty_settings.model_copy(update={"busy_timeout_s": 30})
    stores = await asyncio.gather(open_store(patient, 0), open_store(patient, 0))
    assert [await store.begin_run() for store in stores] == [1, 2]
    for store in stores:
        await store.close()


async def test_migrating_says_from_where_to_where(empty_settings: StoreSettings) -> None:
    assert await migrated(empty_settings) == (None, schema.newest())
    assert await migrated(empty_settings) == (schema.newest(), schema.newest())


async def test_an_older_database_is_refused_until_it_is_migrated_and_keeps_what_it_has(
    empty_settings: StoreSettings,
) -> None:
    await upgraded_to(empty_settings, "0001")
    await within(empty_settings, "INSERT INTO accounts VALUES (1, 'house', 0)")
    with pytest.raises(SchemaError, match=r"older form than this program; run: futurecity migrate"):
        await open_store(empty_settings, 0)
    assert await migrated(empty_settings) == ("0001", schema.newest())
    store = await open_store(empty_settings, 0)
    await store.close()
    await within(empty_settings, "UPDATE accounts SET balance = 0 WHERE id = 1")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "form 9999, which is newer than this program"),
        ("DELETE FROM alembic_version", "has lost the number of its form"),
    ],
)
async def test_a_database_in_no_form_that_is_known_is_refused_by_all(
    own_settings: StoreSettings, statement: str, said: str
) -> None:
    await within(own_settings, statement)
    for attempt in (open_store(own_settings, 0), migrated(own_settings)):
        with pytest.raises(SchemaError, match=re.escape(said)):
            await attempt


async def test_somebody_elses_database_is_left_alone(empty_settings: StoreSettings) -> None:
    await within(empty_settings, "CREATE TABLE holidays (place TEXT)")
    for attempt in (open_store(empty_settings, 0), migrated(empty_settings)):
        with pytest.raises(SchemaError, match=r"something else's; name another with --store\.url"):
            await attempt


async def test_whoever_only_reads_does_not_migrate(empty_settings: StoreSettings) -> None:
    engine = open_engine(empty_settings)
    with pytest.raises(SchemaError, match=r"is empty; run: futurecity migrate"):
        await transaction(engine, schema.check)
    await engine.dispose()


async def test_a_migration_that_fails_leaves_nothing_behind(empty_settings: StoreSettings) -> None:
    def broken(connection: Connection) -> None:
        schema.upgrade(connection, "0001")
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    engine = open_engine(empty_settings)
    with pytest.raises(StoreAway, match=r"the database failed"):
        await transaction(engine, broken)
    await engine.dispose()
    assert await migrated(empty_settings) == (None, schema.newest())


async def test_the_migrations_make_the_tables_that_statements_see(empty_settings: StoreSettings) -> None:
    await migrated(empty_settings)
    engine = open_engine(empty_settings)

    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), metadata)  # type: ignore[no-any-return]

    assert await transaction(engine, differences) == []
    await engine.dispose()


async def test_the_migrations_make_the_constraints_that_the_tables_say(empty_settings: StoreSettings) -> None:
    await migrated(empty_settings)
    engine = open_engine(empty_settings)
    assert await transaction(engine, checks) == {
        (table.name, constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    await engine.dispose()


def checks(connection: Connection) -> set[tuple[str, str | None]]:
    """The checks there are, each by its table and its name."""
    seen = inspect(connection)
    return {(table, check["name"]) for table in metadata.tables for check in seen.get_check_constraints(table)}
