"""The routes of the ops port as a table: what serves them and what describes them (`server.ops.openapi`) read the same.

A body and a query are typed records; what does not fit is answered with the field at fault and its limit.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from protocol.reasons import validation_reason
from server.ops.guard import Guard, Role

JSON = "application/json"


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No fields at all; an empty body will do."""


class Asked(NamedTuple):
    """A request that has passed its guard, with body and query as records; `by` is who asks, "" on open routes."""

    by: str
    path: Mapping[str, str]
    body: Any
    query: Any
    request: web.Request


Handle = Callable[[Asked], Awaitable[msgspec.Struct | web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """One method of one path.

    `role` None is whoever reaches the port. `answers` is the record of a 200, or the media type of one that is no JSON.
    It has a query or a body, if any. `places` has a pattern for each {part} of the path, `failures` the statuses that
    are this route's own.
    """

    method: str
    path: str
    role: Role | None
    summary: str
    answers: type[msgspec.Struct] | str
    handle: Handle
    body: type[msgspec.Struct] = Nothing
    query: type[msgspec.Struct] | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[int, ...] = ()


class Failure(msgspec.Struct, omit_defaults=True):
    """What is said when it is not a 200: a sentence, and whatever helps; `field` is the one at fault."""

    error: str
    status: int
    ok: bool = False
    field: str | None = None


def served(routes: Iterable[Route], guard: Guard | None) -> list[web.RouteDef]:
    """For the application. Routes that take a role need the guard."""
    return [web.route(route.method, _pattern(route), _handler(route, guard)) for route in routes]


def answer(status: int, error: str | None, **facts: Any) -> web.Response:
    """An answer in JSON; `error` None is one that went well."""
    failure: Mapping[str, Any] = {"error": error, "status": status} if error else {}
    body = msgspec.json.encode({"ok": error is None, **failure, **facts})
    return web.Response(body=body, status=status, content_type=JSON)


def _handler(route: Route, guard: Guard | None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        by = ""
        if route.role is not None:
            assert guard is not None, f"{route.path} takes a role, and there is no guard"
            by = (await guard.let_in(request, route.role)).by
        try:
            query = route.query and msgspec.convert(dict(request.query), route.query, strict=False)
            body = msgspec.json.decode(await request.read() or b"{}", type=route.body)
        except msgspec.ValidationError as error:
            return _unfit(request, error, route)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return answer(400, f"the body of {request.path} must be JSON")
        said = await route.handle(Asked(by, request.match_info, body, query, request))
        return _as_json(said) if isinstance(said, msgspec.Struct) else said

    return handle


def _as_json(said: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(said), content_type=JSON)


def _unfit(request: web.Request, error: msgspec.ValidationError, route: Route) -> web.Response:
    part, kind = ("query", route.query) if route.query else ("body", route.body)
    fault = validation_reason(error, kind)
    about = {"field": fault.field} if fault.field else {}
    return answer(400, f"the {part} of {request.path} is not as it must be: {fault.sentence}", **about)


def _pattern(route: Route) -> str:
    """The path as aiohttp reads it."""
    path = route.path
    for name, pattern in route.places.items():
        path = path.replace(f"{{{name}}}", f"{{{name}:{pattern}}}")
    return path
