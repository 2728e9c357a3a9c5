"""The books have stored what a rule asked for: now it happens. The server's own deed."""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from world.event import Command, Telling
from world.settling import Key, Stored, Waiting
from world.state import World

# The key as the whole city knows it: the zone's, with the run and the zone before it.
Receipt = Annotated[str, Meta(min_length=1, max_length=96)]


class Confirm(Command, frozen=True):
    """What waits under `key` is stored; `balance` is the player's afterwards, 0 if no player is in it."""

    key: Key
    receipt: Receipt
    balance: Annotated[int, Meta(ge=0)] = 0


# What happens then, by the kind of what was asked.
HAPPENS: dict[str, Callable[[World, Waiting, Stored], Telling]] = {}


def apply(world: World, actor: int, command: Confirm) -> Telling:
    """A key that nothing waits under is left alone: an answer may come twice."""
    waiting = world.pending.take(command.key)
    return HAPPENS[waiting.settle.kind](world, waiting, Stored(command.receipt, command.balance)) if waiting else ()
