"""The ops port of one city: its routes, who may use them, and an end to its streams when it closes."""

import asyncio
from typing import Protocol

from aiohttp import web

from server.city import City
from server.clock import Clock
from server.ops.draining import Closable
from server.ops.guard import Guard, Wait
from server.ops.health import health_routes, ops_application
from server.ops.live import Sights, Watch
from server.ops.office import Office, office_routes
from server.ops.operators import Ops
from server.settings import OpsSettings
from server.store.records import Store


class Closing(Closable, Protocol):
    """What closes the city, and how far it has come (`server.drain.Stop`)."""

    @property
    def closes_in_s(self) -> float | None:
        """What is left of the countdown; None while nobody wants the city closed."""


def ops_port(
    city: City, settings: OpsSettings, store: Store, stop: Closing, clock: Clock, wait: Wait = asyncio.sleep
) -> web.Application:
    """The application, for a runner to serve on a loopback address."""
    gateway, metrics = city.gateway, city.metrics
    ops = Ops(gateway.programme, city.switchboard, store.log_operation, lambda: city.tick, metrics.operations)
    guard = Guard(settings, metrics.sign_ins, clock.now_s, wait)
    watch = Watch(Sights(city, metrics, gateway, city.config.city.zone, lambda: stop.closes_in_s), clock.now_s)
    office = Office(ops, guard, gateway, store, watch, stop, city, city.governor, clock.wall_s)
    application = ops_application(city, metrics, office_routes(office, health_routes(city, metrics)), guard)

    async def end_streams(_: web.Application) -> None:
        watch.closed.set()

    application.on_shutdown.append(end_streams)
    return application
