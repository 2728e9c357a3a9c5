"""What one address may do: so many connections, so many new ones a second, and none while it is kept out."""

import pytest

from protocol.errors import CloseCode
from server.clock import HandClock
from server.gateway.callers import ADDRESSES_MAX, Callers
from server.offences import SHARED_FREE, Offences
from server.settings import GameSettings

SETTINGS = GameSettings(per_address_max=3, per_address_per_s=2, offence_s=10)
ADDRESS, OTHER = "192.0.2.7", "192.0.2.8"


class Street:
    """Callers, and what they are judged by."""

    def __init__(self, settings: GameSettings = SETTINGS) -> None:
        self.clock = HandClock(100)
        self.offences = Offences(settings, self.clock.now_s)
        self.callers = Callers(settings, self.offences, self.clock.now_s)

    def call(self, address: str = ADDRESS) -> str:
        """One connection more: what becomes of it."""
        if not self.callers.arrived(address):
            return "cut"
        refusal = self.callers.opened(address)
        if refusal is not None:
            self.callers.closed(address)
            return refusal.code.name
        return "open"


@pytest.fixture
def street() -> Street:
    return Street()


def test_so_many_may_be_open_and_a_closed_one_makes_room(street: Street) -> None:
    assert [street.call() for _ in range(3)] == ["open"] * 3
    assert street.call(OTHER) == "open"
    street.clock.forward(10)
    assert street.call() == "FULL"
    street.callers.closed(ADDRESS)
    assert street.call() == "open"


def test_whoever_calls_too_fast_is_told_when_to_come_and_then_cut(street: Street) -> None:
    for _ in range(3):
        assert street.call() == "open"
        street.callers.closed(ADDRESS)
    assert street.callers.arrived(ADDRESS)
    refusal = street.callers.opened(ADDRESS)
    assert refusal is not None
    assert (refusal.code, refusal.retry_after_s) == (CloseCode.FULL, 1)
    assert "2 new connections a second" in refusal.reason
    assert [street.call() for _ in range(4)] == ["FULL", "FULL", "cut", "cut"]
    street.callers.closed(ADDRESS)
    street.clock.forward(2)
    assert street.call() == "open"


def test_the_allowance_never_grows_beyond_what_may_be_open(street: Street) -> None:
    street.clock.forward(10_000)
    for _ in range(3):
        street.call()
        street.callers.closed(ADDRESS)
    assert street.call() == "FULL"


def test_a_network_of_ipv6_shares_what_an_address_may_do(street: Street) -> None:
    assert [street.call(f"2001:db8::{number}") for number in range(4)] == ["open"] * 3 + ["FULL"]
    assert street.call("2001:db8:0:1::1") == "open"


def test_an_address_that_is_kept_out_is_told_how_long_yet(street: Street) -> None:
    for _ in range(SHARED_FREE + 1):
        street.offences.note(ADDRESS, shared=True)
    street.clock.forward(4)
    refusal = street.callers.opened(ADDRESS)
    assert refusal is not None
    assert (refusal.code, refusal.retry_after_s) == (CloseCode.FLOOD, 6)
    assert street.call(OTHER) == "open"


def test_this_machine_is_exempt(street: Street) -> None:
    assert {street.call("127.0.0.1") for _ in range(50)} == {"open"}


def test_what_is_kept_of_callers_is_bounded(street: Street) -> None:
    for number in range(ADDRESSES_MAX + 50):
        street.callers.arrived(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(street.callers._buckets) == ADDRESSES_MAX
    assert not street.callers._open


def test_whoever_has_been_told_that_they_are_kept_out_is_cut_until_they_may_come(street: Street) -> None:
    for _ in range(SHARED_FREE + 1):
        street.offences.note(ADDRESS, shared=True)
    assert [street.call() for _ in range(3)] == ["FLOOD", "cut", "cut"]
    assert street.call(OTHER) == "open"
    street.clock.forward(SETTINGS.offence_s)
    assert street.call() == "open"


@pytest.mark.parametrize(("exempt", "fourth"), [(True, "open"), (False, "FULL")])
def test_this_machine_is_limited_like_any_other_where_that_is_said(exempt: bool, fourth: str) -> None:
    street = Street(SETTINGS.model_copy(update={"local_exempt": exempt}))
    assert [street.call("127.0.0.1") for _ in range(4)] == ["open"] * 3 + [fourth]
