"""What a preview says is what a zone plays, launch by launch."""

import msgspec
import pytest

from server.preview import HEAD, Launch, NoSuchShow, launches, preview
from tests.world.hamlet import FESTIVAL, config, space
from world.config import WorldConfig, load_config
from world.event import OPERATOR
from world.events.light_firework import FireworkLaunched
from world.events.steer_event import SteerEvent
from world.space import Space
from world.state import World
from world.tick import Batch, Issued, step

FUSE = 10
BEGIN = 7


def played(world: World, name: str, ticks: int) -> list[Launch]:
    """What the zone lights when somebody starts the show in its tick BEGIN."""
    found = []
    for tick in range(1, BEGIN + ticks):
        start = [Issued(OPERATOR, 1, SteerEvent(name, "start"))] if tick == BEGIN else []
        told = [each.event for each in step(world, tick, Batch(start)).told]
        found += [_launch(event) for event in told if isinstance(event, FireworkLaunched)]
    return found


def _launch(event: FireworkLaunched) -> Launch:
    lit = event.start_tick - FUSE - BEGIN
    return Launch(lit, event.kind, tuple(event.colours), event.x, event.z, event.height, event.seed)


@pytest.mark.parametrize("seed", [1, 2, 99])
def test_a_show_in_a_world_launches_exactly_what_the_preview_says(seed: int) -> None:
    assert played(World(config(seed), 0, space()), "salute", 60) == launches(config(seed), "salute") != []


def test_so_does_every_show_of_the_city() -> None:
    city = load_config(seed=5)
    assert city.festival.show != ()
    ground = Space(city.city)
    for show in city.festival.show:
        number = [zone.name for zone in city.city.zone].index(show.zone)
        said = launches(city, show.name)
        # Not by the clock as well: it starts only when told to.
        world = World(_by_hand(city), number, ground)
        assert played(world, show.name, said[-1].tick + 2) == said


def _by_hand(city: WorldConfig) -> WorldConfig:
    shows = tuple(msgspec.structs.replace(show, first_s=0.0, every_s=0.0) for show in city.festival.show)
    return msgspec.structs.replace(city, festival=msgspec.structs.replace(city.festival, show=shows))


def test_another_seed_is_another_look_at_the_same_times() -> None:
    one, other = launches(config(1), "salute"), launches(config(2), "salute")
    assert [each[:-1] for each in one] == [each[:-1] for each in other]
    assert not {each.seed for each in one} & {each.seed for each in other}


def test_a_person_reads_tick_second_place_height_seed_kind_and_colours() -> None:
    said = preview(config(), "salute")
    assert said[0] == "salute in west: 4 fireworks in 1.05 s"
    assert said[1] == "each rises 0.5 s after it is lit; seeds of turn 1 in a city of seed 1"
    assert said[2] == HEAD
    assert [line.split() for line in said[3:]] == [
        [
            str(each.tick),
            f"{each.tick / 20:.2f}",
            f"{each.x / 100:.2f}",
            f"{each.z / 100:.2f}",
            f"{each.height / 100:.2f}",
            str(each.seed),
            each.kind,
            ",".join(each.colours),
        ]
        for each in launches(config(), "salute")
    ]


def test_a_show_in_another_zone_is_placed_in_the_city() -> None:
    shows = (msgspec.structs.replace(FESTIVAL.show[0], zone="east"),)
    moved = msgspec.structs.replace(config(), festival=msgspec.structs.replace(FESTIVAL, show=shows))
    assert [each.x for each in launches(moved, "salute")] == [7000, 7200, 7200, 7200]


def test_an_unknown_show_is_told_which_there_are() -> None:
    with pytest.raises(NoSuchShow, match="dawn is not a show; there are salute"):
        preview(config(), "dawn")
    none = msgspec.structs.replace(config(), festival=msgspec.structs.replace(FESTIVAL, show=()))
    with pytest.raises(NoSuchShow, match="there are none"):
        preview(none, "salute")
