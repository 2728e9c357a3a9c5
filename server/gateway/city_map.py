"""The map of the city for whoever draws it or predicts their own steps: one JSON document, made at the start."""

import msgspec
from aiohttp import web

from world.chart import chart
from world.config import WorldConfig

PATH = "/city.json"
# As public as the status: a page from anywhere may read it.
ANYBODY = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
ASK_AGAIN = "no-cache"
FOR_GOOD = "public, max-age=31536000, immutable"


def map_route(config: WorldConfig) -> web.RouteDef:
    """`GET /city.json`: the `world.chart.CityMap` of this content.

    It is asked for again each time, and answered with 304 while it is the same. Whoever names it, as
    `/city.json?v=<fingerprint>`, may keep it for good.
    """
    city_map = chart(config)
    body, name = msgspec.json.encode(city_map), city_map.fingerprint
    etag = f'"{name}"'

    async def answer(request: web.Request) -> web.Response:
        named = request.query.get("v") == name
        headers = {**ANYBODY, "ETag": etag, "Cache-Control": FOR_GOOD if named else ASK_AGAIN}
        if any(known.value in (name, "*") for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    return web.get(PATH, answer)
