"""The books will not store what a rule asked for: it never happens. The server's own deed."""

from collections.abc import Callable
from typing import Literal

from world.event import Command, Telling
from world.settling import Key, Waiting
from world.state import World

# Not enough crystals; nothing left to give away; anything else, which is our fault.
Reason = Literal["insufficient", "closed", "refused"]


class Reject(Command, frozen=True):
    """What waits under `key` is not stored, and never will be."""

    key: Key
    reason: Reason


# What happens then, by the kind of what was asked.
HAPPENS: dict[str, Callable[[World, Waiting, str], Telling]] = {}


def apply(world: World, actor: int, command: Reject) -> Telling:
    """A key that nothing waits under is left alone: an answer may come twice."""
    waiting = world.pending.take(command.key)
    return HAPPENS[waiting.settle.kind](world, waiting, command.reason) if waiting else ()
