"""One crystal, one winner, however many ask; and nobody has it before it is in the books."""

import pytest

from tests.world.market import Market, events, reasons
from world.event import Nearby, Only
from world.events.halt import Halt
from world.events.leave import Leave
from world.events.pick_up_crystal import CrystalGained, CrystalTaken, PickUpCrystal
from world.events.settlement_pending import SettlementPending

EAST = 1
POND = (4200, 0, 2000)


def pond(*entities: int, seed: int = 1) -> Market:
    """The eastern zone, where a gem lies three metres from the pond, and players right beside it."""
    market = Market(EAST, seed)
    market.step()
    market.join(*entities, spawn="pond")
    for entity in entities:
        market.world.columns.x[market.world.here(entity)] = 4400
    return market


def gem(market: Market) -> int:
    (crystal,) = market.lying()
    return crystal.crystal


def test_a_crystal_is_gained_when_it_is_stored_and_not_before() -> None:
    market = pond(7)
    wanted = gem(market)
    asked = market.do((7, PickUpCrystal(wanted)))
    assert [settle.kind for settle in asked.settlements] == ["pick_up"]
    assert asked.told == []
    assert market.lying() == []
    told = market.store().told
    assert [type(each.audience) for each in told] == [Only, Nearby]
    assert told[0].event == CrystalGained(f"1.0.pick.{wanted}", wanted, 20, 20, 1)
    assert told[1].event == CrystalTaken(7, wanted)
    assert market.books.balances == {"house": -20, "player:7": 20}


def test_of_all_who_ask_in_one_tick_one_wins_and_the_others_hear_so_at_once() -> None:
    crowd = list(range(1, 41))
    market = pond(*crowd)
    asked = market.do(*((entity, PickUpCrystal(gem(market))) for entity in crowd))
    assert len(asked.settlements) == 1
    assert reasons(asked) == ["taken"] * 39
    assert len({refusal.entity for refusal in asked.refused}) == 39
    market.store()
    assert len(events(market.outcomes, CrystalGained)) == 1


def test_whose_wish_arrives_first_does_not_matter_and_the_seed_decides() -> None:
    winners = []
    for seed in range(1, 31):
        market = pond(*range(1, 9), seed=seed)
        asked = market.do(*((entity, PickUpCrystal(gem(market))) for entity in range(1, 9)))
        winners.append(asked.settlements[0].postings[1].account)
        again = pond(*range(1, 9), seed=seed)
        repeated = again.do(*((entity, PickUpCrystal(gem(again))) for entity in range(1, 9)))
        assert repeated.settlements == asked.settlements
    assert len(set(winners)) > 4


def test_while_it_is_being_stored_it_is_taken_and_afterwards_gone() -> None:
    market = pond(7, 8)
    wanted = gem(market)
    market.do((7, PickUpCrystal(wanted)))
    assert reasons(market.do((8, PickUpCrystal(wanted)))) == ["taken"]
    market.store()
    assert reasons(market.do((8, PickUpCrystal(wanted)))) == ["gone"]


def test_what_could_not_be_stored_lies_there_again_and_may_be_picked_up_by_another() -> None:
    market = pond(7, 8)
    wanted = gem(market)
    market.do((7, PickUpCrystal(wanted)))
    refused = market.refuse("closed")
    assert [(each.entity, each.number, each.deed, each.reason) for each in refused.refused] == [
        (7, 1, "pick_up_crystal", "closed")
    ]
    assert gem(market) == wanted
    market.do((8, PickUpCrystal(wanted)))
    market.store()
    assert [gained.crystal for gained in events(market.outcomes, CrystalGained)] == [wanted]
    assert market.books.balances["player:8"] == 20


@pytest.mark.parametrize(("away_cm", "reason"), [((200, 0), None), ((142, 142), "too_far"), ((0, 201), "too_far")])
def test_within_two_metres_is_within_reach(away_cm: tuple[int, int], reason: str | None) -> None:
    market = pond(7)
    (crystal,) = market.lying()
    row = market.world.here(7)
    market.world.columns.x[row], market.world.columns.z[row] = crystal.x + away_cm[0], crystal.z + away_cm[1]
    assert reasons(market.do((7, PickUpCrystal(crystal.crystal)))) == ([reason] if reason else [])


def test_reach_is_measured_upwards_too() -> None:
    market = pond(7)
    row = market.world.here(7)
    market.world.columns.y[row] = 190
    assert reasons(market.do((7, PickUpCrystal(gem(market))))) == ["too_far"]


@pytest.mark.parametrize("crystal", [0, 1, 0xFFFFFFFF])
def test_what_never_existed_is_gone(crystal: int) -> None:
    assert reasons(pond(7).do((7, PickUpCrystal(crystal)))) == ["gone"]


def test_whoever_is_not_here_picks_nothing_up() -> None:
    market = pond()
    assert reasons(market.do((9, PickUpCrystal(gem(market))))) == ["not_here"]


def test_whoever_has_no_account_owns_nothing() -> None:
    market = pond(7)
    market.world.columns.account[market.world.here(7)] = 0
    assert reasons(market.do((7, PickUpCrystal(gem(market))))) == ["no_account"]


def test_whoever_leaves_meanwhile_still_owns_it() -> None:
    market = pond(7)
    market.do((7, PickUpCrystal(gem(market))))
    market.do((7, Leave()))
    market.store()
    assert market.books.balances["player:7"] == 20
    assert len(market.world.crystals) == 0


def test_an_answer_that_comes_twice_changes_nothing_the_second_time() -> None:
    market = pond(7)
    market.do((7, PickUpCrystal(gem(market))))
    answers = market.books.answer()
    market.step(*answers)
    before = market.world.crystals.digest()
    assert market.step(*answers).told == []
    assert market.world.crystals.digest() == before


def test_a_standing_crystal_lies_there_again_after_its_time_and_is_another_one() -> None:
    market = pond(7)
    first = gem(market)
    market.do((7, PickUpCrystal(first)))
    market.store()
    market.steps(39)
    assert market.lying() == []
    market.steps(1)
    (second,) = market.lying()
    assert second.crystal != first
    assert (second.x, second.z) == (4500, 2000)


def test_whoever_waits_longer_than_a_second_is_told_once() -> None:
    market = pond(7)
    market.do((7, PickUpCrystal(gem(market))))
    for _ in range(19):
        market.step()
    assert events(market.outcomes, SettlementPending) == []
    for _ in range(40):
        market.step()
    assert events(market.outcomes, SettlementPending) == [SettlementPending("pick_up_crystal", 1)]
    market.store()
    assert len(events(market.outcomes, CrystalGained)) == 1


def test_a_zone_whose_crystals_just_lie_there_rests_and_says_nothing_new_of_them() -> None:
    market = pond()
    outcomes = [market.step() for _ in range(5)]
    assert all(outcome.crystals is None for outcome in outcomes)
    assert market.world.rests_until > market.world.tick + 1


def test_a_change_of_what_lies_there_is_in_the_outcome() -> None:
    market = pond(7)
    wanted = gem(market)
    asked = market.do((7, PickUpCrystal(wanted)))
    assert asked.crystals is not None
    assert asked.crystals.size == 0
    back = market.refuse()
    assert back.crystals is not None
    assert back.crystals["crystal"].tolist() == [wanted]


def test_a_halted_player_has_no_wishes_left() -> None:
    market = pond(7)
    market.do((7, Halt()))
    assert market.world.crystals.wishes == []


def test_nobody_picks_up_oftener_than_allowed_and_what_fails_costs_nothing() -> None:
    market = pond(7, 8)
    wanted = gem(market)
    rate = market.world.tuning.crystals.rate
    assert reasons(market.do(*[(7, PickUpCrystal(99))] * (rate.burst + 1))) == ["gone"] * (rate.burst + 1)
    refused = reasons(market.do(*[(7, PickUpCrystal(wanted))] * (rate.burst + 1)))
    assert refused.count("too_often") == 1
    assert refused.count("taken") == rate.burst - 1
