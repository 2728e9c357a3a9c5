"""Somebody stops intending anything, for instance because the link is lost. The server's own deed."""

from world.event import Command, Telling
from world.motion import STAND
from world.state import World


class Halt(Command, frozen=True):
    """Stand still where you are; the next Move may bear any input number."""


def apply(world: World, actor: int, command: Halt) -> Telling:
    """Nobody is told: standing still shows."""
    row, columns = world.here(actor), world.columns
    columns.gait[row] = STAND
    columns.jump[row] = 0
    # Frames must not acknowledge to the next connection what it has never sent.
    columns.heard[row] = columns.input[row] = 0
    return ()
