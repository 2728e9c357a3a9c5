"""A player claps, cheers, dances, bows or laughs, and whoever is close enough to see it sees it."""

from typing import ClassVar, Literal

from world.animation import Animation
from world.event import COSMETIC, Command, Event, Telling
from world.events.wave import show
from world.rates import spend
from world.state import World


class Emote(Command, frozen=True):
    """Show a feeling with the whole body."""

    kind: Literal["clap", "cheer", "dance", "bow", "laugh"]


class Emoted(Event, frozen=True):
    """Somebody showed a feeling."""

    importance: ClassVar[int] = COSMETIC

    entity: int
    kind: str


def apply(world: World, actor: int, command: Emote) -> Telling:
    """The body shows it too, until it is over or the feet move."""
    row, tuning = world.here(actor), world.tuning.emote
    spend(world, world.columns.emote_debt, row, tuning.rate)
    show(world, row, Animation[command.kind.upper()], tuning.shown_s)
    yield world.nearby(actor, tuning.radius_m), Emoted(actor, command.kind)
