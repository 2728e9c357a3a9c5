"""The map of the city for whoever draws it or predicts their own steps: one JSON document for each content."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from aiohttp import web

from world.chart import chart
from world.config import WorldConfig

PATH = "/city.json"
# As public as the status: a page from anywhere may read it.
ANYBODY = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
ASK_AGAIN = "no-cache"
FOR_GOOD = "public, max-age=31536000, immutable"


def map_route(content: Callable[[], WorldConfig]) -> web.RouteDef:
    """`GET /city.json`: the `world.chart.CityMap` of the content, as it is by now.

    It is asked for again each time, and answered with 304 while it is the same. Whoever names it, as
    `/city.json?v=<fingerprint>`, may keep it for good.
    """

    drawn = _draw(content())

    async def answer(request: web.Request) -> web.Response:
        nonlocal drawn
        if drawn.config is not content():
            drawn = _draw(content())
        _, name, body = drawn
        etag = f'"{name}"'
        named = request.query.get("v") == name
        headers = {**ANYBODY, "ETag": etag, "Cache-Control": FOR_GOOD if named else ASK_AGAIN}
        if any(known.value in (name, "*") for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    return web.get(PATH, answer)


class _Drawn(NamedTuple):
    """The document of a content, and its fingerprint."""

    config: WorldConfig
    name: str
    body: bytes


def _draw(config: WorldConfig) -> _Drawn:
    city_map = chart(config)
    return _Drawn(config, city_map.fingerprint, msgspec.json.encode(city_map))
