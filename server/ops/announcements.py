"""Announcements over HTTP: a sentence for everybody, or for everybody in one zone."""

import asyncio
from typing import Annotated, NamedTuple

import msgspec
from aiohttp import web

from protocol.messages import Denied, Happened
from server.ops.asking import ANSWER_S, answered
from server.ops.house import House
from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Route
from server.store.records import Operation
from world.events.announce import Announce, Text


class Announcement(msgspec.Struct, forbid_unknown_fields=True):
    """What to say, and the zone to say it in, or nothing for everywhere."""

    text: Text
    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None


class Announced(msgspec.Struct):
    """So many people were there to be told, in so many zones."""

    ok: bool
    people: int
    zones: int


class Wish(NamedTuple):
    """Who wants what said where."""

    by: str
    text: str
    zone: str | None

    @property
    def asked(self) -> Operation:
        """As the ops log has it."""
        return Operation(self.by, f"announce in {self.zone}" if self.zone else "announce", self.text, "asked")


def announcement_routes(ops: Ops, house: House) -> list[Route]:
    """The routes of this module."""

    async def announce(asked: Asked) -> web.Response:
        wish = Wish(asked.by, asked.body.text, asked.body.zone)
        return await carry_out(ops, wish.asked, lambda: _done(ops, house, wish))

    return [
        Route(
            "POST",
            "/api/announcements",
            "operator",
            "Tell everybody something, whatever else they are told.",
            Announced,
            announce,
            body=Announcement,
            failures=(404, 409, 503, 504),
        )
    ]


async def _done(ops: Ops, house: House, wish: Wish) -> Done:
    zones = ops.programme.zones
    if wish.zone is not None and wish.zone not in zones:
        return Done(404, f"no zone is called {wish.zone}", {"known": zones})
    if house.crying:
        return Done(409, "refused: busy", {"message": "too many announcements are under way"})
    numbers = [number for number, name in enumerate(zones) if wish.zone in (None, name)]
    asking = (answered(ops.programme, number, Announce(wish.text, wish.by)) for number in numbers)
    said = await asyncio.gather(*asking, return_exceptions=True)
    told = [int(each.fields["people"]) for each in said if isinstance(each, Happened)]
    facts = {"people": sum(told), "zones": len(told)}
    if denied := next((each for each in said if isinstance(each, Denied)), None):
        return Done(409, f"refused: {denied.reason}", {"reason": denied.reason, "message": denied.message, **facts})
    if len(told) < len(said):
        return Done(
            504, f"told in {len(told)} of {len(said)} zones; the others did not answer in {ANSWER_S:g} s", facts
        )
    return Done(200, f"done: {facts['people']} people", facts)
