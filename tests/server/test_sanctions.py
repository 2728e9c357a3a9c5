"""Sanctions in force: by account and kind, for their time, and no more than are kept."""

import pytest

from server import sanctions
from server.clock import HandClock
from server.sanctions import Sanctions
from server.store.records import Sanction


def ban(account: int, until_ms: int | None = None, from_ms: int = 0) -> Sanction:
    return Sanction(account, "ban", from_ms, until_ms, "ada", "cheating")


def test_a_sanction_counts_for_its_time_and_its_account() -> None:
    clock = HandClock()
    known = Sanctions(clock.wall_s)
    known.load([ban(1, 5000), ban(2)])
    clock.forward(4)
    left = known.find(1, "ban")
    assert left is not None
    assert (left.seconds, left.said) == (1, "cheating, for 1 s more")
    forever = known.find(2, "ban")
    assert forever is not None
    assert (forever.seconds, forever.said) == (None, "cheating")
    assert known.find(1, "mute") is None
    assert known.find(3, "ban") is None
    clock.forward(1)
    assert known.find(1, "ban") is None
    assert [each.account for each in known.newest(10)] == [2]


def test_the_newest_are_shown_first_and_no_more_than_asked_for() -> None:
    known = Sanctions(HandClock().wall_s)
    known.load([ban(number, from_ms=number) for number in range(5)])
    assert [each.account for each in known.newest(2)] == [4, 3]


def test_no_more_are_kept_than_fit_and_those_that_are_over_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanctions, "SANCTIONS_MAX", 2)
    clock = HandClock()
    known = Sanctions(clock.wall_s)
    known.load([ban(1, 5000), ban(2)])
    assert known.full
    clock.forward(6)
    assert not known.full
    assert len(known) == 1
