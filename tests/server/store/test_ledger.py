"""The books as both databases keep them: numbered without gaps, never changed, and written by one at a time."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from server.settings import StoreSettings
from server.store.commands import audit_database
from server.store.durable import DurableStore, open_store
from server.store.engine import open_engine
from server.store.records import Arrival, Entry, Operation, StoreAway, Verdict
from world.event import HOUSE

ANN = "player:1"


def gain(number: int, amount: int = 1) -> Entry:
    return Entry(f"key.{number}", "pick_up", ((HOUSE, -amount), (ANN, amount)), number)


def paid(number: int) -> Entry:
    return Entry(f"paid.{number}", "pick_up", ((HOUSE, -1), (f"player:{number}", 1)), number)


@pytest.fixture
def rubbish() -> Iterator[list[object]]:
    """What only the garbage collector can free of all that has been made since, once `gc.collect()` is called."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


async def raw(engine: AsyncEngine, statement: str) -> None:
    """Past all of ours, as somebody with a database client would."""
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def test_what_is_written_is_never_changed_or_deleted(durable: DurableStore, settings: StoreSettings) -> None:
    await durable.settle([gain(1)])
    await durable.log_operation(Operation("me", "start", "dawn", "running"))
    engine = open_engine(settings)
    for table, column in (("transactions", "tick"), ("postings", "amount"), ("ops_log", "at_ms")):
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 1"):
            with pytest.raises(DBAPIError, match=f"{table} only ever grows"):
                await raw(engine, change)
    await engine.dispose()


NEVER = [
    "UPDATE accounts SET balance = -1 WHERE name = 'player:1'",
    "INSERT INTO accounts VALUES (99, 'purse:1', 0)",
    "INSERT INTO accounts VALUES (99, 'house', 0)",
    "INSERT INTO postings VALUES (1, 99, 1)",
    "INSERT INTO postings VALUES (99, 1, 1)",
    "INSERT INTO transactions VALUES (2, 'key.1', 'pick_up', 0, 0)",
]


async def test_the_database_itself_refuses_what_must_never_be(durable: DurableStore, settings: StoreSettings) -> None:
    await durable.settle([gain(1)])
    engine = open_engine(settings)
    for statement in NEVER:
        with pytest.raises(DBAPIError):
            await raw(engine, statement)
    await engine.dispose()


async def test_half_a_crystal_is_refused_by_a_file_too(file_settings: StoreSettings) -> None:
    store = await open_store(file_settings, 0)
    await store.settle([gain(1)])
    engine = open_engine(file_settings)
    with pytest.raises(DBAPIError, match="cannot store REAL value"):
        await raw(engine, "UPDATE accounts SET balance = 0.5 WHERE name = 'player:1'")
    await engine.dispose()
    await store.close()


async def test_two_cities_on_one_database_settle_each_key_once(settings: StoreSettings) -> None:
    patient = settings.model_copy(update={"busy_timeout_s": 30})
    stores = [await open_store(patient, 0) for _ in range(2)]
    groups = [[gain(number) for number in range(start, start + 20)] for start in range(0, 100, 10)]
    verdicts = await asyncio.gather(*(store.settle(group) for group in groups for store in stores))
    assert all(verdict.settled for group in verdicts for verdict in group)
    (last,) = await stores[0].settle([gain(1000)])
    assert last.balances == {HOUSE: -111, ANN: 111}
    epochs = await asyncio.gather(*(store.begin_run() for store in stores * 3))
    assert sorted(epochs) == [1, 2, 3, 4, 5, 6]
    for store in stores:
        await store.close()


async def test_questions_may_overlap_and_wait_in_a_line(durable: DurableStore) -> None:
    verdicts = await asyncio.gather(*(durable.settle([gain(number)]) for number in range(30)))
    assert sorted(verdict.balances[ANN] for (verdict,) in verdicts) == list(range(1, 31))


async def test_a_group_that_cannot_be_written_leaves_nothing_behind(
    durable: DurableStore, settings: StoreSettings
) -> None:
    await durable.settle([gain(1)])
    engine = open_engine(settings)
    # The last statement of the group fails: Ann's balance may not change.
    await raw(engine, "ALTER TABLE accounts RENAME COLUMN balance TO mislaid")
    with pytest.raises(StoreAway) as caught:
        await durable.settle([gain(2)])
    assert caught.value.cause == "failed"
    await raw(engine, "ALTER TABLE accounts RENAME COLUMN mislaid TO balance")
    assert await durable.settle([gain(2)]) == [Verdict("key.2", True, None, {HOUSE: -2, ANN: 2})]
    await engine.dispose()
    audited = await asyncio.to_thread(audit_database, settings, None)
    assert (audited.books.transactions, audited.clean) == (2, True)


async def test_a_group_of_a_thousand_strangers_is_one_group(durable: DurableStore) -> None:
    group = [Entry(f"k{n}", "pick_up", ((HOUSE, -1), (f"player:{n}", 1)), 0) for n in range(1, 1025)]
    assert all(verdict.settled for verdict in await durable.settle(group))
    assert all(verdict.settled for verdict in await durable.settle(group))
    assert (await durable.settle([gain(1)]))[0].balances == {HOUSE: -1025, ANN: 2}


async def test_asking_the_books_leaves_nothing_for_the_garbage_collector(
    durable: DurableStore, rubbish: list[object]
) -> None:
    """Cycles of statements would lie there for hours in a quiet city: to whoever watches its memory, a leak."""
    ways = [Arrival("ann", None, "Ann"), Arrival(None, "no such secret", "Bob")]
    for number in range(20):
        await durable.enter(ways)
        await durable.settle([gain(number), gain(0)])
    gc.collect()
    assert [each for each in rubbish if type(each).__module__.startswith("sqlalchemy.sql")] == []


async def test_groups_of_any_size_take_few_statements(durable: DurableStore) -> None:
    """Drivers keep each that they have prepared, and only a length that is new is another one."""
    prepared: set[str] = set()

    def note(*told: Any) -> None:
        prepared.add(told[2])

    event.listen(durable._engine.sync_engine, "before_cursor_execute", note)
    number = 1
    for size in range(1, 33):
        group = [paid(number + place) for place in range(size)]
        assert all(verdict.settled for verdict in await durable.settle(group))
        number += size
    for size in range(1, 33):
        await durable.enter([Arrival(f"member {place}", None, "Ann") for place in range(size)])
    lists = {statement for statement in prepared if " IN (" in statement}
    # Keys and names of up to 33 each, and proofs: 1, 2, 4, 8, 16, 32 and 64 of them.
    assert len(lists) <= 3 * 7
