"""One tick of one zone: what was wished becomes what is.

The order is the promise that everything else rests on::

    commands    in order of arrival, each by its rule (world.catalogue)
    moves       the packed intents of the tick, all rows at once
    systems     whatever runs by itself, in the order listed below
    snapshot    everybody in the zone, as gateways get it
    departures  whoever ends the tick in another zone

Given equal worlds, ticks and batches, the outcome is equal bit for bit, on any machine: there are
no floats, no clock, no unordered iteration and no randomness but `world.random`.

A rule checks, then changes, then tells. One that refuses has changed nothing, and only its actor
hears of it. One that breaks is our fault: its command is dropped, what it meant to tell is not told,
the fault is reported with the command's position in the batch, and the tick goes on.

Rest: a zone where nobody moves and nobody asks for anything looks the same until a system acts again.
Every system tells when that is (`rests_until`), and the ticks before are not computed but repeated.
Of six zones one is full and five are often empty; they cost nothing then, and the outcome is the same.

An entity that ends the tick beyond the border is in this tick's snapshot, still under this zone,
and is removed after it. The `Arrive` in `departed` makes it appear in the next zone, which steps it
in its next tick. So it moves exactly once in every tick and is in exactly one snapshot of each.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world import snapshot
from world.catalogue import RULES
from world.city import Rect
from world.compiled import I4, NUMBER, YES, compiled, group
from world.config import FOREVER
from world.crystals import CRYSTAL_DTYPE
from world.event import Command, EventState, Refusal, Refused, Settle, Telling, Told
from world.events import move
from world.events.arrive import Arrive, departure
from world.events.halt import Halt
from world.events.move import MOVE_DTYPE, Moves, MoveTally
from world.profiles import ProfileRecord
from world.snapshot import SNAPSHOT_DTYPE
from world.state import World
from world.systems import crystals, hosts, layers, movement, patience, rains, shows

__all__ = [
    "CRYSTAL_DTYPE",
    "MOVE_DTYPE",
    "SNAPSHOT_DTYPE",
    "Batch",
    "Departed",
    "EventState",
    "Fault",
    "Issued",
    "MoveTally",
    "Outcome",
    "ProfileRecord",
    "Refusal",
    "Settle",
    "Told",
    "is_quiet",
    "step",
]

Cm = NDArray[np.int32]

# The next system is one file in world/systems and its name here, where it belongs in the order.
_IN_ORDER: tuple[ModuleType, ...] = (hosts, movement, layers, rains, crystals, shows, patience)
SYSTEMS: tuple[Callable[[World], Telling], ...] = tuple(system.run for system in _IN_ORDER)
# For each the next tick in which it could change anything without being asked to; who moves is asked first, since that
# is what mostly keeps a zone from resting.
RESTS: tuple[Callable[[World], int], ...] = tuple(
    system.rests_until for system in sorted(_IN_ORDER, key=lambda system: system is not movement)
)


class Issued(NamedTuple):
    """A command by `entity`; `number` is the client's own, and comes back in a refusal."""

    entity: int
    number: int
    command: Command


class Batch(NamedTuple):
    """What one tick is given: commands in order of arrival, and intents (MOVE_DTYPE) in theirs."""

    commands: Sequence[Issued] = ()
    moves: NDArray[np.void] = np.empty(0, MOVE_DTYPE)


class Fault(NamedTuple):
    """A rule that broke: `position` is the command's place in the batch."""

    position: int
    issued: Issued
    error: Exception


class Departed(NamedTuple):
    """Somebody who walked into zone `zone_to`, and the command to post there."""

    entity: int
    zone_to: int
    arrive: Arrive


class Outcome(NamedTuple):
    """What one tick brought: `profiles` are new or changed, `snapshot` is SNAPSHOT_DTYPE.

    `refused` are commands of this batch, and wishes of earlier ones that an answer in this batch ended.
    `settlements` want to be stored, in this order; a `Confirm` or `Reject` for each is awaited.
    `crystals` are all that lie free in the zone, CRYSTAL_DTYPE, and `programme` how all its rains and
    shows stand; either is None when nothing has changed since the last outcome.
    """

    tick: int
    told: list[Told]
    refused: list[Refusal]
    faults: list[Fault]
    departed: list[Departed]
    profiles: list[ProfileRecord]
    moves: MoveTally
    snapshot: NDArray[np.void]
    settlements: list[Settle]
    crystals: NDArray[np.void] | None
    programme: list[EventState] | None


class _Words(NamedTuple):
    """What rules and systems say in one tick, by what becomes of it."""

    told: list[Told]
    refused: list[Refusal]
    settlements: list[Settle]

    def add(self, telling: Telling) -> None:
        """All of it or, if it breaks, none."""
        for word in list(telling):
            if isinstance(word, Settle):
                self.settlements.append(word)
            elif isinstance(word, Refusal):
                self.refused.append(word)
            else:
                self.told.append(Told(*word))


def is_quiet(world: World, tick: int, batch: Batch) -> bool:
    """Whether the zone rests in this tick: nothing would come of it, whatever the systems are."""
    return tick < world.rests_until and not batch.commands and not len(batch.moves)


def step(world: World, tick: int, batch: Batch) -> Outcome:
    """Advance `world` to `tick`, which must be later than any before. Raises nothing for any batch."""
    assert tick > world.tick, f"tick {tick} after {world.tick}"
    if is_quiet(world, tick, batch):
        return _repeat(world, tick)
    world.tick = tick
    words = _Words([], [], [])
    faults: list[Fault] = []
    for position, issued in enumerate(batch.commands):
        try:
            words.add(_obey(world, issued))
        except Refused as no:
            words.refused.append(_refusal(issued, no))
        except Exception as error:
            faults.append(Fault(position, issued, error))
    tally, refusals = move.apply_all(world, _meant(batch))
    words.refused.extend(refusals)
    for system in SYSTEMS:
        words.add(system(world))
    taken = snapshot.take(world)
    departed = _depart(world)
    world.rests_until = _rests_until(world)
    world.rest_snapshot = None if departed else taken
    told, refused, settlements = words
    profiles, crystals = world.profiles.fresh(), world.crystals.take_rows()
    programme = world.programme.take_states(tick)
    return Outcome(tick, told, refused, faults, departed, profiles, tally, taken, settlements, crystals, programme)


def _meant(batch: Batch) -> Moves:
    """The intents of a tick, without those of whoever is halted in it: they came first, over the link that is lost."""
    halted = [issued.entity for issued in batch.commands if type(issued.command) is Halt]
    return batch.moves[~np.isin(batch.moves["entity"], halted)] if halted else batch.moves


def _repeat(world: World, tick: int) -> Outcome:
    """A tick in which nothing changes."""
    world.tick = tick
    if world.rest_snapshot is None:
        world.rest_snapshot = snapshot.take(world)
    return Outcome(tick, [], [], [], [], [], MoveTally(0, 0, 0, 0), world.rest_snapshot, [], None, None)


def _obey(world: World, issued: Issued) -> Telling:
    world.number = issued.number
    return RULES[type(issued.command)].apply(world, issued.entity, issued.command)


def _refusal(issued: Issued, no: Refused) -> Refusal:
    return Refusal(issued.entity, issued.number, issued.command.deed, no.reason, no.field, no.message)


def _rests_until(world: World) -> int:
    """The next tick in which any system could change anything unasked."""
    until = FOREVER
    for rests_until in RESTS:
        until = min(until, rests_until(world))
        if until <= world.tick + 1:
            break
    return until


def _depart(world: World) -> list[Departed]:
    """Take whoever is beyond the border out of the world."""
    n, columns, area = world.count, world.columns, world.area
    if not _anybody_beyond(columns.x, columns.z, n, area):
        return []
    x, z = columns.x[:n], columns.z[:n]
    beyond = (x < area.x) | (x >= area.x + area.width) | (z < area.z) | (z >= area.z + area.depth)
    gone = columns.entity[:n][beyond].tolist()
    zones = world.space.zone_at(x[beyond], z[beyond]).tolist()
    departed = [Departed(entity, zone, departure(world, entity)) for entity, zone in zip(gone, zones, strict=True)]
    for entity in gone:
        world.remove(entity)
    return departed


@compiled(YES, I4, I4, NUMBER, group(Rect, *[NUMBER] * 4), borrowing=True)
def _anybody_beyond(x: Cm, z: Cm, count: int, area: Rect) -> bool:
    """Whether it is worth to see who: mostly it is not."""
    beyond = False
    for row in range(count):
        beyond |= x[row] < area.x or x[row] >= area.x + area.width or z[row] < area.z or z[row] >= area.z + area.depth
    return beyond
