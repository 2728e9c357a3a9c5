"""Somebody leaves the city. The server's own deed."""

from world.event import Command, Telling
from world.state import World


class Leave(Command, frozen=True):
    """Be gone before this tick's snapshot."""


def apply(world: World, actor: int, command: Leave) -> Telling:
    """Nobody is told: whoever is in no snapshot is gone."""
    world.remove(actor)
    return ()
