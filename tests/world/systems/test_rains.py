"""A rain is paid for first, falls evenly, belongs to whoever picks it up, and what is left goes back."""

from collections import Counter

from tests.world.market import Market, events, reasons
from world.event import InZone
from world.events.pick_up_crystal import CrystalGained
from world.events.steer_event import EventSteered
from world.occasions import EventChanged

POOL = "pool:rain.drizzle.1"
# Eight pebbles and two gems.
WORTH = 8 * 1 + 2 * 20


def raining(*entities: int, seed: int = 1) -> Market:
    """The western zone, and the drizzle has been started and funded."""
    market = Market(seed=seed)
    market.step()
    market.join(*entities)
    market.steer("drizzle", "start")
    market.store()
    return market


def changes(market: Market) -> list[str]:
    return [changed.state for changed in events(market.outcomes, EventChanged)]


def test_nothing_falls_before_the_pool_is_funded() -> None:
    market = Market()
    asked = market.steer("drizzle", "start")
    (fund,) = asked.settlements
    assert (fund.kind, fund.postings) == ("fund", (("house", -WORTH), (POOL, WORTH)))
    for _ in range(30):
        market.step()
    assert market.lying() == []
    market.store()
    market.steps(2)
    assert market.lying()


def test_it_falls_evenly_over_its_time_in_its_place_and_by_its_weights() -> None:
    market = raining()
    fallen = []
    for _ in range(20):
        fallen.append(len(market.lying()))
        market.steps(1)
    assert all(abs(count - tick / 2) <= 1.5 for tick, count in enumerate(fallen))
    lying = market.lying()
    assert Counter(crystal.kind for crystal in lying) == {0: 8, 1: 2}
    assert all(200 <= crystal.x < 600 and 200 <= crystal.z < 600 for crystal in lying)
    assert len({crystal.crystal for crystal in lying}) == 10


def test_everything_picked_up_empties_the_pool_and_ends_the_rain_without_a_rest() -> None:
    market = raining(7)
    for _ in range(30):
        for crystal in market.lying():
            market.reach(7, crystal)
            market.store()
        market.steps(1)
    assert len(events(market.outcomes, CrystalGained)) == 10
    assert market.books.balances == {"house": -WORTH, "player:7": WORTH, POOL: 0}
    assert changes(market) == ["running", "ending", "idle"]
    assert not any(settle.kind == "close" for settle in market.books.stored.values())


def test_what_nobody_picked_up_goes_back_to_the_house_when_its_time_is_over() -> None:
    market = raining()
    market.steps(20 + 40 + 3)
    assert market.lying() == []
    assert market.books.balances == {"house": 0, POOL: 0}
    assert changes(market) == ["running", "ending", "idle"]


def test_a_claim_that_is_being_stored_is_waited_for_before_the_rest_goes_back() -> None:
    market = raining(7)
    market.steps(4)
    crystal = market.lying()[0]
    market.reach(7, crystal)
    market.steer("drizzle", "cancel")
    for _ in range(10):
        market.step()
    assert market.state("drizzle").state == "ending"
    assert [settle.kind for settle in market.books.waiting] == ["pick_up"]
    market.steps(4)
    assert market.books.balances[POOL] == 0
    assert market.books.balances["player:7"] == crystal.value
    assert market.state("drizzle").state == "idle"


def test_a_claim_that_fails_after_the_end_does_not_come_back() -> None:
    market = raining(7)
    market.steps(4)
    crystal = market.lying()[0]
    market.reach(7, crystal)
    market.steer("drizzle", "cancel")
    assert reasons(market.refuse("closed")) == ["closed"]
    assert market.lying() == []


def test_a_paused_rain_holds_its_breath_and_what_has_fallen_may_be_picked_up() -> None:
    market = raining(7)
    market.steps(6)
    market.steer("drizzle", "pause")
    before = market.lying()
    market.steps(50)
    assert market.lying() == before
    market.reach(7, before[0])
    market.store()
    assert len(events(market.outcomes, CrystalGained)) == 1
    market.steer("drizzle", "resume")
    market.steps(20)
    assert len(market.lying()) == 9


def test_an_extended_rain_lies_there_for_longer() -> None:
    market = raining()
    until = market.state("drizzle").until_tick
    market.steer("drizzle", "extend", 3)
    assert market.state("drizzle").until_tick == until + 60
    market.steps(20 + 40 + 55)
    assert len(market.lying()) == 10


def test_the_operator_and_the_zone_hear_what_became_of_a_start() -> None:
    market = Market()
    told = market.steer("drizzle", "start").told
    assert [type(each.audience).__name__ for each in told] == ["InZone", "Only"]
    assert told[0].audience == InZone()
    answer = told[1].event
    assert isinstance(answer, EventSteered)
    assert (answer.number, answer.event, answer.action, answer.state) == (5, "drizzle", "start", "running")


def test_a_second_turn_has_a_pool_of_its_own() -> None:
    market = raining()
    market.steps(70)
    market.steer("drizzle", "start")
    market.steps(70)
    assert market.books.balances == {"house": 0, POOL: 0, "pool:rain.drizzle.2": 0}


def test_a_pool_that_could_not_be_funded_lets_nothing_fall() -> None:
    market = Market()
    market.steer("drizzle", "start")
    market.refuse()
    market.steps(30)
    assert market.lying() == []
    assert market.state("drizzle").state == "idle"


def test_cancelled_before_it_was_funded_it_gives_everything_back() -> None:
    market = Market()
    market.steer("drizzle", "start")
    market.steer("drizzle", "cancel")
    market.steps(5)
    assert market.books.balances == {"house": 0, POOL: 0}
    assert market.state("drizzle").state == "idle"
