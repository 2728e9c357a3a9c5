"""What is confirmed exists exactly once, whatever breaks: disks, locks, lines, servers and the city itself."""

import asyncio
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from server.settings import StoreSettings
from server.store import ledger
from server.store.commands import audit_database
from server.store.durable import DurableStore, open_store
from server.store.engine import open_engine
from server.store.records import Arrival, Cause, Entry, StoreAway
from tests.postgres import PostgresServer
from tests.server.store.proxy import Cut, breakable_line
from world.event import HOUSE

ROOT = Path(__file__).parents[3]
ANN = "player:1"
# A city that settles one after the other and says so, until it is killed.
SETTLING_CITY = """
import asyncio, sys
from server.settings import StoreSettings
from server.store.durable import open_store
from server.store.records import Entry

async def run():
    store = await open_store(StoreSettings(url=sys.argv[1]), 0)
    number = 0
    while True:
        group = [Entry(f"k{number + n}", "pick_up", (("house", -1), ("player:1", 1)), 0) for n in range(3)]
        await store.settle(group)
        number += 3
        print(number, flush=True)

asyncio.run(run())
"""
CARELESS_BACKUP = """
import sqlite3, sys
books = sqlite3.connect(sys.argv[1], isolation_level=None)
books.execute("BEGIN IMMEDIATE")
print(flush=True)
sys.stdin.read()
"""


def group(first: int, size: int = 5) -> list[Entry]:
    return [Entry(f"k{number}", "pick_up", ((HOUSE, -1), (ANN, 1)), 0) for number in range(first, first + size)]


async def refusal(store: DurableStore, entries: list[Entry]) -> Cause:
    with pytest.raises(StoreAway) as caught:
        await store.settle(entries)
    return caught.value.cause


async def ann_has(store: DurableStore) -> int:
    """What she has: one more than before she is asked."""
    (verdict,) = await store.settle([Entry("asked", "pick_up", ((HOUSE, -1), (ANN, 1)), 0)])
    return verdict.balances[ANN] - 1


@contextmanager
def held(path: str) -> Iterator[None]:
    """Another process holds the file, as a careless backup would."""
    command = [sys.executable, "-c", CARELESS_BACKUP, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def path_of(settings: StoreSettings) -> str:
    return settings.url.removeprefix("sqlite:///")


async def test_what_was_confirmed_is_there_when_the_store_is_opened_again(settings: StoreSettings) -> None:
    store = await open_store(settings, 100)
    await store.settle(group(0))
    (ann,) = await store.enter([Arrival(None, None, "Ann")])
    await store.close()
    store = await open_store(settings, 100)
    assert ann is not None
    assert await store.enter([Arrival(None, ann.token, "")]) == [ann]
    assert await ann_has(store) == 105
    await store.close()


async def test_a_city_that_is_killed_has_what_it_confirmed(settings: StoreSettings) -> None:
    command = [sys.executable, "-c", SETTLING_CITY, settings.url]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    for _ in range(20):
        await process.stdout.readline()
    process.kill()
    said = (await process.stdout.read()).split()
    await process.wait()
    confirmed = int(said[-1]) if said else 60
    # A connection that has just died still holds the books for a moment.
    store = await open_store(settings.model_copy(update={"busy_timeout_s": 30}), 0)
    has = await ann_has(store)
    assert confirmed <= has <= confirmed + 3
    assert all(verdict.settled for verdict in await store.settle(group(0, has)))
    await store.close()
    assert (await asyncio.to_thread(audit_database, settings, None)).clean


async def test_a_file_that_another_process_holds_is_locked_and_then_free(file_settings: StoreSettings) -> None:
    store = await open_store(file_settings, 0)
    with held(path_of(file_settings)):
        assert await refusal(store, group(0)) == "locked"
        assert await refusal(store, group(0)) == "locked"
    assert all(verdict.settled for verdict in await store.settle(group(0)))
    assert await ann_has(store) == 5
    await store.close()


async def test_books_that_another_city_holds_are_locked_and_then_free(postgres_settings: StoreSettings) -> None:
    store = await open_store(postgres_settings, 0)
    other = open_engine(postgres_settings)
    async with other.connect() as connection:
        await connection.run_sync(ledger.line_up)
        assert await refusal(store, group(0)) == "locked"
    assert all(verdict.settled for verdict in await store.settle(group(0)))
    await other.dispose()
    await store.close()


async def test_a_full_disk_refuses_the_group_and_takes_it_when_there_is_room(file_settings: StoreSettings) -> None:
    await (await open_store(file_settings, 0)).close()
    engine = open_engine(file_settings)
    room = 0

    def narrow(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA max_page_count = {room or 2**30}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", narrow)
    store = DurableStore(engine, 0)
    room = 1
    assert await refusal(store, group(0, 2000)) == "full"
    assert await refusal(store, group(0, 2000)) == "full"
    room = 0
    assert all(verdict.settled for verdict in await store.settle(group(0, 2000)))
    assert await ann_has(store) == 2000
    await store.close()
    assert (await asyncio.to_thread(audit_database, file_settings, None)).clean


async def test_a_write_that_the_system_breaks_off_is_undone_and_can_be_asked_for_again(
    file_settings: StoreSettings,
) -> None:
    store = await open_store(file_settings, 0)
    await store.settle(group(0))
    log_bytes = os.stat(f"{path_of(file_settings)}-wal").st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes + 10_000, limits[1]))
    try:
        assert await refusal(store, group(5, 200)) == "failed"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert await ann_has(store) == 5
    assert all(verdict.settled for verdict in await store.settle(group(5, 200)))
    await store.close()
    assert (await asyncio.to_thread(audit_database, file_settings, None)).clean


async def test_a_file_that_cannot_be_written_to_says_so(file_settings: StoreSettings) -> None:
    store = await open_store(file_settings, 0)
    await store.settle(group(0))
    await store.close()
    engine = open_engine(file_settings, read_only=True)
    with pytest.raises(StoreAway) as caught:
        await DurableStore(engine, 0).settle(group(5))
    assert caught.value.cause == "read_only"
    await engine.dispose()


async def test_a_database_that_is_read_only_says_so_and_takes_it_when_it_is_not(
    postgres: PostgresServer, postgres_database: str, postgres_settings: StoreSettings
) -> None:
    postgres.sql(f"ALTER DATABASE {postgres_database} SET default_transaction_read_only = on")
    with pytest.raises(StoreAway) as caught:
        await (await open_store(postgres_settings, 0)).begin_run()
    assert caught.value.cause == "read_only"
    postgres.sql(f"ALTER DATABASE {postgres_database} RESET default_transaction_read_only")
    store = await open_store(postgres_settings, 0)
    assert all(verdict.settled for verdict in await store.settle(group(0)))
    await store.close()


@pytest.mark.parametrize("cut", [Cut.ON_ITS_WAY, Cut.BEFORE_ITS_ANSWER])
async def test_a_line_cut_in_mid_commit_loses_nothing_and_doubles_nothing(
    postgres: PostgresServer, postgres_database: str, postgres_settings: StoreSettings, cut: Cut
) -> None:
    async with breakable_line(postgres.socket) as line:
        url = f"postgresql://city@127.0.0.1:{line.port}/{postgres_database}?ssl=disable"
        store = await open_store(postgres_settings.model_copy(update={"url": url, "busy_timeout_s": 30}), 0)
        for first in (0, 5, 10):
            line.cut = cut
            assert await refusal(store, group(first)) == "lost"
            verdicts = await store.settle(group(first))
            assert [verdict.settled for verdict in verdicts] == [True] * 5
            assert verdicts[-1].balances == {HOUSE: -first - 5, ANN: first + 5}
        assert line.cuts == 3
        assert await ann_has(store) == 15
        await store.close()
    assert (await asyncio.to_thread(audit_database, postgres_settings, None)).clean


async def test_a_server_that_is_killed_and_comes_back_is_away_in_between(
    postgres: PostgresServer, postgres_settings: StoreSettings
) -> None:
    store = await open_store(postgres_settings, 0)
    await store.settle(group(0))
    postgres.kill()
    assert await refusal(store, group(5)) == "lost"
    assert await refusal(store, group(5)) == "unreachable"
    postgres.start()
    assert all(verdict.settled for verdict in await store.settle(group(0, 10)))
    assert await ann_has(store) == 10
    await store.close()


async def test_an_answer_that_does_not_come_in_time_is_an_outage_like_any_other(
    postgres_settings: StoreSettings,
) -> None:
    hasty = postgres_settings.model_copy(update={"answer_timeout_s": 0.5, "busy_timeout_s": 30})
    store, other = DurableStore(open_engine(hasty), 0), open_engine(postgres_settings)
    async with other.connect() as connection:
        await connection.execute(text("LOCK TABLE accounts"))
        assert await refusal(store, group(0)) == "timeout"
    await store.close()
    await other.dispose()
    store = await open_store(postgres_settings, 0)
    assert all(verdict.settled for verdict in await store.settle(group(0)))
    await store.close()


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("postgresql://city@127.0.0.1:1/city", "unreachable"),
        ("postgresql://city@no-such-host.invalid/city", "unreachable"),
        ("sqlite:////proc/city.db", "unreachable"),
    ],
)
async def test_a_database_that_is_not_there_is_unreachable(url: str, cause: Cause) -> None:
    with pytest.raises(StoreAway) as caught:
        await open_store(StoreSettings(url=url), 0)
    assert caught.value.cause == cause
    assert "cannot be reached" in caught.value.sentence


async def test_a_database_that_does_not_exist_on_its_server_is_unreachable(postgres: PostgresServer) -> None:
    with pytest.raises(StoreAway, match=r"cannot be reached \(3D000\)"):
        await open_store(StoreSettings(url=postgres.url("nowhere")), 0)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://city@127.0.0.1:{silent.getsockname()[1]}/city"
        with pytest.raises(StoreAway) as caught:
            await open_store(StoreSettings(url=url, connect_timeout_s=0.1), 0)
    assert caught.value.cause == "timeout"


async def test_a_file_that_is_no_database_is_told_from_one(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"\xff\xd8 a picture" * 1000)
    with pytest.raises(StoreAway, match=r"the database failed \(SQLITE_NOTADB\)"):
        await open_store(StoreSettings(url=f"sqlite:///{path}"), 0)
