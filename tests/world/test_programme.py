"""A rehearsal is for staff alone and for nothing, and is the turn that comes after it."""

from msgspec.structs import replace

from tests.world.hamlet import FESTIVAL, Hamlet, config
from tests.world.market import Market, events, reasons
from world.checkpoint import Restorable
from world.digest import digest
from world.event import OPERATOR, InZone, Nearby, Only
from world.events.join import Join
from world.events.light_firework import FireworkLaunched
from world.events.pick_up_crystal import CrystalGained, CrystalRehearsed, CrystalTaken, PickUpCrystal
from world.events.reload_content import ReloadContent
from world.events.steer_event import SteerEvent
from world.occasions import EventChanged
from world.state import FLAG_STAFF
from world.tick import Batch, Issued

STAFF, GUEST = 7, 8


def rehearsing(name: str = "drizzle") -> Market:
    """Somebody of the staff and somebody who is not are here, and the event is rehearsed."""
    market = Market()
    market.step()
    market.step(Issued(STAFF, 0, Join("Stella", spawn="well", account=STAFF, staff=True)))
    market.join(GUEST)
    assert reasons(market.steer(name, "rehearse")) == []
    return market


def told(market: Market) -> list[tuple[object, str]]:
    """Who was told what of how events stand."""
    return [
        (each.audience, each.event.state)
        for outcome in market.outcomes
        for each in outcome.told
        if isinstance(each.event, EventChanged)
    ]


def test_it_is_on_the_programme_as_a_rehearsal() -> None:
    market = rehearsing()
    assert (market.state("drizzle").state, market.state("drizzle").rehearsal) == ("rehearsal", True)
    market.steer("drizzle", "pause")
    assert (market.state("drizzle").state, market.state("drizzle").rehearsal) == ("paused", True)
    market.steer("drizzle", "resume")
    assert market.state("drizzle").state == "rehearsal"
    market.steer("drizzle", "cancel")
    assert (market.state("drizzle").state, market.state("drizzle").rehearsal) == ("idle", False)


def test_only_staff_hear_of_it_and_everybody_of_what_is_no_rehearsal() -> None:
    market = rehearsing()
    market.steer("drizzle", "cancel")
    market.steer("drizzle", "start")
    assert told(market) == [(InZone(True), "rehearsal"), (InZone(True), "idle"), (InZone(False), "running")]


def test_what_does_not_fit_a_rehearsal_is_refused() -> None:
    market = rehearsing()
    for action in ("start", "rehearse", "resume"):
        (refusal,) = market.step(Issued(OPERATOR, 5, SteerEvent("drizzle", action))).refused
        assert (refusal.reason, refusal.message) == (
            "wrong_state",
            f"it is rehearsal, and would have to be {'paused' if action == 'resume' else 'idle'}",
        )
    market.steer("drizzle", "cancel")
    market.steer("drizzle", "start")
    assert reasons(market.steer("drizzle", "rehearse")) == ["wrong_state"]


def test_nothing_of_a_rehearsed_rain_is_in_the_books_from_its_first_crystal_to_its_last() -> None:
    market = rehearsing()
    market.steps(10)
    crystal = market.lying()[0]
    assert crystal.staff
    market.reach(STAFF, crystal)
    assert crystal not in market.lying()
    (had,) = events(market.outcomes, CrystalRehearsed)
    assert had == CrystalRehearsed(crystal.crystal, crystal.value, 1)
    assert market.state("drizzle").detail["taken"] == 1 or market.world.programme.find("drizzle").detail["taken"] == 1
    market.steps(80)
    assert market.state("drizzle").state == "idle"
    assert market.lying() == []
    assert [settle for outcome in market.outcomes for settle in outcome.settlements] == []
    assert events(market.outcomes, CrystalGained) == []
    assert market.books.balances == {}


def test_whoever_picks_a_crystal_up_in_it_is_told_alone_and_only_staff_see_it() -> None:
    market = rehearsing()
    market.steps(10)
    crystal = market.lying()[0]
    said = market.reach(STAFF, crystal).told
    assert [(each.audience, type(each.event)) for each in said] == [
        (Only(STAFF), CrystalRehearsed),
        (Nearby(STAFF, crystal.x, crystal.z, 1500, staff=True), CrystalTaken),
    ]


def test_whoever_is_not_staff_is_refused_its_crystals_and_told_why() -> None:
    market = rehearsing()
    market.steps(10)
    crystal = market.lying()[0]
    (refusal,) = market.reach(GUEST, crystal).refused
    assert (refusal.entity, refusal.reason, refusal.field) == (GUEST, "rehearsal", "crystal")
    assert "staff" in refusal.message
    assert crystal in market.lying()


def test_of_two_of_the_staff_one_has_it() -> None:
    market = rehearsing()
    market.step(Issued(9, 0, Join("Silas", spawn="well", account=9, staff=True)))
    market.steps(10)
    crystal = market.lying()[0]
    for entity in (STAFF, 9):
        row = market.world.here(entity)
        market.world.columns.x[row], market.world.columns.z[row] = crystal.x, crystal.z
    outcome = market.do((STAFF, PickUpCrystal(crystal.crystal)), (9, PickUpCrystal(crystal.crystal)))
    assert len(events([outcome], CrystalRehearsed)) == 1
    assert reasons(outcome) == ["gone"]


def test_a_rehearsed_show_lights_exactly_what_the_real_one_will_for_staff_and_takes_no_place_in_the_sky() -> None:
    market = rehearsing("salute")
    market.steps(40)
    rehearsed = events(market.outcomes, FireworkLaunched)
    audiences = {
        each.audience
        for outcome in market.outcomes
        for each in outcome.told
        if isinstance(each.event, FireworkLaunched)
    }
    assert len(rehearsed) == 4
    assert all(isinstance(audience, Nearby) and audience.staff for audience in audiences)
    assert market.world.sky.in_air(market.world.tick) == 0
    market.outcomes.clear()
    market.steer("salute", "start")
    market.steps(40)
    real = events(market.outcomes, FireworkLaunched)
    assert [each.seed for each in real] == [each.seed for each in rehearsed]
    assert market.world.sky.in_air(market.world.tick) == 4


def test_a_rehearsal_makes_way_for_the_real_one_when_its_time_comes() -> None:
    festival = replace(
        FESTIVAL, rain=(replace(FESTIVAL.rain[0], first_s=5.0),), show=(replace(FESTIVAL.show[0], first_s=5.0),)
    )
    for name in ("drizzle", "salute"):
        market = Market()
        market.step(Issued(OPERATOR, 1, ReloadContent(config().tuning, festival)))
        market.steer(name, "rehearse")
        market.steer(name, "extend", 60)
        market.steps(96)
        assert (market.world.tick, market.state(name).state) == (99, "rehearsal")
        market.steps(1)
        assert (market.state(name).state, market.state(name).rehearsal) == ("running", False)
        assert market.lying() == []
        assert market.world.programme.find(name).turn == 1


def test_an_event_that_leaves_the_content_while_it_is_rehearsed_is_gone_after_it() -> None:
    market = rehearsing()
    market.step(Issued(OPERATOR, 1, ReloadContent(config().tuning, replace(FESTIVAL, rain=()))))
    assert market.state("drizzle").state == "rehearsal"
    market.steer("drizzle", "cancel")
    assert list(market.world.programme.occasions) == ["salute"]


def test_who_is_staff_stays_so_over_a_border() -> None:
    hamlet = Hamlet()
    hamlet.step(
        Issued(STAFF, 0, Join("Stella", spawn="border", staff=True)), Issued(GUEST, 0, Join("Gil", spawn="border"))
    )
    hamlet.go(STAFF, 64, 12)
    hamlet.go(GUEST, 64, 12)
    assert [hamlet.east.is_staff(hamlet.east.here(entity)) for entity in (STAFF, GUEST)] == [True, False]
    assert hamlet.state(STAFF, "flags") == FLAG_STAFF


def test_a_zone_that_is_taken_back_into_a_rehearsal_goes_on_with_it() -> None:
    market = rehearsing()
    market.steps(5)
    zone = Restorable(market.world.copy())
    crystal = market.lying()[0]
    first = market.world.tick + 1
    row = zone.world.here(STAFF)
    zone.world.columns.x[row], zone.world.columns.z[row] = crystal.x, crystal.z
    zone.save()
    zone.step(first, Batch([Issued(STAFF, 1, PickUpCrystal(crystal.crystal))]))
    zone.step(first + 1, Batch([Issued(OPERATOR, 2, SteerEvent("drizzle", "pause"))]))
    before = digest(zone.world)
    zone.restore()
    assert digest(zone.world) == before
    assert zone.world.programme.find("drizzle").rehearsal
    assert zone.world.crystals.find(crystal.crystal) is None


def test_a_rehearsal_and_the_real_thing_are_told_apart_by_the_digest() -> None:
    twins = [Market(), Market()]
    for market, action in zip(twins, ("start", "rehearse"), strict=True):
        market.step(Issued(OPERATOR, 5, SteerEvent("salute", action)))  # type: ignore[arg-type]
    one, two = (digest(market.world) for market in twins)
    assert one["programme"] != two["programme"]
