"""The ops API described in OpenAPI 3.1, from the very table that serves it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from server import VERSION
from server.ops.guard import COOKIE, CSRF_HEADER
from server.ops.routes import JSON, Asked, Failure, Nothing, Route

PATH = "/api/openapi.json"
_REF = "#/components/schemas/{name}"
# What the guard may answer on every route that takes a role.
_GUARDED = (401, 403, 429)


def openapi_route(routes: Sequence[Route]) -> Route:
    """The description of these routes and of itself, made once."""

    async def describe(_: Asked) -> web.Response:
        return web.Response(body=body, content_type=JSON)

    itself = Route("GET", PATH, None, "This description.", JSON, describe)
    body = msgspec.json.encode(described([*routes, itself]))
    return itself


def described(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document, in plain builtins."""
    records = {Failure: None} | {record: None for route in routes for record in _records(route)}
    _, components = msgspec.json.schema_components(list(records), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    bearer = {"type": "http", "scheme": "bearer"}
    cookie = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    about = f"Whoever is signed in by cookie sends the header {CSRF_HEADER} with everything but GET."
    return {
        "openapi": "3.1.0",
        "info": {"title": "Future City, operations", "version": VERSION, "description": about},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"bearer": bearer, "cookie": cookie}},
    }


def _records(route: Route) -> list[type[msgspec.Struct]]:
    told = (route.answers, route.body, route.query)
    return [record for record in told if isinstance(record, type) and record is not Nothing]


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": route.summary, "responses": _responses(route)}
    if parameters := [*_places(route), *_query(route)]:
        operation["parameters"] = parameters
    if route.body is not Nothing:
        operation["requestBody"] = {"content": {JSON: {"schema": _ref(route.body)}}}
    if route.role is not None:
        operation |= {"security": [{"bearer": []}, {"cookie": []}], "x-role": route.role}
    return operation


def _responses(route: Route) -> dict[str, Any]:
    answers = route.answers
    media = {answers: {}} if isinstance(answers, str) else {JSON: {"schema": _ref(answers)}}
    unfit = (400, 413) if route.body is not Nothing else (400,) if route.query else ()
    guarded = _GUARDED if route.role is not None else ()
    failures = sorted({*unfit, *guarded, *route.failures})
    return {"200": {"description": "OK", "content": media}} | {str(status): _failure(status) for status in failures}


def _failure(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {JSON: {"schema": _ref(Failure)}}}


def _places(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{pattern}$"}}
        for name, pattern in route.places.items()
    ]


def _query(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    properties = msgspec.json.schema_components([route.query], ref_template=_REF)[1][route.query.__name__]["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()]


def _ref(record: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=record.__name__)}
