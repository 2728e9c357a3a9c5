"""Between zones and ledger: every request is settled once and answered once, whatever the store does meanwhile."""

from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from server.bus import LocalBus
from server.clock import HandClock
from server.errand import PAUSE_MAX_S
from server.ops.metrics import Metrics
from server.outage import Outage
from server.settler import Bounds, Settler
from server.store.records import StoreAway
from tests.fakes import FakeStore, driven
from world.event import Command, Posting, Settle
from world.events.confirm import Confirm
from world.events.reject import Reject
from world.tick import Issued

EPOCH, GROUP_MAX, WAITING_MAX = 12, 3, 8
AWAY = StoreAway("unreachable", "no database there")


def picked(number: int, account: int = 17) -> Settle:
    """A crystal of five found by an account."""
    return Settle(f"pick.{number}", "pick_up", (Posting("house", -5), Posting(f"player:{account}", 5)))


def lit(number: int, cost: int = 3) -> Settle:
    return Settle(f"light.{number}", "light", (Posting("player:17", -cost), Posting("house", cost)))


class Office:
    """A settler between two zones and a store."""

    def __init__(self) -> None:
        self.clock, self.store, self.bus = HandClock(), FakeStore(), LocalBus(2)
        self.metrics = Metrics(("west", "east"))
        self.outage = Outage(self.metrics, self.clock)
        bounds = Bounds(WAITING_MAX, GROUP_MAX)
        self.settler = Settler(self.bus, self.store, EPOCH, bounds, self.outage)
        self.balances: dict[str, int] = {}
        self.settler.tell = self._told
        self.tick = 0

    def _told(self, balances: Mapping[str, int]) -> None:
        self.balances |= balances

    def ask(self, *settles: Settle, zone: int = 0) -> None:
        for settle in settles:
            self.bus.settle(zone, settle)

    def turn(self) -> bool:
        """A tick, and an attempt; whether the attempt did anything."""
        self.tick += 1
        self.settler.turn(self.tick)
        return driven(self.settler.advance())

    def answers(self, zone: int = 0) -> list[Command]:
        issued = self.bus.take_batch(zone).commands
        assert all(each == Issued(0, 0, each.command) for each in issued)
        return [each.command for each in issued]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"futurecity_{name}", labels)


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_is_stored_is_confirmed_to_its_zone_with_receipt_and_balance(office: Office) -> None:
    office.ask(picked(1), zone=1)
    assert office.turn()
    assert office.answers(1) == [Confirm("pick.1", "12.1.pick.1", 5)]
    assert office.answers(0) == []
    assert office.store.entries["12.1.pick.1"].tick == office.tick
    assert office.metric("settlements_total", kind="pick_up", outcome="settled") == 1


def test_what_the_books_refuse_is_rejected_with_the_worlds_own_word_for_it(office: Office) -> None:
    office.ask(lit(1), Settle("pick.2", "pick_up", (Posting("pool:rain.dawn.1", -5), Posting("player:17", 5))))
    office.turn()
    assert office.answers() == [Reject("light.1", "insufficient"), Reject("pick.2", "closed")]
    assert office.metric("settlements_total", kind="light", outcome="insufficient") == 1
    assert office.metric("settlements_total", kind="pick_up", outcome="closed") == 1


def test_an_entry_that_makes_no_sense_is_rejected_and_is_our_fault(office: Office) -> None:
    office.ask(Settle("pick.1", "pick_up", (Posting("house", -5), Posting("player:17", 6))))
    with capture_logs() as logs:
        office.turn()
    assert office.answers() == [Reject("pick.1", "refused")]
    assert [log["log_level"] for log in logs] == ["error"]


def test_equal_names_in_two_zones_are_two_keys_and_two_pools(office: Office) -> None:
    for zone in (0, 1):
        office.ask(Settle("fund.1", "fund", (Posting("house", -7), Posting("pool:rain.1", 7))), zone=zone)
    office.turn()
    assert office.store.balances["pool:12.0.rain.1"] == office.store.balances["pool:12.1.rain.1"] == 7
    assert office.answers(0) == [Confirm("fund.1", "12.0.fund.1", 0)]
    assert office.answers(1) == [Confirm("fund.1", "12.1.fund.1", 0)]


def test_settlements_go_in_groups_and_in_the_order_in_which_they_were_asked_for(office: Office) -> None:
    office.ask(*(picked(number) for number in range(GROUP_MAX + 1)))
    office.turn()
    assert office.settler.waiting == 1
    office.turn()
    assert office.store.settled == [GROUP_MAX, 1]
    assert [answer.balance for answer in office.answers() if isinstance(answer, Confirm)] == [5, 10, 15, 20]


def test_while_the_store_is_away_nothing_is_answered_and_everything_waits(office: Office) -> None:
    office.store.away = AWAY
    office.ask(picked(1), picked(2))
    assert not office.turn()
    assert (office.answers(), office.settler.waiting) == ([], 2)
    assert not office.outage.up
    office.clock.forward(PAUSE_MAX_S)
    office.store.away = None
    assert office.turn()
    assert len(office.answers()) == 2
    assert office.outage.up
    assert office.store.balances["player:17"] == 10
    assert office.metric("store_away_total", cause="unreachable") == 1


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_settled_twice(office: Office) -> None:
    office.store.loses_answers = True
    office.ask(picked(1), lit(1))
    assert not office.turn()
    assert (office.answers(), office.store.balances["player:17"]) == ([], 2)
    office.store.loses_answers = False
    office.clock.forward(PAUSE_MAX_S)
    assert office.turn()
    assert [type(answer) for answer in office.answers()] == [Confirm, Confirm]
    assert office.store.balances["player:17"] == 2


def test_every_balance_that_has_changed_is_told_and_none_that_has_not(office: Office) -> None:
    office.ask(picked(1), lit(1, cost=99))
    office.turn()
    assert office.balances == {"house": -5, "player:17": 5}


def test_how_long_an_answer_took_and_how_many_wait_can_be_seen(office: Office) -> None:
    office.store.away = AWAY
    office.ask(picked(1))
    office.turn()
    assert office.metric("settlements_pending") == 1
    office.store.away = None
    office.clock.forward(PAUSE_MAX_S)
    office.turn()
    office.settler.turn(office.tick + 1)
    assert office.metric("settlements_pending") == 0
    assert office.metric("settle_seconds_sum") == pytest.approx(PAUSE_MAX_S)


def test_more_than_zones_may_have_pending_is_a_bug_and_says_so(office: Office) -> None:
    office.ask(*(picked(number) for number in range(WAITING_MAX + 1)))
    with pytest.raises(AssertionError, match=r"bound what they have pending"):
        office.turn()
