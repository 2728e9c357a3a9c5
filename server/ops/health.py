"""What can be asked over HTTP about a running city: health and metrics for operators, status for everyone.

The ops application is served on loopback only (`server.settings.LoopbackHost`); the public status
is one handler that the game port mounts. Neither changes anything; the routes that do are in modules of
their own (`server.ops.office` lists them) and are served by the same application.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client.exposition import choose_encoder

from protocol.limits import PROTOCOL_VERSION
from server import VERSION
from server.ops.guard import Guard
from server.ops.metrics import Metrics
from server.ops.routes import Asked, Route, served

# Forty ticks. A city that has not ticked for this long does not come back by waiting.
TICK_AGE_MAX_S = 2.0
# The longest body there is a use for is an announcement of 200 characters, each escaped as a pair of surrogates.
BODY_BYTES_MAX = 4096
# No frame, no guessing of types, no word to others of where one came from, nothing kept, nothing run.
FORBIDDEN = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


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


class Health(msgspec.Struct, omit_defaults=True):
    """Whether the city ticks, and when it last did; `reason` says why it is not well."""

    ok: bool
    tick: int
    tick_age_s: float
    reason: str | None = None


class Readiness(msgspec.Struct, omit_defaults=True):
    """Whether players may come, be it into a line; `open`, whether at once."""

    ok: bool
    tick: int
    open: bool
    waiting: int
    capacity: int
    reason: str | None = None


def ops_application(
    view: CityView, metrics: Metrics, routes: Iterable[Route] = (), guard: Guard | None = None
) -> web.Application:
    """The whole ops port: /healthz, /readyz, /metrics and these routes."""
    metrics.ready.set_function(lambda: float(_unready(view) is None))
    application = web.Application(middlewares=[json_errors], client_max_size=BODY_BYTES_MAX)
    application.add_routes(served([*health_routes(view, metrics), *routes], guard))
    application.on_response_prepare.append(_forbid_everything)
    return application


def health_routes(view: CityView, metrics: Metrics) -> list[Route]:
    """What probes and Prometheus ask."""

    async def health(_: Asked) -> web.Response:
        age_s = view.tick_age_s
        fault = None if age_s < TICK_AGE_MAX_S else f"no tick for {age_s:.1f} s, {TICK_AGE_MAX_S:.0f} s is the most"
        return _verdict(Health(fault is None, view.tick, round(age_s, 3), fault))

    async def readiness(_: Asked) -> web.Response:
        door, fault = view.door, _unready(view)
        return _verdict(Readiness(fault is None, view.tick, door.open, door.waiting, door.capacity, fault))

    async def scrape(asked: Asked) -> web.Response:
        encode, content_type = choose_encoder(asked.request.headers.get("Accept", ""))
        names = asked.request.query.getall("name[]", [])
        wanted = metrics.registry.restricted_registry(names) if names else metrics.registry
        return web.Response(body=encode(wanted), headers={"Content-Type": content_type})

    return [
        Route("GET", "/healthz", None, "Whether the city ticks.", Health, health, failures=(503,)),
        Route("GET", "/readyz", None, "Whether players may come.", Readiness, readiness, failures=(503,)),
        Route("GET", "/metrics", None, "Metrics for Prometheus.", "text/plain", scrape),
    ]


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
        allow = {
            name: error.headers[name] for name in ("Allow", "WWW-Authenticate", "Retry-After") if name in error.headers
        }
        return web.json_response(body, status=error.status, headers=allow)


def _unready(view: CityView) -> str | None:
    """Why nobody may come in, if that is so."""
    if not view.ready:
        return "not accepting players: starting or draining"
    return "every place is taken, and as many wait as may wait" if view.door.full else None


def _verdict(said: Health | Readiness) -> web.Response:
    body = msgspec.json.encode(said)
    return web.Response(body=body, status=200 if said.ok else 503, content_type="application/json")


async def _forbid_everything(_: web.Request, response: web.StreamResponse) -> None:
    """What a browser may do with an answer: nothing, unless the answer itself says more."""
    for name, value in FORBIDDEN.items():
        response.headers.setdefault(name, value)
