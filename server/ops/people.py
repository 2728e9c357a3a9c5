"""People over HTTP: who is here, and sending away, muting and banning by account.

GET  /api/people?name=ad&zone=plaza       at most 50, whose name begins so
POST /api/people/ACCOUNT/kick|mute|unmute|ban|unban
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated

import msgspec

from server.ops.house import House
from server.ops.operators import Ops
from server.ops.routes import Asked, Route
from server.ops.sanctioning import sanction_routes
from server.players import Player
from server.store.records import Store

# A screenful. Whoever looks for somebody knows more of them than that.
ROWS_MAX = 50
# Players looked at between two looks of the loop at everything else: a third of a millisecond.
SLICE = 1000


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """All that is given must fit; `name` is how it begins, in any case."""

    name: Annotated[str, msgspec.Meta(max_length=24)] = ""
    account: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None
    entity: Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)] | None = None
    zone: Annotated[str, msgspec.Meta(max_length=32)] = ""


class Person(msgspec.Struct):
    """Somebody with a body here. `connected` false: the link is lost, and they may come back.

    `muted_s` is null for who may speak, and -1 for who is muted for good.
    """

    account: int
    entity: int
    name: str
    zone: str
    layer: int
    x_m: float
    z_m: float
    connected: bool
    staff: bool
    muted_s: float | None


class People(msgspec.Struct):
    """The first so many; `more` says that there are others."""

    people: list[Person]
    more: bool


def people_routes(ops: Ops, house: House, store: Store, now_s: Callable[[], float]) -> list[Route]:
    """The routes of this module; `now_s` is the wall clock."""

    async def people(asked: Asked) -> People:
        found = await _found(house, asked.query, ops.programme.zones)
        shown = [_shown(house, player, ops.programme.zones) for player in found[:ROWS_MAX]]
        return People(shown, len(found) > ROWS_MAX)

    summary = "Who is here, by name, account, entity or zone."
    return [
        Route("GET", "/api/people", "viewer", summary, People, people, query=Wanted),
        *sanction_routes(ops, house, store, now_s),
    ]


async def _found(house: House, wanted: Wanted, zones: Sequence[str]) -> list[Player]:
    """Those who fit, one more than are shown; whoever leaves meanwhile is there too."""
    everybody = iter(list(house.players))
    found: list[Player] = []
    while portion := list(islice(everybody, SLICE)):
        found += [player for player in portion if _fits(player, wanted, zones)]
        if len(found) > ROWS_MAX:
            break
        await asyncio.sleep(0)
    return found[: ROWS_MAX + 1]


def _fits(player: Player, wanted: Wanted, zones: Sequence[str]) -> bool:
    return (
        player.name.casefold().startswith(wanted.name.casefold())
        and wanted.account in (None, player.account)
        and wanted.entity in (None, player.entity)
        and wanted.zone in ("", zones[player.zone])
    )


def _shown(house: House, player: Player, zones: Sequence[str]) -> Person:
    scene, slot = house.scene, player.slot
    muted = house.sanctions.find(player.account, "mute")
    return Person(
        player.account,
        player.entity,
        player.name,
        zones[player.zone],
        int(scene.layer[slot]),
        round(int(scene.x[slot]) / 100, 1),
        round(int(scene.z[slot]) / 100, 1),
        player.link is not None,
        player.staff,
        None if muted is None else -1 if muted.seconds is None else round(muted.seconds, 1),
    )
