"""Rains and shows over HTTP: what is on, and starting, pausing, resuming, extending or cancelling it.

GET  /events                              the programme of all zones
POST /events/NAME/start|pause|resume|cancel
POST /events/NAME/extend                  {"seconds": 60}
"""

import asyncio
from typing import Annotated, Any, NamedTuple, get_args

import msgspec
from aiohttp import web

from protocol.messages import Denied
from server.ops.operators import Done, Ops, body_of, carry_out, let_in
from server.programme import Listed, Programme
from server.store.records import Operation
from world.config import TICK_RATE_HZ
from world.events.steer_event import LASTS_S_MAX, Action, SteerEvent

# Forty ticks: a zone that has not answered after these is not going to.
ANSWER_S = 2.0
# As in world.city.Name.
_NAME = "[a-z][a-z0-9_]{0,31}"


class Extension(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an `extend`; a day at most, as in world.events.steer_event."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=LASTS_S_MAX)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of everything else, if there is one."""


class Wish(NamedTuple):
    """What an operator asks for: `by` is the name of their token."""

    by: str
    name: str
    action: Action
    seconds: int

    @property
    def asked(self) -> Operation:
        """As the ops log has it."""
        action = f"{self.action} {self.seconds} s" if self.seconds else self.action
        return Operation(self.by, action, self.name, "asked")


def event_routes(ops: Ops) -> list[web.RouteDef]:
    """The routes of this module, for the ops application."""

    async def programme(_: web.Request) -> web.Response:
        events = [_shown(ops, listed) for listed in ops.programme.events]
        return web.json_response({"tick": ops.tick(), "events": events})

    async def steer(request: web.Request) -> web.Response:
        let_in(request, ops.settings)
        wish = await _wish(request, ops.settings.token_name)
        return await carry_out(ops, wish.asked, lambda: _done(ops, wish))

    actions = "|".join(get_args(Action))
    return [web.get("/events", programme), web.post(f"/events/{{name:{_NAME}}}/{{action:{actions}}}", steer)]


async def _wish(request: web.Request, by: str) -> Wish:
    action, seconds = msgspec.convert(request.match_info["action"], Action), 0
    if action == "extend":
        wanted = f'{{"seconds": n}}, n an integer from 1 to {LASTS_S_MAX}'
        seconds = (await body_of(request, Extension, wanted)).seconds
    else:
        await body_of(request, Nothing, "empty, or {}")
    return Wish(by, request.match_info["name"], action, seconds)


async def _done(ops: Ops, wish: Wish) -> Done:
    listed = ops.programme.find(wish.name)
    if listed is None:
        known = [each.state.name for each in ops.programme.events]
        return Done(404, f"no event is called {wish.name}", {"known": known})
    try:
        denied = await _answered(ops.programme, listed.zone, wish)
    except TimeoutError:
        return Done(504, f"the zone did not answer within {ANSWER_S:g} s; it may still do it")
    after = _shown(ops, ops.programme.find(wish.name) or listed)
    if denied is not None:
        facts = {"reason": denied.reason, "message": denied.message, "event": after}
        return Done(409, f"refused: {denied.reason}", facts)
    return Done(200, f"done: {after['state']}", {"event": after})


async def _answered(programme: Programme, zone: int, wish: Wish) -> Denied | None:
    """The zone's answer to a wish: None if it did it. Raises TimeoutError."""
    answer: asyncio.Future[Denied | None] = asyncio.get_running_loop().create_future()

    def tell(denied: Denied | None) -> None:
        # A tick may come between the time being up and its being noticed here.
        if not answer.done():
            answer.set_result(denied)

    number = programme.ask(zone, SteerEvent(wish.name, wish.action, wish.seconds, wish.by), tell)
    if number is None:
        return Denied(0, SteerEvent.deed, "busy", None, "too many requests wait for an answer already")
    try:
        return await asyncio.wait_for(answer, ANSWER_S)
    finally:
        programme.forget(number)


def _shown(ops: Ops, listed: Listed) -> dict[str, Any]:
    state = listed.state
    ends_in_s = max(0, state.until_tick - ops.tick()) / TICK_RATE_HZ if state.until_tick else None
    return {"zone": ops.programme.zones[listed.zone], **state._asdict(), "ends_in_s": ends_in_s}
