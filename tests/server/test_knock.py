"""Somebody at the door, as they come."""

from protocol.limits import RESUME_CHARS_MAX
from protocol.messages import Hello
from server.knock import Knock, Stage
from server.lanes import Lane


def test_everybody_has_a_ticket_of_their_own_that_fits_a_hello() -> None:
    knocks = [Knock(None, Hello(1), Lane.ORDINARY, 0) for _ in range(100)]
    assert len({knock.ticket for knock in knocks}) == 100
    assert all(len(knock.ticket) <= RESUME_CHARS_MAX for knock in knocks)


def test_whoever_has_just_come_waits_and_has_been_told_nothing() -> None:
    knock = Knock(None, Hello(1), Lane.STAFF, 7)
    assert (knock.stage, knock.told, knock.saved) == (Stage.WAITING, False, None)
