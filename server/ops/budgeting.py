"""The budget of the processor over HTTP: how much of the time the loop may work before detail is shed.

GET  /api/budget                          busy time now, the most there may be, and the shed level that comes of it
POST /api/budget                          {"busy_max": 0.5}; until the city starts again, which is by its settings
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Protocol

import msgspec
from aiohttp import web

from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Route
from server.settings import BUSY_MAX_LEAST
from server.store.records import Operation


class Budget(msgspec.Struct, forbid_unknown_fields=True):
    """The most, as `governor.busy_max` has it: a share of real time."""

    busy_max: Annotated[float, msgspec.Meta(ge=BUSY_MAX_LEAST, le=1)]


class Balance(msgspec.Struct):
    """What the city takes, what it may take, and how much detail it leaves out for that."""

    busy: float
    busy_max: float
    shed_level: int


class BudgetSet(msgspec.Struct):
    """From the next tick on this is the most."""

    ok: bool
    busy_max: float


class Governed(Protocol):
    """What keeps the city within its budget (`server.governor`)."""

    busy: float
    busy_max: float
    level: int


def budget_routes(ops: Ops, governor: Governed) -> list[Route]:
    """The routes of this module."""

    async def balance(_: Asked) -> Balance:
        return Balance(round(governor.busy, 4), governor.busy_max, governor.level)

    async def allow(asked: Asked) -> web.Response:
        busy_max = asked.body.busy_max
        operation = Operation(asked.by, f"budget {busy_max:g}", "the city", "asked")
        return await carry_out(ops, operation, _allowing(governor, busy_max))

    look = "How busy the city is, how busy it may be, and what it leaves out for that."
    act = "Set how busy the city may be before it sheds detail, until it starts again."
    return [
        Route("GET", "/api/budget", "viewer", look, Balance, balance),
        Route("POST", "/api/budget", "operator", act, BudgetSet, allow, body=Budget, failures=(503,)),
    ]


def _allowing(governor: Governed, busy_max: float) -> Callable[[], Coroutine[Any, Any, Done]]:
    async def allow() -> Done:
        before, governor.busy_max = governor.busy_max, busy_max
        return Done(200, f"done: {busy_max:g} instead of {before:g}", {"busy_max": busy_max})

    return allow
