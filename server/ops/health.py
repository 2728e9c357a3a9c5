"""What can be asked over HTTP about a running city: health and metrics for operators, status for everyone.

The ops application is served on loopback only (`server.settings.LoopbackHost`); the public status
is one handler that the game port mounts. Neither changes anything; what does is in
`server.ops.events` and `server.ops.deeds`, and is served by the same application.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client.exposition import choose_encoder

from protocol.limits import PROTOCOL_VERSION
from server import VERSION
from server.ops.metrics import Metrics

# Forty ticks. A city that has not ticked for this long does not come back by waiting.
TICK_AGE_MAX_S = 2.0
# The longest body there is a use for is `{"seconds": 86400}`.
BODY_BYTES_MAX = 1024


class Outside(NamedTuple):
    """What the outside may know of the door: whether newcomers get in at once, and if not, what they are in for.

    `wait_s` is what somebody would be told who came now, None while that is not known.
    """

    capacity: int
    waiting: int
    open: bool
    full: bool
    wait_s: float | None


class CityView(Protocol):
    """What the outside may know of the running city; every part is cheap to ask for."""

    @property
    def name(self) -> str:
        """The city's name, from its content."""

    @property
    def ready(self) -> bool:
        """Whether players may come: listening and not yet draining."""

    @property
    def tick(self) -> int:
        """The last tick done."""

    @property
    def tick_age_s(self) -> float:
        """Seconds since the last tick was done; since the start, if none was."""

    @property
    def tick_rate_hz(self) -> int:
        """Ticks per second, as planned."""

    @property
    def players_max(self) -> int:
        """How many players may be in at once."""

    @property
    def door(self) -> Outside:
        """Who could come in now."""

    @property
    def players_by_zone(self) -> Mapping[str, int]:
        """Players in each zone, every zone named, empty ones too."""

    @property
    def uptime_s(self) -> float:
        """Seconds since the process opened its ports."""

    @property
    def shed_level(self) -> int:
        """How much detail is being left out, 0 to 4."""


def ops_application(view: CityView, metrics: Metrics, operations: Iterable[web.RouteDef] = ()) -> web.Application:
    """The whole ops port: /healthz, /readyz, /metrics and the routes of `operations`."""

    async def health(_: web.Request) -> web.Response:
        age_s = view.tick_age_s
        fault = None if age_s < TICK_AGE_MAX_S else f"no tick for {age_s:.1f} s, {TICK_AGE_MAX_S:.0f} s is the most"
        return _verdict(fault, tick=view.tick, tick_age_s=round(age_s, 3))

    async def readiness(_: web.Request) -> web.Response:
        door = view.door
        facts = {"open": door.open, "waiting": door.waiting, "capacity": door.capacity}
        return _verdict(_unready(view), tick=view.tick, **facts)

    async def scrape(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(metrics.registry), headers={"Content-Type": content_type})

    metrics.ready.set_function(lambda: float(_unready(view) is None))
    application = web.Application(middlewares=[json_errors], client_max_size=BODY_BYTES_MAX)
    application.add_routes([web.get("/healthz", health), web.get("/readyz", readiness), web.get("/metrics", scrape)])
    application.add_routes(operations)
    return application


def status_handler(view: CityView) -> Handler:
    """The public /status: small, cheap, and readable by a page from anywhere."""

    async def status(_: web.Request) -> web.Response:
        return web.json_response(status_of(view), headers={"Access-Control-Allow-Origin": "*"})

    return status


def status_of(view: CityView) -> dict[str, Any]:
    """What /status says, ready for JSON."""
    zones, door = dict(view.players_by_zone), view.door
    return {
        "name": view.name,
        "version": VERSION,
        "protocol": PROTOCOL_VERSION,
        "ready": view.ready,
        "players": sum(zones.values()),
        "players_max": view.players_max,
        "capacity": door.capacity,
        "open": view.ready and door.open,
        "waiting": door.waiting,
        "wait_s": door.wait_s,
        "zones": [{"name": name, "players": players} for name, players in zones.items()],
        "tick": view.tick,
        "tick_rate_hz": view.tick_rate_hz,
        "uptime_s": round(view.uptime_s, 1),
        "shed_level": view.shed_level,
    }


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers what is not there, or not that way, in JSON like everything else."""
    try:
        return await handler(request)
    except web.HTTPClientError as error:
        body = {"error": error.reason, "status": error.status, "path": request.path}
        allow = {name: error.headers[name] for name in ("Allow", "WWW-Authenticate") if name in error.headers}
        return web.json_response(body, status=error.status, headers=allow)


def _unready(view: CityView) -> str | None:
    """Why nobody may come in, if that is so."""
    if not view.ready:
        return "not accepting players: starting or draining"
    return "every place is taken, and as many wait as may wait" if view.door.full else None


def _verdict(fault: str | None, **facts: object) -> web.Response:
    body = {"ok": fault is None, **({"reason": fault} if fault else {}), **facts}
    return web.json_response(body, status=200 if fault is None else 503)
