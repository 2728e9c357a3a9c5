"""A player picks a crystal up from the ground: whoever asks, one has it, and only once it is in the books."""

from typing import Annotated, ClassVar

from msgspec import Meta

from world.event import COSMETIC, NOTABLE, Command, Event, Refused, Telling
from world.state import World


class PickUpCrystal(Command, frozen=True):
    """Pick up the crystal of this id, which must be within reach."""

    crystal: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]


class CrystalGained(Event, frozen=True):
    """It is yours and in the books under `receipt`; `balance` is what you have now, `number` your wish's."""

    importance: ClassVar[int] = NOTABLE

    receipt: str
    crystal: int
    value: int
    balance: int
    number: int


class CrystalTaken(Event, frozen=True):
    """Somebody has picked up a crystal."""

    importance: ClassVar[int] = COSMETIC

    entity: int
    crystal: int


def apply(world: World, actor: int, command: PickUpCrystal) -> Telling:
    """Refuses what is not there."""
    world.here(actor)
    raise Refused("gone", "crystal", "there is no such crystal here")
