"""A zone that rests comes out exactly as one that computes every tick."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenario import content
from world.digest import digest
from world.event import Command
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.say import Say
from world.events.sit import Sit
from world.events.wave import Wave
from world.space import Space
from world.state import World
from world.tick import Batch, Issued, Outcome, step

ME = 1 << 17 | 1
WISHES: list[Command] = [Join("Ada"), Wave("left"), Sit(), Say("hello"), Halt(), Leave()]
SPACE = Space(content(1).city)


def plaza() -> World:
    return World(content(1), 1, SPACE)


def plain(outcome: Outcome) -> tuple[object, ...]:
    return (*outcome[:4], *outcome[4:7], outcome.snapshot.tobytes())


@given(wishes=st.dictionaries(st.integers(1, 200), st.sampled_from(WISHES), max_size=8))
@settings(max_examples=15)
def test_resting_changes_nothing_but_the_cost(wishes: dict[int, Command]) -> None:
    resting, tireless = plaza(), plaza()
    for tick in range(1, 260):
        batch = Batch([Issued(ME, tick, wishes[tick])] if tick in wishes else [])
        tireless.rests_until = 0
        assert plain(step(resting, tick, batch)) == plain(step(tireless, tick, batch))
        assert digest(resting) == digest(tireless)


def test_a_zone_with_only_hosts_rests_until_one_of_them_acts() -> None:
    world = plaza()
    step(world, 1, Batch())
    assert world.rests_until > 2
    assert step(world, 2, Batch()).snapshot is step(world, 3, Batch()).snapshot
