"""Shows light what their timeline says, by the clock or by hand, whatever else is in the sky."""

import msgspec

from tests.world.hamlet import FESTIVAL, config, space
from tests.world.market import Market, events
from world.digest import digest
from world.event import Nearby
from world.events.light_firework import FireworkLaunched, LightFirework
from world.rng import Randomness
from world.state import World
from world.tick import Batch, Outcome, step
from world.timeline import timeline

SALUTE = FESTIVAL.show[0]
PLAYED = timeline(SALUTE, 20)
# At 20 ticks/s, and rising ten ticks after they were lit.
TICKS = [0, 10, 15, 20]
FUSE = 10


def starts(outcomes: list[Outcome]) -> list[int]:
    """In which ticks something was lit."""
    return [each.start_tick - FUSE for each in events(outcomes, FireworkLaunched)]


def started() -> Market:
    """The salute's first tick has just been played."""
    market = Market()
    market.step()
    market.steer("salute", "start")
    return market


def states(market: Market) -> list[str]:
    """What gateways were told of the salute, when it changed."""
    programmes = [outcome.programme for outcome in market.outcomes if outcome.programme is not None]
    return [state.state for programme in programmes for state in programme if state.name == "salute"]


def test_a_show_lights_what_its_timeline_says_when_it_says_so() -> None:
    market = started()
    first = market.world.tick
    market.steps(40)
    lit = events(market.outcomes, FireworkLaunched)
    assert starts(market.outcomes) == [first + tick for tick in TICKS]
    assert [(each.kind, each.colours, each.x, each.z) for each in lit] == [
        ("comet", ["gold"], 3000, 3000),
        *(("rocket", ["red", "blue"], 3200, 3000),) * 3,
    ]
    chance = Randomness(1, 0)
    assert [each.seed for each in lit] == [seed for tick in TICKS for _, seed in PLAYED.lit(chance, 1, tick)]


def test_its_fireworks_are_nobody_s_cost_nothing_and_matter() -> None:
    market = started()
    market.steps(40)
    audiences = [told.audience for outcome in market.outcomes for told in outcome.told]
    assert Nearby(0, 3000, 3000, 30_000) in audiences
    assert {(each.entity, each.importance) for each in events(market.outcomes, FireworkLaunched)} == {(0, 2)}
    assert all(outcome.settlements == [] for outcome in market.outcomes)


def test_it_is_over_with_its_last_firework() -> None:
    market = started()
    assert market.state("salute").until_tick == market.world.tick + 20
    market.steps(19)
    assert states(market) == ["idle", "running"]
    market.steps(1)
    assert states(market) == ["idle", "running", "idle"]
    assert market.state("salute").detail == {"lit": 4}


def test_a_full_sky_does_not_keep_it_from_playing_but_it_fills_the_sky() -> None:
    market = Market()
    market.join(7)
    for _ in range(config().tuning.firework.sky_max - 1):
        market.world.sky.add(market.world.tick, 10_000)
    market.steer("salute", "start")
    market.steps(20)
    assert len(events(market.outcomes, FireworkLaunched)) == 4
    refused = market.do((7, LightFirework("rocket", ["red"]))).refused
    assert [no.reason for no in refused] == ["sky_full"]


def test_while_it_is_paused_its_time_stands_still() -> None:
    market = started()
    first = market.world.tick
    market.steps(11)
    market.steer("salute", "pause")
    market.steps(99)
    market.steer("salute", "resume")
    market.steps(40)
    assert starts(market.outcomes) == [first + tick for tick in (0, 10, 115, 120)]


def test_extended_it_begins_again_and_looks_different() -> None:
    market = started()
    first = market.world.tick
    market.steer("salute", "extend", 1)
    market.steps(60)
    assert starts(market.outcomes) == [first + tick for tick in (*TICKS, 21, 31, 36)]
    assert len({each.seed for each in events(market.outcomes, FireworkLaunched)}) == 7


def test_cancelled_it_lights_nothing_more() -> None:
    market = started()
    market.steer("salute", "cancel")
    market.steps(40)
    assert len(starts(market.outcomes)) == 1
    assert states(market)[-1] == "idle"


def test_its_next_turn_looks_different() -> None:
    market = started()
    market.steps(30)
    market.steer("salute", "start")
    market.steps(30)
    seeds = [each.seed for each in events(market.outcomes, FireworkLaunched)]
    assert len(set(seeds)) == len(seeds) == 8


def by_the_clock(tireless: bool) -> tuple[World, list[Outcome]]:
    """Two minutes of a zone with nobody in it, where the salute is due after 20 s and every 40 s from then on."""
    due = msgspec.structs.replace(SALUTE, first_s=20, every_s=40)
    festival = msgspec.structs.replace(FESTIVAL, show=(due,))
    world = World(msgspec.structs.replace(config(), festival=festival), 0, space())
    outcomes = []
    for tick in range(1, 2400):
        world.rests_until = 0 if tireless else world.rests_until
        outcomes.append(step(world, tick, Batch()))
    return world, outcomes


def test_it_starts_when_the_clock_says_so() -> None:
    _, outcomes = by_the_clock(tireless=False)
    assert starts(outcomes) == [due + tick for due in (400, 1200, 2000) for tick in TICKS]


def test_resting_between_its_turns_changes_nothing() -> None:
    resting, outcomes = by_the_clock(tireless=False)
    tireless, all_outcomes = by_the_clock(tireless=True)
    assert [outcome.told for outcome in outcomes] == [outcome.told for outcome in all_outcomes]
    assert digest(resting) == digest(tireless)


def test_one_that_is_paused_when_it_is_due_is_left_out_this_time() -> None:
    world = Market().world
    occasion = world.programme.find("salute")
    occasion.plan = occasion.coming = msgspec.structs.replace(SALUTE, first_s=20, every_s=40)
    occasion.next_start, occasion.state = 3, "paused"
    for tick in range(1, 10):
        assert step(world, tick, Batch()).told == []
    assert occasion.next_start == 803
