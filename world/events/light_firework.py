"""A player lights a firework for crystals: paid first, launched then, and paid back if it cannot be."""

from typing import Annotated, ClassVar

from msgspec import Meta

from world.event import NOTABLE, Command, Event, Refused, Telling
from world.state import World

# Names of the content; a client learns them from the catalogue.
KindName = Annotated[str, Meta(min_length=1, max_length=32)]
# Ten kilometres and a zone each way from the origin, in cm: as far as any city goes.
CityCm = Annotated[int, Meta(ge=-1_100_000, le=1_100_000)]


class LightFirework(Command, frozen=True):
    """Light a firework of this kind in one to three colours, at a place or, without one, right ahead."""

    kind: KindName
    colours: Annotated[list[KindName], Meta(min_length=1, max_length=3)]
    x: CityCm | None = None
    z: CityCm | None = None


class FireworkLaunched(Event, frozen=True):
    """It rises from (x, y, z) at `start_tick`, bursts `height` cm above at `burst_tick` and is gone after `end_tick`.

    `entity` lit it, 0 in a show. Whoever draws it from `seed` draws the same. `importance` is 0 to 2.
    """

    entity: int
    kind: str
    colours: list[str]
    seed: int
    x: int
    y: int
    z: int
    start_tick: int
    burst_tick: int
    end_tick: int
    height: int
    importance: int  # type: ignore[misc]

    def until_tick(self) -> int:
        """It can be seen for so long."""
        return self.end_tick


class FireworkSettled(Event, frozen=True):
    """Yours is paid and rises at `start_tick`; `balance` is what you have now, `number` your wish's."""

    importance: ClassVar[int] = NOTABLE

    receipt: str
    number: int
    cost: int
    balance: int
    start_tick: int


class FireworkRefunded(Event, frozen=True):
    """Yours was paid, could not be launched for a reason, and is paid back."""

    importance: ClassVar[int] = NOTABLE

    receipt: str
    number: int
    reason: str
    balance: int


def apply(world: World, actor: int, command: LightFirework) -> Telling:
    """Refuses kinds that the content does not have."""
    world.here(actor)
    raise Refused("no_such_firework", "kind", "this city has no firework of that kind")
