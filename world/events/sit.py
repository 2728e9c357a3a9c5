"""A player sits down on the ground; any step or jump stands up again."""

from typing import ClassVar

from world.event import COSMETIC, Command, Event, Refused, Telling
from world.motion import STAND
from world.rates import spend
from world.state import World


class Sit(Command, frozen=True):
    """Sit down where you stand."""


class Sat(Event, frozen=True):
    """Somebody sat down."""

    importance: ClassVar[int] = COSMETIC

    entity: int


def apply(world: World, actor: int, command: Sit) -> Telling:
    """Refused in the air, on the move, and when already sitting."""
    row, columns = world.here(actor), world.columns
    if not columns.grounded[row] or columns.gait[row] != STAND or columns.jump[row]:
        raise Refused("not_standing", message="stand still on the ground first")
    if columns.sitting[row]:
        raise Refused("already_sitting", message="walk or jump to stand up")
    spend(world, columns.sit_debt, row, world.tuning.sit.rate)
    columns.sitting[row] = 1
    yield world.nearby(actor, world.tuning.sit.radius_m), Sat(actor)
