"""A zone goes on with other content: at once where nothing is on, and nobody who has paid is worse off."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.world.hamlet import FESTIVAL, config
from tests.world.market import Market, events, reasons
from world.checkpoint import Restorable
from world.digest import digest
from world.event import OPERATOR, InZone, Only
from world.events.light_firework import FireworkLaunched, FireworkRefunded, FireworkSettled, LightFirework
from world.events.reload_content import ContentReloaded, PricesChanged, ReloadContent
from world.festival import Festival, Standing
from world.tick import Batch, Issued, Outcome

TUNING = config().tuning
DRIZZLE, SALUTE = FESTIVAL.rain[0], FESTIVAL.show[0]
ROCKET, COMET = FESTIVAL.firework
DEAR = replace(FESTIVAL, firework=(replace(ROCKET, cost=50), COMET))
EAST = 1


def reload(market: Market, festival: Festival = FESTIVAL, **tables: Any) -> Outcome:
    return market.step(Issued(OPERATOR, 9, ReloadContent(replace(TUNING, **tables), festival, "test")))


def rained(**changes: Any) -> Festival:
    return replace(FESTIVAL, rain=(replace(DRIZZLE, **changes),))


def names(market: Market) -> list[str]:
    """What the zone has on its programme."""
    return list(market.world.programme.occasions)


def test_the_operator_is_told_in_how_much_the_zone_differs_now_and_the_content_is_another() -> None:
    market = Market()
    outcome = reload(market, rained(number=4), say=replace(TUNING.say, radius_m=7.0))
    assert [(told.audience, told.event) for told in outcome.told] == [(Only(OPERATOR), ContentReloaded(9, 2))]
    assert (market.world.tuning.say.radius_m, market.world.festival.rain[0].number) == (7.0, 4)


def test_what_needs_a_restart_is_refused_whole_with_its_key_and_its_reason() -> None:
    market = Market()
    movement = replace(TUNING.movement, run_m_s=5.0)
    (refusal,) = reload(market, rained(number=4), movement=movement).refused
    assert (refusal.reason, refusal.field) == ("needs_restart", "movement.run_m_s")
    assert "predict" in refusal.message
    assert market.world.config == config()


def test_everybody_is_told_new_prices_and_only_then() -> None:
    market = Market()
    assert events([reload(market, rained(number=4))], PricesChanged) == []
    told = reload(market, DEAR).told
    assert (told[0].audience, told[0].event) == (InZone(), PricesChanged({"rocket": 50}))


def test_what_waits_for_the_books_costs_what_was_asked_then() -> None:
    market = Market()
    market.join(7)
    market.books.balances["player:7"] = 100
    market.do((7, LightFirework("rocket", ["red"])))
    reload(market, DEAR)
    market.store()
    (settled,) = events(market.outcomes, FireworkSettled)
    assert (settled.cost, settled.balance) == (3, 97)
    market.do((7, LightFirework("rocket", ["red"])))
    market.store()
    assert [each.cost for each in events(market.outcomes, FireworkSettled)] == [3, 50]


def test_what_cannot_rise_is_paid_back_as_it_was_paid() -> None:
    market = Market()
    market.join(7)
    market.books.balances["player:7"] = 100
    market.do((7, LightFirework("rocket", ["red"])))
    reload(market, DEAR, firework=replace(TUNING.firework, sky_max=1))
    market.world.sky.add(market.world.tick, 10_000)
    market.store()
    market.store()
    (back,) = events(market.outcomes, FireworkRefunded)
    assert (back.reason, back.balance) == ("sky_full", 100)


def test_whoever_has_too_little_is_told_the_price_that_was_asked() -> None:
    market = Market()
    market.join(7)
    market.do((7, LightFirework("rocket", ["red"])))
    reload(market, DEAR)
    (refusal,) = market.refuse("insufficient").refused
    assert refusal.message == "it costs 3 crystals"


def test_a_new_show_and_a_new_kind_of_firework_are_there_at_once() -> None:
    market = Market()
    palm = replace(COMET, name="palm")
    gala = replace(SALUTE, name="gala", cue=(replace(SALUTE.cue[0], kind="palm"),))
    reload(market, replace(FESTIVAL, firework=(*FESTIVAL.firework, palm), show=(SALUTE, gala)))
    assert names(market) == ["drizzle", "salute", "gala"]
    assert market.state("gala").state == "idle"
    assert reasons(market.steer("gala", "start")) == []
    assert [each.kind for each in events(market.outcomes, FireworkLaunched)] == ["palm"]


def test_what_is_idle_and_gone_is_gone_at_once() -> None:
    market = Market()
    reload(market, replace(FESTIVAL, rain=()))
    assert names(market) == ["salute"]
    assert reasons(market.steer("drizzle", "start")) == ["no_such_event"]


def test_a_rain_that_is_on_goes_on_as_it_began_and_follows_from_its_next_turn_on() -> None:
    market = Market()
    market.steer("drizzle", "start")
    market.store()
    reload(market, rained(number=3, drop=DRIZZLE.drop[:1]))
    market.steps(30)
    assert market.state("drizzle").detail["fallen"] == 10
    market.steps(40)
    assert market.state("drizzle").state == "idle"
    market.steer("drizzle", "start")
    market.store()
    market.steps(30)
    assert len(market.lying()) == 3
    assert market.books.balances["pool:rain.drizzle.1"] == 0


def test_a_rain_that_is_on_and_gone_pays_what_it_promised_and_is_forgotten_at_its_end() -> None:
    market = Market()
    market.steer("drizzle", "start")
    market.store()
    reload(market, replace(FESTIVAL, rain=()))
    market.steps(20)
    assert len(market.lying()) == 10
    market.steps(60)
    assert (names(market), market.lying()) == (["salute"], [])
    assert market.books.balances == {"house": 0, "pool:rain.drizzle.1": 0}


def test_what_comes_back_while_it_is_still_on_stays() -> None:
    market = Market()
    market.steer("drizzle", "start")
    market.store()
    reload(market, replace(FESTIVAL, rain=()))
    reload(market)
    market.steps(80)
    assert names(market) == ["drizzle", "salute"]
    assert market.state("drizzle").state == "idle"


@pytest.mark.parametrize(
    ("clock", "at"),
    [
        ({"first_s": 10.0}, 200),
        ({"first_s": 1.0}, None),
        ({"first_s": 1.0, "every_s": 5.0}, 120),
        ({"every_s": 3.0}, 121),
        ({}, None),
    ],
)
def test_a_new_clock_counts_from_the_city_s_start_and_makes_up_for_nothing(
    clock: dict[str, float], at: int | None
) -> None:
    market = Market()
    market.steps(100)
    reload(market, rained(**clock))
    started: list[int] = []
    while market.world.tick < 300 and not started:
        market.step()
        started += [market.world.tick] * (market.state("drizzle").state == "running")
    assert started == ([] if at is None else [at])


def test_a_clock_that_stays_goes_on() -> None:
    market = Market()
    reload(market, rained(first_s=2.0))
    reload(market, rained(first_s=2.0, number=4))
    market.steps(37)
    assert (market.world.tick, market.state("drizzle").state) == (39, "idle")
    market.steps(1)
    assert market.state("drizzle").state == "running"


def test_a_crystal_lies_in_a_new_place_at_once_and_those_of_before_are_left_alone() -> None:
    market = Market(EAST)
    market.step()
    before = market.lying()
    reload(
        market,
        replace(
            FESTIVAL, standing=(*FESTIVAL.standing, Standing(zone="east", kind="pebble", x_m=9, z_m=9, respawn_s=2))
        ),
    )
    first, second = market.lying()
    assert [first] == before
    assert (second.x, second.z, second.value) == (4900, 900, 1)


def test_a_zone_that_is_taken_back_to_before_a_reload_comes_to_the_same_again() -> None:
    market = Market()
    market.step()
    zone = Restorable(market.world.copy())
    command = Issued(OPERATOR, 9, ReloadContent(TUNING, rained(first_s=1.0, number=4)))
    for tick, batch in ((2, Batch([command])), (3, Batch()), (21, Batch())):
        zone.step(tick, batch)
    before = digest(zone.world)
    zone.restore()
    assert digest(zone.world) == before
    assert zone.world.festival.rain[0].number == 4
    assert zone.world.programme.occasions["drizzle"].state == "running"
