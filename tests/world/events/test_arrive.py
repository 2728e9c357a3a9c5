"""Over the border and still the same."""

import msgspec
import pytest

from tests.world.hamlet import EAST, RUN, Hamlet, config, space
from world.events.arrive import Arrive, apply, departure
from world.events.emote import Emote
from world.events.join import Join
from world.events.join_party import JoinParty
from world.parties import party_of
from world.state import World
from world.tick import Batch, Issued, step

ME = 5


def traveller() -> Arrive:
    """Somebody in the east, ready to arrive there."""
    hamlet = Hamlet()
    hamlet.join(ME, "pond", zone=1)
    return departure(hamlet.east, ME)


def test_an_arrival_has_every_field_of_the_departure() -> None:
    hamlet = Hamlet()
    hamlet.step(Issued(ME, 0, Join("Ada", {"hue": 9}, "border")), Issued(ME, 0, JoinParty("blue-door-7")))
    hamlet.do(ME, Emote("dance"))
    hamlet.go(ME, EAST + 3, 6, RUN, flags=1)
    departed = hamlet.step()[0].departed
    assert [(each.entity, each.zone_to) for each in departed] == [(ME, 1)]
    arrive = departed[0].arrive
    assert list(apply(hamlet.east, ME, arrive)) == []
    assert departure(hamlet.east, ME) == arrive
    assert hamlet.east.profiles[ME] == (ME, 1, "Ada", {"hue": 9}, party_of("blue-door-7"))


def test_an_arrival_is_new_to_whoever_watches_this_zone() -> None:
    outcome = Hamlet().do(ME, traveller(), zone=1)
    assert [profile.entity for profile in outcome.profiles][:1] == [ME]
    assert ME in outcome.snapshot["entity"]


def test_nobody_arrives_twice() -> None:
    hamlet = Hamlet()
    hamlet.do(ME, traveller(), zone=1)
    assert [no.reason for no in hamlet.do(ME, traveller(), zone=1).refused] == ["already_here"]


def test_a_border_turns_nobody_away_for_lack_of_room() -> None:
    tuning = config().tuning
    population = msgspec.structs.replace(tuning.population, entities_max=1)
    full = msgspec.structs.replace(config(), tuning=msgspec.structs.replace(tuning, population=population))
    world = World(full, 1, space())
    outcome = step(world, 1, Batch([Issued(1, 0, Join("Bea")), Issued(2, 0, Join("Cy")), Issued(ME, 0, traveller())]))
    assert [no.entity for no in outcome.refused] == [2]
    assert ME in outcome.snapshot["entity"]


@pytest.mark.parametrize(
    ("arrive", "zone", "actor", "reason"),
    [
        (Arrive(b"", 1, "Ada", {}), 1, ME, "bad_row"),
        (traveller(), 1, 6, "bad_row"),
        (traveller(), 0, ME, "not_here"),
    ],
)
def test_a_handover_that_makes_no_sense_is_refused(arrive: Arrive, zone: int, actor: int, reason: str) -> None:
    assert [no.reason for no in Hamlet().do(actor, arrive, zone).refused] == [reason]
