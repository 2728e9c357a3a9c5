"""Whoever reshapes looks so from then on, everywhere and after anything; what is refused changes nothing."""

from typing import Any

import msgspec
import pytest

from tests.world.hamlet import Hamlet
from world.checkpoint import Restorable
from world.digest import digest
from world.event import Only
from world.events.arrive import departure
from world.events.join import Join
from world.events.reshape import Reshape, Reshaped
from world.tick import Batch, Issued, Outcome, Told

NAMES = {trait.name for trait in Hamlet().west.config.avatar.trait}


def hamlet_of_one() -> Hamlet:
    hamlet = Hamlet()
    hamlet.do(1, Join("Ada", {"nose": 7}, account=3))
    return hamlet


def reasons(outcome: Outcome) -> list[tuple[str, str | None]]:
    return [(no.reason, no.field) for no in outcome.refused]


def test_what_is_said_changes_and_everything_else_stays() -> None:
    hamlet = hamlet_of_one()
    first = hamlet.do(1, Reshape({"eyes": 255}))
    second = hamlet.do(1, Reshape({"nose": 0, "hair": 1}))
    (before,), (after,) = first.profiles, second.profiles
    assert (before.version, before.name, before.look["nose"], before.look["eyes"]) == (2, "Ada", 7, 255)
    assert after.look == {**before.look, "nose": 0, "hair": 1}
    assert (after.version, set(after.look)) == (3, NAMES)


def test_the_actor_alone_is_told_by_an_event_and_of_the_whole_of_it() -> None:
    outcome = hamlet_of_one().do(1, Reshape({"eyes": 255}, "Ada B."))
    (profile,) = outcome.profiles
    assert outcome.told == [Told(Only(1), Reshaped(1, 2, "Ada B.", profile.look))]
    assert profile.name == "Ada B."


def test_a_change_to_what_already_is_makes_no_new_version() -> None:
    hamlet = hamlet_of_one()
    hamlet.do(1, Reshape({"eyes": 255}))
    outcome = hamlet.do(1, Reshape({"eyes": 255}, "Ada"))
    assert outcome.profiles == []
    assert [told.event.version for told in outcome.told if isinstance(told.event, Reshaped)] == [2]


@pytest.mark.parametrize(
    ("look", "reason", "field"),
    [
        ({"hat": 1}, "no_such_trait", "look.hat"),
        ({"nose": 256}, "out_of_range", "look.nose"),
        ({"nose": -1}, "out_of_range", "look.nose"),
        ({"eyes": 1, "hair": 11}, "out_of_range", "look.hair"),
        ({"skin": 8}, "out_of_range", "look.skin"),
    ],
)
def test_what_no_avatar_here_can_be_is_refused_by_name_and_changes_nothing(
    look: dict[str, int], reason: str, field: str
) -> None:
    hamlet = hamlet_of_one()
    outcome = hamlet.do(1, Reshape(look, "Eve"))
    assert (reasons(outcome), outcome.told, outcome.profiles) == ([(reason, field)], [], [])
    assert (hamlet.west.profiles[1].name, hamlet.state(1, "reshape_debt")) == ("Ada", 0)


def test_a_refusal_says_what_there_is() -> None:
    assert hamlet_of_one().do(1, Reshape({"hair": 11})).refused[0].message == "from 0 to 10"
    assert "height, build" in hamlet_of_one().do(1, Reshape({"hat": 1})).refused[0].message


def test_nobody_changes_faster_than_those_near_can_be_told() -> None:
    burst = Hamlet().west.tuning.reshape.rate.burst
    outcome = hamlet_of_one().step(*(Issued(1, n, Reshape({"nose": n})) for n in range(1, burst + 2)))[0]
    assert [(no.number, no.reason) for no in outcome.refused] == [(burst + 1, "too_often")]


def test_after_the_last_version_of_the_wire_comes_the_first() -> None:
    hamlet = hamlet_of_one()
    hamlet.west.profiles.put(hamlet.west.profiles[1]._replace(version=0xFFFF))
    hamlet.do(1, Reshape({"nose": 200}))
    assert hamlet.west.profiles[1].version == 1


def test_a_look_goes_over_the_border() -> None:
    hamlet = hamlet_of_one()
    hamlet.do(1, Reshape({"nose": 200}, "Ada B."))
    arrive = departure(hamlet.west, 1)
    assert (arrive.version, arrive.name, arrive.look["nose"]) == (2, "Ada B.", 200)


def test_a_zone_that_is_taken_back_still_knows_what_was_told() -> None:
    hamlet = hamlet_of_one()
    zone = Restorable(hamlet.west)
    tick = hamlet.west.tick
    zone.step(tick + 1, Batch([Issued(1, 1, Reshape({"nose": 200}, "Ada B."))]))
    before = digest(zone.world)
    zone.restore()
    assert digest(zone.world) == before
    assert (zone.world.profiles[1].name, zone.world.profiles[1].look["nose"]) == ("Ada B.", 200)


@pytest.mark.parametrize(
    "fields",
    [
        {"look": {"nose": 0.5}},
        {"look": {"nose": 2**40}},
        {"look": {"Nose": 1}},
        {"look": {f"trait_{n}": 1 for n in range(17)}},
        {"look": [1]},
        {"name": ""},
        {"name": "x" * 25},
    ],
    ids=repr,
)
def test_what_is_no_look_at_all_is_refused_by_the_schema(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, Reshape)
