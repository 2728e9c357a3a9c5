"""An announcement is told to the whole zone by letter, and how many are there to whoever made it."""

import pytest

from tests.world.hamlet import Hamlet
from world.event import OPERATOR, VITAL, InZone, Only
from world.events.announce import Announce, Announced, AnnouncementMade
from world.tick import Told


def test_everybody_in_the_zone_is_told_whatever_caps_there_are_and_hosts_do_not_count() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    hamlet.join(6)
    outcome = hamlet.do(OPERATOR, Announce("Fireworks at nine", "ada"))
    assert outcome.told[0] == Told(InZone(), Announced("Fireworks at nine"))
    (made,) = [told for told in outcome.told if told.audience == Only(OPERATOR)]
    assert isinstance(made.event, AnnouncementMade)
    assert made.event.people == 2
    assert Announced.importance == VITAL


@pytest.mark.parametrize(("text", "reason"), [(" ", "blank_text"), ("a\nb", "bad_text"), ("\u202egnorw", "bad_text")])
def test_what_nobody_could_read_is_refused(text: str, reason: str) -> None:
    outcome = Hamlet().do(OPERATOR, Announce(text))
    assert [no.reason for no in outcome.refused] == [reason]
    assert outcome.told == []
