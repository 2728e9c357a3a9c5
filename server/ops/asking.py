"""Asking a zone to do something for an operator, and waiting for what it says."""

import asyncio

from protocol.messages import Denied, Happened
from server.programme import Programme
from world.event import Command

# Forty ticks: a zone that has not answered after these is not going to.
ANSWER_S = 2.0


async def answered(programme: Programme, zone: int, wish: Command) -> Denied | Happened:
    """What the zone says to a wish: that it did it, or why not. Raises TimeoutError."""
    answer: asyncio.Future[Denied | Happened] = asyncio.get_running_loop().create_future()

    def tell(said: Denied | Happened) -> None:
        # A tick may come between the time being up and its being noticed here.
        if not answer.done():
            answer.set_result(said)

    number = programme.ask(zone, wish, tell)
    if number is None:
        return Denied(0, wish.deed, "busy", None, "too many requests wait for an answer already")
    try:
        return await asyncio.wait_for(answer, ANSWER_S)
    finally:
        programme.forget(number)
