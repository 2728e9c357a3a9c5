"""Rains and shows over HTTP: what is on, and starting, pausing, resuming, extending or cancelling it.

    GET  /events                              the programme of all zones
    POST /events/NAME/start|pause|resume|cancel
    POST /events/NAME/extend                  {"seconds": 60}

Looking is free, as at all of the ops port; changing takes `Authorization: Bearer` with `ops.token`.
Nothing is done that is not in the ops log before: one row when it is asked, one with what came of it.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, NamedTuple, get_args

import msgspec
import structlog
from aiohttp import web

from protocol.messages import Denied
from server.programme import Listed, Programme
from server.settings import OpsSettings
from server.store.records import Operation, StoreAway
from world.config import TICK_RATE_HZ
from world.events.steer_event import LASTS_S_MAX, Action, SteerEvent

log = structlog.get_logger()

# Forty ticks: a zone that has not answered after these is not going to.
ANSWER_S = 2.0
# As in world.city.Name.
_NAME = "[a-z][a-z0-9_]{0,31}"
_HOW = "set --ops.token, FUTURECITY_OPS__TOKEN or [ops] token, and start the city again"


class Extension(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an `extend`; a day at most, as in world.events.steer_event."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=LASTS_S_MAX)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of everything else, if there is one."""


class Ops(NamedTuple):
    """What the handlers work with: `write_down` is the store's `log_operation`, `tick` says the last tick done."""

    programme: Programme
    write_down: Callable[[Operation], Awaitable[None]]
    tick: Callable[[], int]
    settings: OpsSettings


class Wish(NamedTuple):
    """What an operator asks for: `by` is the name of their token."""

    by: str
    name: str
    action: Action
    seconds: int


def event_routes(ops: Ops) -> list[web.RouteDef]:
    """The routes of this module, for the ops application."""

    async def programme(_: web.Request) -> web.Response:
        events = [_shown(ops, listed) for listed in ops.programme.events]
        return web.json_response({"tick": ops.tick(), "events": events})

    async def steer(request: web.Request) -> web.Response:
        _let_in(request, ops.settings)
        return await _steer(ops, await _wish(request, ops.settings.token_name))

    actions = "|".join(get_args(Action))
    return [web.get("/events", programme), web.post(f"/events/{{name:{_NAME}}}/{{action:{actions}}}", steer)]


def _let_in(request: web.Request, settings: OpsSettings) -> None:
    """Raises what to answer whoever has not the token."""
    if settings.token is None:
        raise web.HTTPForbidden(reason=f"events cannot be changed without an ops token: {_HOW}")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.token.get_secret_value().encode()
    # Compared whatever its length, in a time that tells nothing of the token.
    if not hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), wanted) or scheme.lower() != "bearer":
        log.warning("an operation was asked for without the token", path=request.path, peer=request.remote)
        raise web.HTTPUnauthorized(
            reason="Authorization: Bearer TOKEN is missing or wrong", headers={"WWW-Authenticate": "Bearer"}
        )


async def _wish(request: web.Request, by: str) -> Wish:
    action = msgspec.convert(request.match_info["action"], Action)
    return Wish(by, request.match_info["name"], action, _seconds(action, await request.read()))


def _seconds(action: Action, body: bytes) -> int:
    """How long to extend by; raises what to answer when the body is not as it must be."""
    try:
        if action == "extend":
            return msgspec.json.decode(body, type=Extension).seconds
        msgspec.json.decode(body or b"{}", type=Nothing)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        wanted = f'{{"seconds": n}}, n an integer from 1 to {LASTS_S_MAX}' if action == "extend" else "empty, or {}"
        raise web.HTTPBadRequest(reason=f"the body of {action} must be {wanted}") from None
    return 0


async def _steer(ops: Ops, wish: Wish) -> web.Response:
    if not await _written(ops, wish, "asked"):
        return _answer(503, "the ops log cannot be written, so nothing was done; try again later")
    status, result, facts = await _done(ops, wish)
    if not await _written(ops, wish, result):
        return _answer(503, f"what came of it could not be written to the ops log: {result}", **facts)
    return _answer(status, None if status == 200 else result, **facts)


async def _done(ops: Ops, wish: Wish) -> tuple[int, str, dict[str, Any]]:
    """What became of a wish: the status to answer, a sentence for the log, and what else to say."""
    listed = ops.programme.find(wish.name)
    if listed is None:
        return 404, f"no event is called {wish.name}", {"known": [each.state.name for each in ops.programme.events]}
    try:
        denied = await _answered(ops.programme, listed.zone, wish)
    except TimeoutError:
        return 504, f"the zone did not answer within {ANSWER_S:g} s; it may still do it", {}
    after = _shown(ops, ops.programme.find(wish.name) or listed)
    if denied is not None:
        return 409, f"refused: {denied.reason}", {"reason": denied.reason, "message": denied.message, "event": after}
    return 200, f"done: {after['state']}", {"event": after}


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


async def _written(ops: Ops, wish: Wish, result: str) -> bool:
    """Whether the ops log has it; the process's own log has it in any case."""
    action = f"{wish.action} {wish.seconds} s" if wish.seconds else wish.action
    log.info("operation", by=wish.by, action=action, event_name=wish.name, result=result)
    with suppress(StoreAway):
        await ops.write_down(Operation(wish.by, action, wish.name, result))
        return True
    return False


def _shown(ops: Ops, listed: Listed) -> dict[str, Any]:
    state = listed.state
    ends_in_s = max(0, state.until_tick - ops.tick()) / TICK_RATE_HZ if state.until_tick else None
    return {"zone": ops.programme.zones[listed.zone], **state._asdict(), "ends_in_s": ends_in_s}


def _answer(status: int, error: str | None, **facts: Any) -> web.Response:
    failure: Mapping[str, Any] = {"error": error, "status": status} if error else {}
    return web.json_response({"ok": status == 200, **failure, **facts}, status=status)
