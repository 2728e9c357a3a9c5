"""Crystals and fireworks from a player's wish to the books and back: what is told is stored, and stored once."""

from typing import Any

from protocol import messages as m
from protocol.codec import pack_fields
from protocol.crystals import read_crystals
from server.store.records import StoreAway
from tests.flow.stages import Player, Stage
from tests.scenario import deed

AWAY = StoreAway("unreachable", "nobody answers")
# Where the shipped content lets a crystal of worth 1 lie in the gate, in cm of the city.
QUARTZ = (11_000, 4_000)
# Half a second: whoever comes near a crystal is shown it by then, and an answer of the books has long been told.
SOON = 14


async def beside_the_quartz(stage: Stage, *names: str) -> tuple[list[Player], int]:
    """These players an arm's length away from it, and its number as they were shown it."""
    players = [await stage.join(name) for name in names]
    for player in players:
        stage.scenario.place(player.entity, QUARTZ[0] + 100, QUARTZ[1])
    await stage.tick(SOON)
    shown = [read_crystals(player.all(m.Crystals)[-1].rows) for player in players]
    (nearest,) = {int(rows["crystal"][0]) for rows in shown}
    return players, nearest


def told(player: Player, event: str) -> list[m.Happened]:
    return [happened for happened in player.all(m.Happened) if happened.event == event]


def owned(stage: Stage, player: Player) -> int:
    return stage.scenario.store.balances[player.welcome.account]


async def test_a_player_is_shown_a_crystal_picks_it_up_and_has_it_in_the_books(stage: Stage) -> None:
    (ada,), quartz = await beside_the_quartz(stage, "Ada")
    shown = ada.all(m.Crystals)[-1]
    row = read_crystals(shown.rows)[0]
    assert (shown.x + row["dx"], shown.z + row["dz"], row["value"]) == (*QUARTZ, 1)
    await ada.send(deed("pick_up_crystal", 7, crystal=quartz))
    await stage.tick(SOON)
    (gained,) = told(ada, "crystal_gained")
    assert gained.fields == {
        "receipt": f"1.0.pick.{quartz}",
        "crystal": quartz,
        "value": 1,
        "balance": 101,
        "number": 7,
    }
    assert owned(stage, ada) == 101
    assert stage.scenario.store.entries[gained.fields["receipt"]].postings == (("house", -1), (ada.welcome.account, 1))
    assert read_crystals(ada.all(m.Crystals)[-1].rows).size == 0


async def test_of_two_who_reach_for_it_in_the_same_tick_one_has_it_and_the_other_hears_so(stage: Stage) -> None:
    players, quartz = await beside_the_quartz(stage, "Ada", "Ben")
    for player in players:
        await player.send(deed("pick_up_crystal", 1, crystal=quartz))
    await stage.tick(SOON)
    gains = [len(told(player, "crystal_gained")) for player in players]
    assert sorted(gains) == [0, 1]
    loser = players[gains.index(0)]
    assert [(denied.deed, denied.reason) for denied in loser.all(m.Denied)] == [("pick_up_crystal", "taken")]
    assert sorted(owned(stage, player) for player in players) == [100, 101]
    assert all(told(player, "crystal_taken") for player in players)


async def test_far_and_imagined_crystals_are_refused_and_nothing_is_stored(stage: Stage) -> None:
    (ada,), quartz = await beside_the_quartz(stage, "Ada")
    stage.scenario.place(ada.entity, QUARTZ[0] + 300, QUARTZ[1])
    before = dict(stage.scenario.store.entries)
    for number, crystal in enumerate((quartz, quartz + 1, 0, 0xFFFFFFFF), 1):
        await ada.send(deed("pick_up_crystal", number, crystal=crystal))
    await stage.tick(SOON)
    assert [denied.reason for denied in ada.all(m.Denied)] == ["too_far", "gone", "gone", "gone"]
    assert stage.scenario.store.entries == before


async def test_confirmations_are_not_for_clients_to_say(stage: Stage) -> None:
    (ada,), quartz = await beside_the_quartz(stage, "Ada")
    await ada.send(deed("confirm", 1, key=f"pick.{quartz}", receipt="1.0.x", balance=10**6))
    await ada.send(m.Do(2, "steer_event", pack_fields({"name": "crystal_rain", "action": "start"})))
    await stage.tick(SOON)
    assert [denied.reason for denied in ada.all(m.Denied)] == ["unknown_deed", "unknown_deed"]
    assert owned(stage, ada) == 100


async def test_while_the_store_is_away_players_are_told_that_it_waits_and_nothing_is_confirmed(stage: Stage) -> None:
    (ada,), quartz = await beside_the_quartz(stage, "Ada")
    stage.scenario.store.away = AWAY
    await ada.send(deed("pick_up_crystal", 3, crystal=quartz))
    await stage.tick(60)
    assert [waits.fields for waits in told(ada, "settlement_pending")] == [{"deed": "pick_up_crystal", "number": 3}]
    assert told(ada, "crystal_gained") == []
    assert ada.frame.tick >= stage.scenario.city.tick - 2
    stage.scenario.store.away = None
    await stage.tick(120)
    assert [gained.fields["balance"] for gained in told(ada, "crystal_gained")] == [101]
    assert owned(stage, ada) == 101


async def test_an_answer_that_was_lost_is_asked_for_again_and_counts_once(stage: Stage) -> None:
    (ada,), quartz = await beside_the_quartz(stage, "Ada")
    stage.scenario.store.loses_answers = True
    await ada.send(deed("pick_up_crystal", 3, crystal=quartz))
    await stage.tick(10)
    assert owned(stage, ada) == 101
    assert told(ada, "crystal_gained") == []
    stage.scenario.store.loses_answers = False
    await stage.tick(120)
    assert len(told(ada, "crystal_gained")) == 1
    assert owned(stage, ada) == 101


async def test_a_firework_is_paid_for_first_and_everybody_near_sees_the_same_one(stage: Stage) -> None:
    ada, ben = await stage.join("Ada"), await stage.join("Ben")
    await ada.send(deed("light_firework", 4, kind="peony", colours=["gold", "rose"]))
    await stage.tick(SOON)
    (seen,), (also_seen,) = told(ada, "firework_launched"), told(ben, "firework_launched")
    assert seen.fields == also_seen.fields
    assert (seen.fields["kind"], seen.fields["colours"], seen.fields["entity"]) == (
        "peony",
        ["gold", "rose"],
        ada.entity,
    )
    (paid,) = told(ada, "firework_settled")
    assert (paid.fields["number"], paid.fields["cost"], paid.fields["balance"]) == (4, 3, 97)
    assert paid.fields["start_tick"] == seen.fields["start_tick"] > paid.tick
    assert told(ben, "firework_settled") == []
    assert owned(stage, ada) == 97


async def test_whoever_comes_while_it_is_in_the_sky_is_told_of_it_and_nobody_afterwards(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await ada.send(deed("light_firework", 4, kind="willow", colours=["jade"]))
    await stage.tick(SOON)
    late = await stage.join("Late")
    await stage.tick(4)
    assert [seen.fields for seen in told(late, "firework_launched")] == [
        seen.fields for seen in told(ada, "firework_launched")
    ]
    await stage.tick(200)
    later = await stage.join("Later")
    await stage.tick(4)
    assert told(later, "firework_launched") == []


async def test_without_the_money_there_is_no_firework(stage: Stage) -> None:
    ada = await stage.join("Ada")
    for number in range(1, 5):
        await ada.send(deed("light_firework", number, kind="grand_palm", colours=["white"]))
        await stage.tick(30)
    assert owned(stage, ada) == 0
    await ada.send(deed("light_firework", 9, kind="sparkler", colours=["white"]))
    await stage.tick(SOON)
    assert [(denied.number, denied.reason) for denied in ada.all(m.Denied)] == [(9, "insufficient")]
    assert len(told(ada, "firework_settled")) == 4


async def test_wishes_that_cannot_be_are_refused_by_name_before_anything_is_paid(stage: Stage) -> None:
    ada = await stage.join("Ada")
    x, z = ada.frame.x, ada.frame.z
    wishes: list[tuple[dict[str, Any], str]] = [
        ({"kind": "volcano", "colours": ["gold"]}, "no_such_firework"),
        ({"kind": "peony", "colours": ["mud"]}, "no_such_colour"),
        ({"kind": "peony", "colours": []}, "invalid"),
        ({"kind": "peony", "colours": ["gold"] * 4}, "invalid"),
        ({"kind": "peony", "colours": ["gold"], "x": x + 5000, "z": z}, "too_far"),
    ]
    for number, (fields, _) in enumerate(wishes):
        await ada.send(deed("light_firework", number, **fields))
    await stage.tick(SOON)
    assert sorted((denied.number, denied.reason) for denied in ada.all(m.Denied)) == [
        (number, reason) for number, (_, reason) in enumerate(wishes)
    ]
    assert owned(stage, ada) == 100
