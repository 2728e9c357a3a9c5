"""A player waves, and whoever is close enough to see it sees it."""

from typing import ClassVar, Literal

from world.animation import Animation
from world.event import COSMETIC, Command, Event, Telling
from world.rates import spend
from world.state import World


class Wave(Command, frozen=True):
    """Wave with one hand."""

    hand: Literal["left", "right"]


class Waved(Event, frozen=True):
    """Somebody waved."""

    importance: ClassVar[int] = COSMETIC

    entity: int
    hand: str


def apply(world: World, actor: int, command: Wave) -> Telling:
    """The body shows it too, until it is over or the feet move."""
    row, tuning = world.here(actor), world.tuning.wave
    spend(world, world.columns.wave_debt, row, tuning.rate)
    show(world, row, Animation.WAVE, tuning.shown_s)
    yield world.nearby(actor, tuning.radius_m), Waved(actor, command.hand)


def show(world: World, row: int, animation: Animation, shown_s: float) -> None:
    """Let the body at `row` show a gesture, from this tick on, while it is not walking or in the air."""
    world.columns.emote[row] = animation
    world.columns.emote_until[row] = world.tick + world.ticks(shown_s) - 1
