"""A firework is paid before it rises, rises where it was wanted, and is paid back if it cannot."""

from typing import Any

import msgspec
import pytest

from tests.world.hamlet import FESTIVAL, Hamlet, config
from tests.world.market import Market, events, reasons
from world.event import Nearby, Only, Refusal
from world.events.confirm import Confirm
from world.events.join import Join
from world.events.leave import Leave
from world.events.light_firework import FireworkLaunched, FireworkRefunded, FireworkSettled, LightFirework
from world.settling import move
from world.tick import Issued, Settle, Told

ME = 7
PURSE = "player:7"
ROCKET = LightFirework("rocket", ["red", "gold"])
SKY_MAX = config().tuning.firework.sky_max


def market(spawn: str = "well", crystals: int = 100) -> Market:
    """Somebody with crystals at a spawn point of the western zone."""
    market = Market()
    market.join(ME, spawn=spawn)
    market.books.balances[PURSE] = crystals
    return market


def fill_sky(market: Market, left: int = 0) -> None:
    """So many places are left in the sky, for longer than any test takes."""
    for _ in range(SKY_MAX - left):
        market.world.sky.add(market.world.tick, 10_000)


def test_it_is_asked_of_the_books_first_and_nobody_sees_anything() -> None:
    here = market()
    asked = here.do((ME, ROCKET))
    assert asked.settlements == [Settle("light.1", "light", move(PURSE, "house", 3))]
    assert asked.told == []
    assert here.world.sky.in_air(here.world.tick) == 0


def test_once_it_is_stored_it_rises_and_its_owner_knows_what_it_cost() -> None:
    here = market()
    here.do((ME, ROCKET))
    told = here.store().told
    start = here.world.tick + 10
    (launched,) = events(here.outcomes, FireworkLaunched)
    assert told == [
        Told(Nearby(ME, 700, 400, 30_000), launched),
        Told(Only(ME), FireworkSettled("1.0.light.1", 1, 3, 97, start)),
    ]
    assert launched == FireworkLaunched(
        entity=ME,
        kind="rocket",
        colours=["red", "gold"],
        seed=launched.seed,
        x=700,
        y=0,
        z=400,
        start_tick=start,
        burst_tick=start + 20,
        end_tick=start + 60,
        height=3000,
        importance=1,
    )
    assert launched.until_tick() == launched.end_tick


def test_a_firework_matters_as_much_as_its_kind_and_every_one_looks_different() -> None:
    here = market()
    here.do((ME, ROCKET), (ME, ROCKET), (ME, ROCKET))
    here.store()
    launched = events(here.outcomes, FireworkLaunched)
    assert len({each.seed for each in launched}) == 3
    assert all(0 <= each.seed < 2**32 and each.importance == FESTIVAL.firework[0].importance for each in launched)


def test_it_rises_where_it_was_aimed_from_the_ground_there() -> None:
    here = market("slope")
    here.do((ME, LightFirework("rocket", ["blue"], 2700, 700)))
    here.store()
    (launched,) = events(here.outcomes, FireworkLaunched)
    assert (launched.x, launched.y, launched.z) == (2700, here.world.space.ground_at(2700, 700), 700)
    assert launched.y > 100


@pytest.mark.parametrize(
    ("heading", "place"), [(0, (400, 700)), (64, (700, 400)), (128, (400, 100)), (192, (100, 400))]
)
def test_without_a_place_it_rises_three_metres_ahead(heading: int, place: tuple[int, int]) -> None:
    here = market()
    here.world.columns.heading[here.world.here(ME)] = heading
    here.do((ME, ROCKET))
    here.store()
    (launched,) = events(here.outcomes, FireworkLaunched)
    assert (launched.x, launched.z) == place


@pytest.mark.parametrize(
    ("spawn", "wish", "reason", "field"),
    [
        ("well", LightFirework("bomb", ["red"]), "no_such_firework", "kind"),
        ("well", LightFirework("comet", ["red"]), "not_for_sale", "kind"),
        ("well", LightFirework("rocket", ["red", "mauve"]), "no_such_colour", "colours"),
        ("well", LightFirework("rocket", ["red"], 400), "half_a_place", "z"),
        ("well", LightFirework("rocket", ["red"], None, 400), "half_a_place", "x"),
        ("well", LightFirework("rocket", ["red"], 1401, 400), "too_far", "x"),
        ("border", LightFirework("rocket", ["red"], 4000, 2000), "out_of_zone", None),
        ("border", LightFirework("rocket", ["red"]), "out_of_zone", None),
        ("porch", LightFirework("rocket", ["red"], 2000, 1700), "blocked", None),
    ],
)
def test_what_cannot_be_is_refused_and_costs_nothing(
    spawn: str, wish: LightFirework, reason: str, field: str | None
) -> None:
    here = market(spawn)
    refused = here.do((ME, wish))
    assert [(no.deed, no.reason, no.field) for no in refused.refused] == [("light_firework", reason, field)]
    assert refused.settlements == []
    assert here.hamlet.state(ME, "light_debt") == 0
    assert len(here.world.pending) == 0


def test_ten_metres_away_is_near_enough() -> None:
    assert market().do((ME, LightFirework("rocket", ["red"], 1000, 1200))).refused == []


def test_only_who_is_here_lights_anything() -> None:
    assert reasons(Market().do((ME, ROCKET))) == ["not_here"]


def test_a_refusal_names_what_there_is_to_buy_and_the_colours() -> None:
    here = market()
    refused = here.do((ME, LightFirework("bomb", ["red"])), (ME, LightFirework("rocket", ["mauve"])))
    assert [no.message for no in refused.refused] == ["there are rocket", "there are red, blue, gold"]


def test_a_full_sky_takes_no_more_until_something_has_burnt_out() -> None:
    here = market()
    fill_sky(here, left=1)
    here.do((ME, ROCKET))
    here.store()
    assert reasons(here.do((ME, ROCKET))) == ["sky_full"]
    (launched,) = events(here.outcomes, FireworkLaunched)
    here.steps(launched.end_tick - here.world.tick - 1)
    assert reasons(here.do((ME, ROCKET))) == ["sky_full"]
    assert here.do((ME, ROCKET)).refused == []


def test_the_fourth_in_three_seconds_is_refused() -> None:
    here = market()
    assert reasons(here.do(*((ME, ROCKET) for _ in range(4)))) == ["too_often"]
    here.steps(19)
    assert reasons(here.do((ME, ROCKET), (ME, ROCKET))) == ["too_often"]


def test_whoever_has_no_account_lights_nothing() -> None:
    here = Market()
    here.step(Issued(ME, 0, Join("Ada", spawn="well")))
    assert reasons(here.do((ME, ROCKET))) == ["no_account"]


def test_no_more_than_eight_wait_for_the_books() -> None:
    here = market()
    said = []
    for _ in range(9):
        said += reasons(here.do((ME, ROCKET)))
        for _ in range(20):
            here.step()
    assert said == ["busy"]


def test_whoever_cannot_pay_is_told_the_price_and_nothing_rises() -> None:
    here = market(crystals=2)
    here.do((ME, ROCKET))
    refused = here.refuse("insufficient")
    assert refused.refused == [Refusal(ME, 1, "light_firework", "insufficient", "kind", "it costs 3 crystals")]
    assert refused.told == []
    assert len(here.world.pending) == 0


def test_what_the_books_will_not_have_is_told_as_our_fault() -> None:
    here = market()
    here.do((ME, ROCKET))
    assert reasons(here.refuse("refused")) == ["refused"]
    assert events(here.outcomes, FireworkLaunched) == []


def test_a_sky_that_filled_up_in_the_meantime_pays_it_back() -> None:
    here = market()
    fill_sky(here, left=1)
    here.do((ME, ROCKET), (ME, ROCKET))
    answered = here.store()
    assert answered.settlements == [Settle("refund.2", "refund", move("house", PURSE, 3))]
    assert len(events([answered], FireworkLaunched)) == 1
    assert here.store().told == [Told(Only(ME), FireworkRefunded("1.0.refund.2", 2, "sky_full", 97))]
    assert here.books.balances == {PURSE: 97, "house": 3}
    assert len(here.world.pending) == 0


def test_a_refund_that_is_rejected_is_told_with_the_receipt_of_what_was_paid() -> None:
    here = market()
    here.do((ME, ROCKET))
    fill_sky(here)
    here.store()
    (refusal,) = here.refuse("refused").refused
    assert (refusal.entity, refusal.number, refusal.reason) == (ME, 1, "not_refunded")
    assert "1.0.light.1" in refusal.message
    assert here.store().settlements == []


def test_an_answer_that_comes_twice_launches_once() -> None:
    here = market()
    here.do((ME, ROCKET))
    confirm = Issued(0, 0, Confirm("light.1", "1.0.light.1", 97))
    here.step(confirm, confirm)
    here.step(confirm)
    assert len(events(here.outcomes, FireworkLaunched)) == 1


def test_what_is_paid_rises_though_its_owner_has_left() -> None:
    here = market()
    here.do((ME, ROCKET))
    here.step(Issued(ME, 0, Leave()))
    here.store()
    assert [each.entity for each in events(here.outcomes, FireworkLaunched)] == [ME]


def test_what_may_not_be_lit_again_yet_is_remembered_across_a_border() -> None:
    here = market("border")
    here.do((ME, LightFirework("rocket", ["red"], 3700, 2000)))
    debt = here.hamlet.state(ME, "light_debt")
    here.hamlet.go(ME, 64, 20)
    assert here.world.row(ME) is None
    assert here.hamlet.state(ME, "light_debt") == debt > 0


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "", "colours": ["red"]},
        {"kind": "rocket", "colours": []},
        {"kind": "rocket", "colours": ["red"] * 4},
        {"kind": "rocket", "colours": ["red"], "x": 0.5, "z": 1},
        {"kind": "rocket", "colours": ["red"], "x": 1_100_001, "z": 1},
        {"kind": "rocket"},
    ],
)
def test_the_schema_refuses_what_is_no_firework(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, LightFirework)


def test_a_city_without_fireworks_says_so() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.west.config = msgspec.structs.replace(
        hamlet.west.config, festival=msgspec.structs.replace(FESTIVAL, firework=())
    )
    assert [no.message for no in hamlet.do(ME, ROCKET).refused] == ["there are none"]
