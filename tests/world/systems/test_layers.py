"""Layers come together as they empty, and nobody sees anybody go or come."""

import msgspec
import pytest

from tests.world.hamlet import Hamlet, config
from world.city import City, Spawn, Zone
from world.events.join import Join
from world.events.join_party import JoinParty
from world.events.leave import Leave
from world.space import Space
from world.state import World
from world.tick import Batch, Issued, step

SECOND = 20
CORNERS = (
    Spawn(name="west", x_m=20, z_m=20, spread_m=0, facing_deg=0),
    Spawn(name="beside", x_m=45, z_m=20, spread_m=0, facing_deg=0),
    Spawn(name="middle", x_m=300, z_m=20, spread_m=0, facing_deg=0),
    Spawn(name="east", x_m=580, z_m=20, spread_m=0, facing_deg=0),
)


class Meadow:
    """A zone so wide that people can be out of each other's sight."""

    def __init__(self, comfortable: int) -> None:
        zone = Zone(name="meadow", x_m=0, z_m=0, width_m=600, depth_m=40, spawn=CORNERS, comfortable=comfortable)
        city = City(name="Meadow", gate="meadow", zone=(zone,))
        self.world = World(msgspec.structs.replace(config(), city=city), 0, Space(city))
        self.tick = 0

    def join(self, entity: int, spawn: str, party: int = 0) -> None:
        """Somebody comes."""
        code = [Issued(entity, 1, JoinParty(f"code-{party:03}"))] if party else []
        self.pass_time(Issued(entity, 0, Join("Ada", spawn=spawn)), *code)

    def leave(self, entity: int) -> None:
        """Somebody goes."""
        self.pass_time(Issued(entity, 0, Leave()))

    def pass_time(self, *issued: Issued, ticks: int = 1) -> None:
        """Ticks, with what happens in the first of them."""
        for first in range(ticks):
            self.tick += 1
            assert step(self.world, self.tick, Batch(issued if not first else ())).faults == []

    def layer(self, entity: int) -> int:
        """Where somebody is now."""
        return int(self.world.columns.layer[self.world.here(entity)])


def with_room(*others: tuple[int, str]) -> Meadow:
    """One person in the lowest layer, in the east, and room for another; these are in the layer above."""
    meadow = Meadow(comfortable=2)
    meadow.join(1, "east")
    meadow.join(2, "east")
    for entity, spawn in others:
        meadow.join(entity, spawn)
        assert meadow.layer(entity) == 1
    meadow.leave(2)
    return meadow


def test_whoever_is_alone_in_a_layer_comes_down_within_a_second() -> None:
    meadow = with_room((3, "west"))
    meadow.pass_time(ticks=SECOND)
    assert meadow.layer(3) == 0


def test_nobody_goes_while_one_of_their_layer_could_see_it() -> None:
    meadow = with_room((3, "west"), (4, "beside"))
    meadow.pass_time(ticks=5 * SECOND)
    assert (meadow.layer(3), meadow.layer(4)) == (1, 1)
    meadow.leave(4)
    meadow.pass_time(ticks=SECOND)
    assert meadow.layer(3) == 0


def test_out_of_each_others_sight_both_go_as_far_as_there_is_room() -> None:
    meadow = with_room((3, "west"), (4, "middle"))
    meadow.pass_time(ticks=SECOND)
    assert sorted((meadow.layer(3), meadow.layer(4))) == [0, 1]


def test_nobody_appears_close_to_somebody() -> None:
    meadow = with_room((3, "east"))
    meadow.pass_time(ticks=5 * SECOND)
    assert meadow.layer(3) == 1
    meadow.leave(1)
    meadow.pass_time(ticks=SECOND)
    assert meadow.layer(3) == 0


def test_while_the_lower_layer_is_full_nobody_is_moved() -> None:
    meadow = Meadow(comfortable=1)
    meadow.join(1, "east")
    meadow.join(2, "west")
    meadow.pass_time(ticks=5 * SECOND)
    assert meadow.layer(2) == 1


def test_a_party_is_not_parted_by_it() -> None:
    meadow = Meadow(comfortable=2)
    for entity, spawn, party in ((1, "east", 0), (2, "east", 0), (3, "west", 7), (4, "middle", 7)):
        meadow.join(entity, spawn, party)
    meadow.leave(1)
    meadow.leave(2)
    meadow.pass_time(ticks=5 * SECOND)
    assert (meadow.layer(3), meadow.layer(4)) == (1, 1)
    meadow.leave(4)
    meadow.pass_time(ticks=SECOND)
    assert meadow.layer(3) == 0


@pytest.mark.parametrize("comfortable", [1, 2])
def test_the_crowd_of_many_layers_ends_in_one(comfortable: int) -> None:
    meadow = Meadow(comfortable)
    spawns = [spawn.name for spawn in CORNERS]
    for entity in range(1, 13):
        meadow.join(entity, spawns[entity % len(spawns)])
    for entity in range(1, 13 - comfortable):
        meadow.leave(entity)
    meadow.pass_time(ticks=2 * SECOND)
    assert {meadow.layer(entity) for entity in range(13 - comfortable, 13)} == {0}


def test_a_host_neither_hinders_nor_is_moved() -> None:
    hamlet = Hamlet(comfortable=1)
    hamlet.join(1)
    hamlet.join(2)
    hamlet.do(1, Leave())
    for _ in range(SECOND):
        hamlet.step()
    assert [hamlet.state(entity, "layer") for entity in hamlet.west.columns.array("entity").tolist()] == [0, 0]


def test_a_zone_at_rest_wakes_for_it_once_a_second_and_only_while_there_are_layers() -> None:
    meadow = with_room((3, "west"), (4, "beside"))
    meadow.pass_time(ticks=3)
    assert meadow.world.rests_until == (meadow.tick // SECOND + 1) * SECOND
    meadow.leave(4)
    meadow.pass_time(ticks=SECOND + 1)
    assert meadow.layer(3) == 0
    assert meadow.world.rests_until > meadow.tick + SECOND
