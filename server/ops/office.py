"""Everything that operators have, put together: all routes of the ops port but those of probes and Prometheus."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from server.ops.announcements import announcement_routes
from server.ops.audit import audit_routes
from server.ops.budgeting import Governed, budget_routes
from server.ops.content import Renewable, content_routes
from server.ops.deeds import deed_routes
from server.ops.draining import Closable, drain_routes
from server.ops.events import event_routes
from server.ops.guard import Guard
from server.ops.house import House
from server.ops.live import Watch, live_routes
from server.ops.openapi import openapi_route
from server.ops.operators import Ops
from server.ops.pages import page_routes
from server.ops.people import people_routes
from server.ops.routes import Route
from server.ops.sign_in import sign_in_routes
from server.store.records import Store


class Office(NamedTuple):
    """Whom and what the routes ask; `wall_s` is the wall clock."""

    ops: Ops
    guard: Guard
    house: House
    store: Store
    watch: Watch
    stop: Closable
    city: Renewable
    governor: Governed
    wall_s: Callable[[], float]


def office_routes(office: Office, probes: Sequence[Route]) -> list[Route]:
    """All of them; `probes` are described too, and served by whoever has them."""
    ops, guard, house, store, watch, stop, city, governor, wall_s = office
    routes = [
        *sign_in_routes(guard),
        *live_routes(watch),
        *event_routes(ops),
        *content_routes(ops, city),
        *deed_routes(ops),
        *people_routes(ops, house, store, wall_s),
        *announcement_routes(ops, house),
        *budget_routes(ops, governor),
        *drain_routes(ops, stop),
        *audit_routes(store),
        *page_routes(),
    ]
    return [*routes, openapi_route([*probes, *routes])]
