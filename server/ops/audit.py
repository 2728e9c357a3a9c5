"""The ops log over HTTP, newest first: who did what, when, and what came of it."""

from typing import Annotated

import msgspec
from aiohttp import web

from server.ops.routes import Asked, Route, answer
from server.store.records import Store, StoreAway

# A page of a table; older rows are asked for with `before`.
ROWS_MAX = 100


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """So many rows at most, of those with smaller numbers than `before`."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None
    rows: Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX)] = ROWS_MAX


class Row(msgspec.Struct):
    """One row: every action has one when it is asked and one with its outcome."""

    number: int
    at_ms: int
    by: str
    action: str
    about: str
    result: str


class Rows(msgspec.Struct):
    """Newest first."""

    rows: list[Row]


def audit_routes(store: Store) -> list[Route]:
    """The routes of this module."""

    async def audit(asked: Asked) -> Rows | web.Response:
        try:
            logged = await store.operations(asked.query.before, asked.query.rows)
        except StoreAway as away:
            return answer(503, f"the store did not answer: {away.sentence}")
        return Rows([Row(each.number, each.at_ms, *each.operation) for each in logged])

    summary = "What operators did, newest first."
    return [Route("GET", "/api/audit", "viewer", summary, Rows, audit, query=Page, failures=(503,))]
