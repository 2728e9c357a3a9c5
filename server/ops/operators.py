"""What operators do is written down before it is done, and again with what came of it.

Nothing is done that is not in the ops log before: one row when it is asked, one with the outcome. Each is counted
by kind, which is the first word of the action.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from aiohttp import web
from prometheus_client import Counter

from server.ops.routes import answer
from server.programme import Programme
from server.store.records import Operation, StoreAway
from server.switches import Switchboard

log = structlog.get_logger()


class Ops(NamedTuple):
    """What the handlers work with: `write_down` is the store's `log_operation`, `tick` says the last tick done."""

    programme: Programme
    switchboard: Switchboard
    write_down: Callable[[Operation], Awaitable[None]]
    tick: Callable[[], int]
    operations: Mapping[tuple[str, str], Counter]


class Done(NamedTuple):
    """What became of a wish: the status to answer, a sentence for the log, and what else to say."""

    status: int
    result: str
    facts: Mapping[str, Any] = {}


async def carry_out(ops: Ops, asked: Operation, do: Callable[[], Awaitable[Done]]) -> web.Response:
    """Do what is `asked`, between one row of the ops log and the next."""
    kind = asked.action.partition(" ")[0]
    if not await _written(ops, asked):
        ops.operations[kind, "failed"].inc()
        return answer(503, "the ops log cannot be written, so nothing was done; try again later")
    try:
        status, result, facts = await do()
    except StoreAway as away:
        status, result, facts = 503, f"the store did not answer, so it may or may not be done: {away.sentence}", {}
    ops.operations[kind, "done" if status == 200 else "refused" if status < 500 else "failed"].inc()
    if not await _written(ops, asked._replace(result=result)):
        return answer(503, f"what came of it could not be written to the ops log: {result}", **facts)
    return answer(status, None if status == 200 else result, **facts)


async def _written(ops: Ops, operation: Operation) -> bool:
    """Whether the ops log has it; the process's own log has it in any case."""
    by, action, about, result = operation
    log.info("operation", by=by, action=action, about=about, result=result)
    with suppress(StoreAway):
        await ops.write_down(operation)
        return True
    return False
