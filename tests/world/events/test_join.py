"""Newcomers appear at spawn points, spread out, until the zone is full."""

import msgspec

from tests.world.hamlet import Hamlet, config, space
from world.city import heading_of
from world.events.join import Join
from world.profiles import ProfileRecord
from world.state import World
from world.tick import Batch, Issued, step


def test_somebody_appears_where_and_as_wished() -> None:
    hamlet = Hamlet()
    outcome = hamlet.do(5, Join("Ada", {"hue": 3}, "well"))
    assert hamlet.where(5) == (400, 0, 400)
    assert hamlet.state(5, "heading") == heading_of(90) == 64
    assert hamlet.state(5, "grounded") == 1
    assert ProfileRecord(5, 1, "Ada", {"hue": 3}) in outcome.profiles
    assert outcome.told == []


def test_newcomers_spread_over_all_spawn_points_and_within_each() -> None:
    hamlet = Hamlet()
    hamlet.step(*(Issued(entity, 0, Join("Ada")) for entity in range(1, 301)))
    places = {hamlet.where(entity)[::2] for entity in range(1, 301)}
    wells = {(400, 400), (3800, 2000), (2000, 1200), (600, 1800), (2000, 700)}
    assert wells < places
    yard = places - wells
    assert len(yard) > 20
    assert all(800 <= x <= 1200 and 3200 <= z <= 3600 for x, z in yard)


def test_a_spawn_point_of_another_zone_is_refused_by_field() -> None:
    refusal = Hamlet().do(5, Join("Ada", spawn="pond")).refused[0]
    assert (refusal.reason, refusal.field) == ("no_such_spawn", "spawn")
    assert "well" in refusal.message


def test_nobody_joins_twice_or_in_a_taken_slot() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    assert [no.reason for no in hamlet.do(5, Join("Ada")).refused] == ["already_here"]
    assert [no.reason for no in hamlet.do((1 << 17) | 5, Join("Ada")).refused] == ["already_here"]


def test_a_full_zone_takes_nobody_else() -> None:
    tuning = config().tuning
    population = msgspec.structs.replace(tuning.population, entities_max=3)
    full = msgspec.structs.replace(config(), tuning=msgspec.structs.replace(tuning, population=population))
    world = World(full, 0, space())
    outcome = step(world, 1, Batch([Issued(entity, entity, Join("Ada")) for entity in range(1, 6)]))
    assert [(no.entity, no.number, no.reason) for no in outcome.refused] == [(4, 4, "zone_full"), (5, 5, "zone_full")]
    assert world.count == 3 + 1  # hosts come whether there is room or not
