"""The way to the database: who may read the file, and what each connection is told first."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.settings import StoreSettings
from server.store.durable import open_store
from server.store.engine import open_engine
from tests.postgres import PostgresServer


async def answers(settings: StoreSettings, *questions: str) -> list[object]:
    engine = open_engine(settings)
    async with engine.connect() as connection:
        found = [await connection.scalar(text(question)) for question in questions]
    await engine.dispose()
    return found


async def test_a_commit_is_on_the_disk_before_it_is_confirmed(
    file_settings: StoreSettings, postgres_settings: StoreSettings
) -> None:
    full = 2
    assert await answers(file_settings, "PRAGMA journal_mode", "PRAGMA synchronous") == ["wal", full]
    assert await answers(postgres_settings, "SHOW synchronous_commit", "SHOW fsync") == ["on", "on"]


async def test_a_new_file_and_its_directory_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data" / "city.db"
    await (await open_store(StoreSettings(url=f"sqlite:///{path}"), 0)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_path_is_encoded_as_in_any_url_and_may_have_anything_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await (await open_store(StoreSettings(url="sqlite:///ä ö/100%25 #1.db"), 0)).close()
    assert [path.name for path in (tmp_path / "ä ö").iterdir()] == ["100% #1.db"]


async def test_whoever_only_reads_cannot_write_and_holds_nobody_up(settings: StoreSettings) -> None:
    store = await open_store(settings, 0)
    engine = open_engine(settings, read_only=True)
    async with engine.connect() as connection:
        before = await connection.scalar(text("SELECT count(*) FROM runs"))
        assert await store.begin_run() == 1
        assert await connection.scalar(text("SELECT count(*) FROM runs")) == before == 0
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await connection.execute(text("DELETE FROM runs"))
    await engine.dispose()
    await store.close()


async def test_what_is_stored_is_not_repeated_by_errors(settings: StoreSettings) -> None:
    engine = open_engine(settings)
    with pytest.raises(DBAPIError) as caught:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT :secret FROM nowhere"), {"secret": "sesame"})
    await engine.dispose()
    assert "sesame" not in str(caught.value)


async def test_the_word_of_libpq_for_encryption_is_understood(postgres: PostgresServer, postgres_database: str) -> None:
    url = f"{postgres.url(postgres_database)}&sslmode=disable"
    assert await answers(StoreSettings(url=url), "SELECT 1") == [1]
