"""Closing the city over HTTP: what a first SIGTERM starts, with a countdown of one's own."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Protocol

import msgspec
from aiohttp import web

from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Route
from server.store.records import Operation


class Drain(msgspec.Struct, forbid_unknown_fields=True):
    """The countdown; without it, `game.drain_s`. As long as that may be, at most."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] | None = None


class Draining(msgspec.Struct):
    """From now on nobody is let in, and in so many seconds the city closes."""

    ok: bool
    closes_in_s: float


class Closable(Protocol):
    """What closes the city (`server.drain.Stop`)."""

    def close_in(self, seconds: float | None) -> float | None:
        """Close in so many seconds, or as the settings say; in how many that is, None where it closes already."""


def drain_routes(ops: Ops, stop: Closable) -> list[Route]:
    """The routes of this module."""

    async def drain(asked: Asked) -> web.Response:
        seconds = asked.body.seconds
        action = "drain" if seconds is None else f"drain {seconds:g} s"
        return await carry_out(ops, Operation(asked.by, action, "the city", "asked"), _closing(stop, seconds))

    summary = "Close the city, as a first SIGTERM does; it cannot be taken back."
    return [Route("POST", "/api/drain", "operator", summary, Draining, drain, body=Drain, failures=(409, 503))]


def _closing(stop: Closable, seconds: float | None) -> Callable[[], Coroutine[Any, Any, Done]]:
    async def close() -> Done:
        closes_in_s = stop.close_in(seconds)
        if closes_in_s is None:
            return Done(409, "refused: it closes already")
        return Done(200, f"done: closes in {closes_in_s:g} s", {"closes_in_s": closes_in_s})

    return close
