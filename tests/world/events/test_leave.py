"""Whoever leaves is gone before the snapshot."""

from tests.world.hamlet import Hamlet
from world.events.leave import Leave


def test_who_leaves_is_in_no_snapshot_and_has_no_profile() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    outcome = hamlet.do(5, Leave())
    assert 5 not in outcome.snapshot["entity"]
    assert hamlet.west.row(5) is None
    assert 5 not in hamlet.west.profiles


def test_who_is_not_here_cannot_leave() -> None:
    assert [no.reason for no in Hamlet().do(5, Leave()).refused] == ["not_here"]


def test_a_slot_is_free_again_at_once() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    hamlet.do(5, Leave())
    hamlet.join((1 << 17) | 5)
    assert hamlet.west.row((1 << 17) | 5) is not None
