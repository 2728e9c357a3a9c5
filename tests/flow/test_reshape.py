"""Looks over every transport: those near see the new one, whoever comes again has it, what cannot be is refused."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from protocol import messages as m
from protocol.codec import pack_fields
from server.keeper import Keeper
from tests.flow.stages import Player, Stage, staged

# Sets are chosen twice a second, and whoever has changed is introduced after that.
INTRODUCED_TICKS = 15


@pytest.fixture(params=["memory", "ws", "tcp"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(request.param) as opened:
        yield opened


def reshape(fields: dict[str, Any]) -> m.Do:
    """The wish to look so, or to be called so."""
    return m.Do(5, "reshape", pack_fields(fields))


class Known(NamedTuple):
    """A profile as a viewer understands it, with the names that its catalogue has for the bytes of a look."""

    version: int
    name: str
    look: dict[str, int]


def profiles_of(viewer: Player, entity: int) -> list[Known]:
    """What this viewer was told of somebody, in order."""
    traits = viewer.welcome.deeds["reshape"]["look"]["keys"]
    return [
        Known(each.version, each.name, dict(zip(traits, each.look, strict=True)))
        for told in viewer.all(m.Profiles)
        for each in told.profiles
        if each.entity == entity
    ]


async def test_those_near_see_what_somebody_has_become_and_once(stage: Stage) -> None:
    ada, ben = await stage.join("Ada"), await stage.join("Ben")
    await stage.tick(INTRODUCED_TICKS)
    (before,) = profiles_of(ben, ada.entity)
    await ada.send(reshape({"look": {"nose": 255, "hair": 4}, "name": "Ada B."}))
    await stage.tick(INTRODUCED_TICKS)
    after = profiles_of(ben, ada.entity)[1:]
    assert [(each.version, each.name) for each in after] == [(before.version + 1, "Ada B.")]
    assert after[0].look == {**before.look, "nose": 255, "hair": 4}
    (told,) = ada.events("reshaped")
    assert (told["called"], told["look"], told["version"]) == ("Ada B.", after[0].look, after[0].version)
    assert ben.events("reshaped") == []


async def test_everybody_is_told_at_once_what_they_look_like_and_no_two_newcomers_are_alike(stage: Stage) -> None:
    ada, ben = await stage.join("Ada"), await stage.join("Ben")
    (hers,), (his,) = profiles_of(ada, ada.entity), profiles_of(ben, ben.entity)
    assert (hers.name, his.name) == ("Ada", "Ben")
    assert hers.look.keys() == his.look.keys() != set()
    assert hers.look != his.look


async def test_whoever_comes_again_looks_as_they_left_though_the_city_began_anew(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await ada.send(reshape({"look": {"nose": 255}, "name": "Ada B."}))
    await stage.tick(round(Keeper.rest_s * 20) + 2)
    stored = stage.scenario.store.players[1].state
    assert (stored.name, stored.look["nose"]) == ("Ada B.", 255)
    await ada.send(m.Bye())
    await stage.tick(2)
    back = await stage.knock(m.Hello(1, None, ada.welcome.token))
    assert (back.welcome.name, back.welcome.resumed) == ("Ada B.", False)
    assert profiles_of(back, back.entity)[0].look == stored.look


async def test_whoever_comes_back_after_a_lost_link_is_told_what_they_look_like_now(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await ada.send(reshape({"look": {"nose": 255}, "name": "Ada B."}))
    await stage.tick()
    await ada.vanish()
    back = await stage.join("Ada", ada.welcome.resume)
    (own,) = profiles_of(back, back.entity)
    assert (back.welcome.name, own.name, own.version, own.look["nose"]) == ("Ada B.", "Ada B.", 2, 255)


async def test_a_look_that_the_content_has_outgrown_is_no_error(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await ada.send(m.Bye())
    await stage.tick(round(Keeper.rest_s * 20) + 2)
    player = stage.scenario.store.players[1]
    player.state = player.state._replace(look={"tail": 3, "hair": 200, "nose": 1})
    back = await stage.join("Ada", token=ada.welcome.token)
    (own,) = profiles_of(back, back.entity)
    assert ("tail" in own.look, own.look["hair"] < 200, own.look["nose"]) == (False, True, 1)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"look": {"tail": 1}}, "no_such_trait", "look.tail"),
        ({"look": {"nose": 256}}, "out_of_range", "look.nose"),
        ({"look": {"nose": "big"}}, "invalid", "look[…]"),
        ({"look": 7}, "invalid", "look"),
        ({"name": " "}, "invalid", "name"),
        ({"name": "Ada\u202e"}, "invalid", "name"),
        ({"name": "A" * 25}, "invalid", "name"),
    ],
    ids=repr,
)
async def test_what_cannot_be_is_denied_by_the_name_of_its_field(
    stage: Stage, fields: dict[str, Any], reason: str, field: str
) -> None:
    ada = await stage.join("Ada")
    await ada.send(reshape(fields))
    await stage.tick()
    denied = ada.last(m.Denied)
    assert (denied.number, denied.reason, denied.field) == (5, reason, field)
    assert ada.closed_with is None
    assert ada.events("reshaped") == []
