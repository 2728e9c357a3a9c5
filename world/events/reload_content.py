"""Whoever runs the city has it go on with other numbers and another festival. The server's own deed."""

from typing import Annotated, ClassVar

from msgspec import Meta
from msgspec.structs import replace

from world.difference import differences
from world.event import VITAL, Command, Event, InZone, Only, Refused, Telling
from world.festival import Festival
from world.state import World
from world.tuning import Tuning


class ReloadContent(Command, frozen=True):
    """Go on with these from this tick on; `by` is who wants it. Every zone is told the same in the same tick."""

    tuning: Tuning
    festival: Festival
    by: Annotated[str, Meta(max_length=64)] = ""


class PricesChanged(Event, frozen=True):
    """From now on these kinds of fireworks are for sale, each for so many crystals, and no others."""

    importance: ClassVar[int] = VITAL

    fireworks: dict[str, int]


class ContentReloaded(Event, frozen=True):
    """What came of a `ReloadContent`, for whoever issued it under this number: in so much the zone differs now."""

    public: ClassVar[bool] = False

    number: int
    changes: int


def apply(world: World, actor: int, command: ReloadContent) -> Telling:
    """Refuses what only a restart can change, and then changes nothing."""
    config = replace(world.config, tuning=command.tuning, festival=command.festival)
    changes = differences(world.config, config)
    for change in changes:
        if change.restart:
            raise Refused("needs_restart", change.key, change.restart)
    before, after = _prices(world.festival), _prices(config.festival)
    world.renew(config)
    if after != before:
        yield InZone(), PricesChanged(after)
    yield Only(actor), ContentReloaded(world.number, len(changes))


def _prices(festival: Festival) -> dict[str, int]:
    return {kind.name: kind.cost for kind in festival.firework if kind.cost}
