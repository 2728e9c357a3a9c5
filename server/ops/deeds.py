"""Players' deeds over HTTP: which break, which are switched off and where, and switching them on and off.

GET  /deeds                               every deed, and the zones where it broke lately or is off
POST /deeds/NAME/on|off                   {"zone": "gate"}, or no body for everywhere
"""

from typing import Annotated, Any, NamedTuple

import msgspec
from aiohttp import web

from server.ops.operators import Done, Ops, body_of, carry_out, let_in
from server.store.records import Operation
from server.switches import SWITCHABLE, Off

# As a deed can be called: a command's class name in snake case.
_NAME = "[a-z][a-z0-9_]{0,31}"


class Where(msgspec.Struct, forbid_unknown_fields=True):
    """The body: one zone, by its name, or everywhere."""

    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None


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


def deed_routes(ops: Ops) -> list[web.RouteDef]:
    """The routes of this module, for the ops application."""

    async def deeds(_: web.Request) -> web.Response:
        return web.json_response({"tick": ops.tick(), "deeds": [_shown(ops, deed) for deed in SWITCHABLE]})

    async def switch(request: web.Request) -> web.Response:
        let_in(request, ops.settings)
        where = await body_of(request, Where, 'empty, or {"zone": name}')
        name, on = request.match_info["name"], request.match_info["action"] == "on"
        wish = Wish(ops.settings.token_name, name, on, where.zone)
        return await carry_out(ops, wish.asked, lambda: _done(ops, wish))

    return [web.get("/deeds", deeds), web.post(f"/deeds/{{name:{_NAME}}}/{{action:on|off}}", switch)]


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


def _shown(ops: Ops, deed: str) -> dict[str, Any]:
    board, zones = ops.switchboard, list(enumerate(ops.switchboard.zones))
    broke = {name: faults for zone, name in zones if (faults := board.faults(zone, deed, ops.tick()))}
    off = [{"zone": name, **board.off(zone)[deed]._asdict()} for zone, name in zones if deed in board.off(zone)]
    return {"deed": deed, "broke": broke, "off": off}
