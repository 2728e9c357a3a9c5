"""Who is kept out for what they did: how long, when it is forgiven, and that remembering it stays bounded."""

import pytest

from protocol.errors import CloseCode
from server.clock import HandClock
from server.offences import OFFENCES, OFFENDERS_MAX, SHARED_FREE, Offences, account_key
from server.settings import GameSettings

SETTINGS = GameSettings(offence_s=10, offence_max_s=75, offence_forgiven_s=100)
ADA = account_key(1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(500)


@pytest.fixture
def offences(clock: HandClock) -> Offences:
    return Offences(SETTINGS, clock.now_s)


def test_whoever_has_done_nothing_may_come_in(offences: Offences) -> None:
    assert (offences.out_s(ADA), len(offences)) == (0, 0)


def test_each_offence_keeps_an_account_out_twice_as_long_up_to_the_most(offences: Offences) -> None:
    assert [offences.note(ADA, shared=False) for _ in range(6)] == [10, 20, 40, 75, 75, 75]


def test_what_is_left_falls_with_time_and_then_the_way_is_free(offences: Offences, clock: HandClock) -> None:
    offences.note(ADA, shared=False)
    clock.forward(4)
    assert offences.out_s(ADA) == pytest.approx(6)
    clock.forward(6)
    assert offences.out_s(ADA) == 0


def test_the_first_offences_from_an_address_count_and_cost_nothing(offences: Offences) -> None:
    assert [offences.note("192.0.2.7", shared=True) for _ in range(SHARED_FREE + 2)] == [0] * SHARED_FREE + [10, 20]


def test_nobody_else_is_kept_out(offences: Offences) -> None:
    offences.note(ADA, shared=False)
    assert offences.out_s(account_key(2)) == 0


def test_one_offence_is_forgiven_for_each_while_of_good_conduct(offences: Offences, clock: HandClock) -> None:
    for _ in range(3):
        offences.note(ADA, shared=False)
    clock.forward(100)
    assert offences.note(ADA, shared=False) == 40
    clock.forward(200)
    assert offences.note(ADA, shared=False) == 20


def test_a_record_that_is_forgiven_is_forgotten(offences: Offences, clock: HandClock) -> None:
    offences.note(ADA, shared=False)
    clock.forward(101)
    assert (offences.out_s(ADA), len(offences)) == (0, 0)


def test_who_is_kept_out_for_longer_than_it_takes_to_forgive_stays_out(clock: HandClock) -> None:
    offences = Offences(GameSettings(offence_s=50, offence_max_s=50, offence_forgiven_s=10), clock.now_s)
    offences.note(ADA, shared=False)
    clock.forward(20)
    assert offences.out_s(ADA) == pytest.approx(30)
    assert offences.out_s(ADA) == pytest.approx(30)


def test_any_number_of_offences_is_a_number(offences: Offences) -> None:
    assert {offences.note(ADA, shared=False) for _ in range(2000)} == {10, 20, 40, 75}


def test_the_table_is_bounded_whoever_comes_and_the_latest_are_in_it(offences: Offences) -> None:
    for number in range(OFFENDERS_MAX + 100):
        offences.note(account_key(number), shared=False)
    assert len(offences) == OFFENDERS_MAX
    assert offences.out_s(account_key(0)) == 0
    assert offences.out_s(account_key(OFFENDERS_MAX + 99)) == 10


def test_only_what_the_client_did_is_an_offence() -> None:
    blameless = set(CloseCode) - set(OFFENCES)
    assert {CloseCode.SLOW, CloseCode.IDLE, CloseCode.HELLO_TIMEOUT, CloseCode.REPLACED, CloseCode.FULL} <= blameless
    assert CloseCode.UNSUPPORTED_VERSION in blameless
