"""Whoever waits for the books longer than anybody expects is told, once, that nothing is lost."""

from world.config import FOREVER
from world.event import Only, Telling
from world.events.settlement_pending import SettlementPending
from world.state import World


def run(world: World) -> Telling:
    """Tell those whose patience has run out in this tick."""
    for waiting in world.pending.take_untold(world.tick - _patience(world) + 1):
        yield Only(waiting.asker.entity), SettlementPending(waiting.asker.deed, waiting.asker.number)


def rests_until(world: World) -> int:
    """The tick in which the next one is told."""
    oldest = world.pending.oldest_untold()
    return FOREVER if oldest is None else oldest + _patience(world)


def _patience(world: World) -> int:
    return world.ticks(world.tuning.settling.patience_s)
