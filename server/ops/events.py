"""Rains and shows over HTTP: what is on, and starting, rehearsing, pausing, resuming, extending or cancelling it.

GET  /events                              the programme of all zones
POST /events/NAME/start|rehearse|pause|resume|cancel
POST /events/NAME/extend                  {"seconds": 60}
"""

from typing import Annotated, NamedTuple, get_args

import msgspec
from aiohttp import web

from protocol.messages import Denied
from server.ops.asking import ANSWER_S, answered
from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Nothing, Route
from server.programme import Listed
from server.store.records import Operation
from world.config import TICK_RATE_HZ
from world.event import OccasionKind, ShownState
from world.events.steer_event import LASTS_S_MAX, Action, SteerEvent

# As in world.city.Name.
NAME = "[a-z][a-z0-9_]{0,31}"


class Extension(msgspec.Struct, forbid_unknown_fields=True):
    """By how many seconds; a day at most, as in world.events.steer_event."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=LASTS_S_MAX)]


class EventShown(msgspec.Struct):
    """A rain or a show: `until_tick` and `ends_in_s` say when it ends, 0 and null where it is not on.

    `rehearsal`: what is on, or paused, is for staff alone.
    """

    zone: str
    name: str
    kind: OccasionKind
    state: ShownState
    until_tick: int
    detail: dict[str, int]
    rehearsal: bool
    ends_in_s: float | None


class EventsShown(msgspec.Struct):
    """All of them, as of this tick."""

    tick: int
    events: list[EventShown]


class EventDone(msgspec.Struct):
    """The zone did it; this is how the event stands now."""

    ok: bool
    event: EventShown


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


def event_routes(ops: Ops) -> list[Route]:
    """The routes of this module, for the ops application."""

    async def programme(_: Asked) -> EventsShown:
        return EventsShown(ops.tick(), [_shown(ops, listed) for listed in ops.programme.events])

    return [
        Route("GET", "/events", None, "Rains and shows of all zones, and how they stand.", EventsShown, programme),
        *(_steering(ops, action) for action in get_args(Action)),
    ]


def _steering(ops: Ops, action: Action) -> Route:
    async def steer(asked: Asked) -> web.Response:
        seconds = asked.body.seconds if isinstance(asked.body, Extension) else 0
        wish = Wish(asked.by, asked.path["name"], action, seconds)
        return await carry_out(ops, wish.asked, lambda: _done(ops, wish))

    return Route(
        "POST",
        f"/events/{{name}}/{action}",
        "operator",
        f"{action.capitalize()} a rain or a show{', for staff alone' if action == 'rehearse' else ''}.",
        EventDone,
        steer,
        body=Extension if action == "extend" else Nothing,
        places={"name": NAME},
        failures=(404, 409, 503, 504),
    )


async def _done(ops: Ops, wish: Wish) -> Done:
    listed = ops.programme.find(wish.name)
    if listed is None:
        known = [each.state.name for each in ops.programme.events]
        return Done(404, f"no event is called {wish.name}", {"known": known})
    try:
        said = await answered(ops.programme, listed.zone, SteerEvent(wish.name, wish.action, wish.seconds, wish.by))
    except TimeoutError:
        return Done(504, f"the zone did not answer within {ANSWER_S:g} s; it may still do it")
    after = _shown(ops, ops.programme.find(wish.name) or listed)
    if isinstance(said, Denied):
        facts = {"reason": said.reason, "message": said.message, "event": after}
        return Done(409, f"refused: {said.reason}", facts)
    return Done(200, f"done: {after.state}", {"event": after})


def _shown(ops: Ops, listed: Listed) -> EventShown:
    state = listed.state
    ends_in_s = max(0, state.until_tick - ops.tick()) / TICK_RATE_HZ if state.until_tick else None
    return EventShown(ops.programme.zones[listed.zone], **state._asdict(), ends_in_s=ends_in_s)
