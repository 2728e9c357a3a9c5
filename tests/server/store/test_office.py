"""The ops log is read newest first; sanctions are kept while they last, one of a kind for an account that exists."""

from server.store.durable import DurableStore
from server.store.records import Arrival, Operation, Sanction, Store

NEWCOMER = Arrival(None, None, "Ann")


def ban(account: int, until_ms: int | None = None, from_ms: int = 1000) -> Sanction:
    return Sanction(account, "ban", from_ms, until_ms, "ada", "cheating")


async def test_the_ops_log_is_read_newest_first_and_page_by_page(store: Store) -> None:
    did = [Operation("ada", f"act {number}", "it", "done") for number in range(5)]
    for operation in did:
        await store.log_operation(operation)
    first = await store.operations(None, 2)
    assert [row.operation for row in first] == [did[4], did[3]]
    assert all(row.at_ms > 0 for row in first)
    rest = await store.operations(first[-1].number, 100)
    assert [row.operation for row in rest] == [did[2], did[1], did[0]]


async def test_what_is_imposed_is_there_until_it_is_over_or_lifted(store: Store) -> None:
    await store.enter([NEWCOMER, NEWCOMER])
    mute = Sanction(1, "mute", 3000, 5000, "vic", "shouting")
    for sanction in (ban(1, 9000), mute, ban(2, from_ms=2000)):
        assert await store.impose(sanction)
    assert await store.sanctions(4000, 10) == [mute, ban(2, from_ms=2000), ban(1, 9000)]
    assert await store.sanctions(4000, 1) == [mute]
    assert await store.sanctions(5000, 10) == [ban(2, from_ms=2000), ban(1, 9000)]
    assert await store.lift(2, "ban")
    assert not await store.lift(2, "ban")
    assert await store.sanctions(5000, 10) == [ban(1, 9000)]


async def test_the_last_of_a_kind_counts(store: Store) -> None:
    await store.enter([NEWCOMER])
    await store.impose(ban(1, 9000))
    await store.impose(ban(1))
    assert await store.sanctions(0, 10) == [ban(1)]


async def test_nobody_is_sanctioned_who_does_not_exist(store: Store) -> None:
    assert not await store.impose(ban(7))
    assert await store.sanctions(0, 10) == []


async def test_a_reason_that_no_database_could_keep_is_mended(durable: DurableStore) -> None:
    await durable.enter([NEWCOMER])
    assert await durable.impose(ban(1)._replace(reason="\0\ud800"))
    (kept,) = await durable.sanctions(0, 10)
    assert "\0" not in kept.reason
