"""Who may change something over the ops port, and that all of it is written down.

Looking is free, as at all of the ops port; changing takes `Authorization: Bearer` with `ops.token`.
Nothing is done that is not in the ops log before: one row when it is asked, one with what came of it.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec
import structlog
from aiohttp import web

from server.programme import Programme
from server.settings import OpsSettings
from server.store.records import Operation, StoreAway
from server.switches import Switchboard

log = structlog.get_logger()

_HOW = "set --ops.token, FUTURECITY_OPS__TOKEN or [ops] token, and start the city again"

Body = TypeVar("Body", bound=msgspec.Struct)


class Ops(NamedTuple):
    """What the handlers work with: `write_down` is the store's `log_operation`, `tick` says the last tick done."""

    programme: Programme
    switchboard: Switchboard
    write_down: Callable[[Operation], Awaitable[None]]
    tick: Callable[[], int]
    settings: OpsSettings


class Done(NamedTuple):
    """What became of a wish: the status to answer, a sentence for the log, and what else to say."""

    status: int
    result: str
    facts: Mapping[str, Any] = {}


def let_in(request: web.Request, settings: OpsSettings) -> None:
    """Raises what to answer whoever has not the token."""
    if settings.token is None:
        raise web.HTTPForbidden(reason=f"nothing can be changed here without an ops token: {_HOW}")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.token.get_secret_value().encode()
    # Compared whatever its length, in a time that tells nothing of the token.
    if not hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), wanted) or scheme.lower() != "bearer":
        log.warning("an operation was asked for without the token", path=request.path, peer=request.remote)
        raise web.HTTPUnauthorized(
            reason="Authorization: Bearer TOKEN is missing or wrong", headers={"WWW-Authenticate": "Bearer"}
        )


async def body_of(request: web.Request, kind: type[Body], wanted: str) -> Body:
    """The body as `kind`; raises what to answer when it is not as it must be. An empty one is `{}`."""
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        action = request.match_info["action"]
        raise web.HTTPBadRequest(reason=f"the body of {action} must be {wanted}") from None


async def carry_out(ops: Ops, asked: Operation, do: Callable[[], Awaitable[Done]]) -> web.Response:
    """Do what is `asked`, between one row of the ops log and the next."""
    if not await _written(ops, asked):
        return _answer(503, "the ops log cannot be written, so nothing was done; try again later")
    status, result, facts = await do()
    if not await _written(ops, asked._replace(result=result)):
        return _answer(503, f"what came of it could not be written to the ops log: {result}", **facts)
    return _answer(status, None if status == 200 else result, **facts)


async def _written(ops: Ops, operation: Operation) -> bool:
    """Whether the ops log has it; the process's own log has it in any case."""
    by, action, about, result = operation
    log.info("operation", by=by, action=action, about=about, result=result)
    with suppress(StoreAway):
        await ops.write_down(operation)
        return True
    return False


def _answer(status: int, error: str | None, **facts: Any) -> web.Response:
    failure: Mapping[str, Any] = {"error": error, "status": status} if error else {}
    return web.json_response({"ok": status == 200, **failure, **facts}, status=status)
