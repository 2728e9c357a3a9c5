"""Players' deeds over HTTP: which break, which are switched off and where, and switching them on and off.

GET  /deeds                               every deed, and the zones where it broke lately or is off
POST /deeds/NAME/on|off                   {"zone": "gate"}, or no body for everywhere
"""

from typing import Annotated, NamedTuple

import msgspec
from aiohttp import web

from server.ops.events import NAME
from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Route
from server.store.records import Operation
from server.switches import SWITCHABLE, Off


class Where(msgspec.Struct, forbid_unknown_fields=True):
    """One zone, by its name, or everywhere."""

    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None


class OffShown(msgspec.Struct):
    """Where a deed is off, since when and why."""

    zone: str
    since_tick: int
    why: str


class DeedShown(msgspec.Struct):
    """A deed of players: how often it broke lately, by zone, and where it is off."""

    deed: str
    broke: dict[str, int]
    off: list[OffShown]


class DeedsShown(msgspec.Struct):
    """All of them, as of this tick."""

    tick: int
    deeds: list[DeedShown]


class DeedDone(msgspec.Struct):
    """It is switched; this is how the deed stands now."""

    ok: bool
    deed: DeedShown


class Wish(NamedTuple):
    """What an operator asks for: `by` is the name of their token, `zone` None is everywhere."""

    by: str
    deed: str
    on: bool
    zone: str | None

    @property
    def asked(self) -> Operation:
        """As the ops log has it."""
        where = f" in {self.zone}" if self.zone else ""
        return Operation(self.by, f"switch {'on' if self.on else 'off'}{where}", self.deed, "asked")


def deed_routes(ops: Ops) -> list[Route]:
    """The routes of this module, for the ops application."""

    async def deeds(_: Asked) -> DeedsShown:
        return DeedsShown(ops.tick(), [_shown(ops, deed) for deed in SWITCHABLE])

    return [
        Route("GET", "/deeds", None, "Players' deeds: which break, and which are off where.", DeedsShown, deeds),
        _switching(ops, on=True),
        _switching(ops, on=False),
    ]


def _switching(ops: Ops, on: bool) -> Route:
    async def switch(asked: Asked) -> web.Response:
        wish = Wish(asked.by, asked.path["name"], on, asked.body.zone)
        return await carry_out(ops, wish.asked, lambda: _done(ops, wish))

    return Route(
        "POST",
        f"/deeds/{{name}}/{'on' if on else 'off'}",
        "operator",
        f"Switch a deed {'on again' if on else 'off'}, in one zone or everywhere.",
        DeedDone,
        switch,
        body=Where,
        places={"name": NAME},
        failures=(404, 503),
    )


async def _done(ops: Ops, wish: Wish) -> Done:
    board = ops.switchboard
    if wish.deed not in SWITCHABLE:
        return Done(404, f"no deed of players is called {wish.deed}", {"known": SWITCHABLE})
    if wish.zone is not None and wish.zone not in board.zones:
        return Done(404, f"no zone is called {wish.zone}", {"known": board.zones})
    for zone, name in enumerate(board.zones):
        if wish.zone not in (None, name):
            continue
        if wish.on:
            board.switch_on(zone, wish.deed)
        else:
            board.switch_off(zone, wish.deed, Off(ops.tick(), f"by {wish.by}"))
    return Done(200, f"done: {'on' if wish.on else 'off'}", {"deed": _shown(ops, wish.deed)})


def _shown(ops: Ops, deed: str) -> DeedShown:
    board, zones = ops.switchboard, list(enumerate(ops.switchboard.zones))
    broke = {name: faults for zone, name in zones if (faults := board.faults(zone, deed, ops.tick()))}
    off = [OffShown(name, *board.off(zone)[deed]) for zone, name in zones if deed in board.off(zone)]
    return DeedShown(deed, broke, off)
