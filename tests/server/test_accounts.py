"""Asking the store who somebody is: in groups, never in the way of a tick, and answered once whatever happens."""

import asyncio
from collections.abc import Sequence

from structlog.testing import capture_logs

from server.accounts import GROUP_MAX, RUSH, RUSH_TICKS, Accounts, StoredAccounts
from server.clock import HandClock
from server.ops.metrics import Metrics
from server.outage import Outage
from server.store.records import Arrival, Saved, StoreAway
from tests.fakes import FakeStore, driven

AWAY = StoreAway("locked", "somebody else holds it")


class CountingStore(FakeStore):
    """A store that remembers how many were asked for at once."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[int] = []

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        self.groups.append(len(arrivals))
        return await super().enter(arrivals)


class SlowStore(CountingStore):
    """A store that answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        await self.let.wait()
        return await super().enter(arrivals)


class BrokenStore(FakeStore):
    """A store with a bug."""

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        raise KeyError("a bug")


class Desk:
    """Somebody who asks, and what they were told."""

    def __init__(self, store: FakeStore) -> None:
        self.metrics = Metrics(("a_zone",))
        self.outage = Outage(self.metrics, HandClock())
        self.accounts: Accounts = StoredAccounts(store, self.outage, driven)
        self.told: list[Saved | StoreAway | None] = []

    def ask(self, count: int = 1, guest: str | None = None) -> None:
        for number in range(count):
            self.accounts.enter(Arrival(None, guest, f"guest {number}"), self.told.append)


def test_whoever_asks_is_told_in_a_turn_and_not_before() -> None:
    desk = Desk(FakeStore())
    desk.ask()
    assert (desk.told, desk.accounts.asked) == ([], 1)
    desk.accounts.turn()
    (saved,) = desk.told
    assert isinstance(saved, Saved)
    assert (saved.account, saved.name, saved.balance) == (1, "guest 0", 100)
    assert desk.accounts.asked == 0


def test_a_secret_that_nobody_has_is_nobodys() -> None:
    desk = Desk(FakeStore())
    desk.ask(guest="made up")
    desk.accounts.turn()
    assert desk.told == [None]


def test_in_a_rush_those_of_a_few_ticks_are_asked_for_together() -> None:
    store = CountingStore()
    desk = Desk(store)
    for _ in range(1 + 2 * RUSH_TICKS):
        desk.ask(RUSH)
        desk.accounts.turn()
    assert store.groups == [RUSH, RUSH_TICKS * RUSH, RUSH_TICKS * RUSH]
    assert len(desk.told) == (1 + 2 * RUSH_TICKS) * RUSH


def test_who_comes_when_there_is_no_rush_is_asked_for_at_once() -> None:
    store = CountingStore()
    desk = Desk(store)
    for _ in range(5):
        desk.ask(RUSH - 1)
        desk.accounts.turn()
    assert store.groups == [RUSH - 1] * 5


def test_a_stampede_is_asked_for_in_groups_and_in_order() -> None:
    store = CountingStore()
    desk = Desk(store)
    desk.ask(2 * GROUP_MAX + 1)
    for _ in range(2 + RUSH_TICKS):
        desk.accounts.turn()
    assert store.groups == [GROUP_MAX, GROUP_MAX, 1]
    names = [saved.name for saved in desk.told if isinstance(saved, Saved)]
    assert names == [f"guest {number}" for number in range(2 * GROUP_MAX + 1)]


def test_while_the_store_is_away_everybody_is_told_so_at_once_and_it_is_counted() -> None:
    store = FakeStore()
    desk = Desk(store)
    store.away = AWAY
    desk.ask(3)
    desk.accounts.turn()
    assert desk.told == [AWAY] * 3
    assert not desk.outage.up
    assert desk.metrics.registry.get_sample_value("futurecity_store_away_total", {"cause": "locked"}) == 1
    store.away = None
    desk.ask()
    desk.accounts.turn()
    assert isinstance(desk.told[-1], Saved)
    assert desk.outage.up


def test_a_bug_in_the_store_leaves_nobody_at_the_door_for_ever() -> None:
    desk = Desk(BrokenStore())
    desk.ask(2)
    with capture_logs() as logs:
        desk.accounts.turn()
    assert [isinstance(told, StoreAway) for told in desk.told] == [True, True]
    assert [log["log_level"] for log in logs] == ["error"]


async def test_a_turn_waits_for_no_store_and_asks_one_group_at_a_time() -> None:
    store = SlowStore()
    accounts = StoredAccounts(store, Outage(Metrics(("a_zone",)), HandClock()))
    told: list[Saved | StoreAway | None] = []
    for name in ("Ada", "Ben"):
        accounts.enter(Arrival(None, None, name), told.append)
        accounts.turn()
        await asyncio.sleep(0)
    assert (told, accounts.asked) == ([], 2)
    store.let.set()
    for _ in range(20):
        await asyncio.sleep(0)
        accounts.turn()
    assert [saved.name for saved in told if isinstance(saved, Saved)] == ["Ada", "Ben"]
    assert store.groups == [1, 1]
    assert accounts.asked == 0
