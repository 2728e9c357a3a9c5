"""Players intend to go somewhere: a tick's worth of intents, applied to all rows at once.

Intents are the one deed that everybody does several times a second, so they come packed
(MOVE_DTYPE, in order of arrival) and not as commands. Taken one after the other, each intent is
refused if its gait or flags mean nothing, ignored if its entity is not here, stale and ignored
unless its input number is ahead of the last one (modulo 2**32), and otherwise replaces the one
before; a jump is kept for the tick whatever comes after it.
"""

from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from world.compiled import I4, NUMBER, U1, U4, compiled, group, numbers, records
from world.event import Command, Refusal, Telling
from world.motion import RUN
from world.state import World

MOVE_DTYPE = np.dtype(
    [("entity", "<u4"), ("input", "<u4"), ("steer", "u1"), ("heading", "u1"), ("gait", "u1"), ("flags", "u1")]
)
JUMP = 1  # the only flag
# Inputs count modulo 2**32; one is ahead of another by less than half of that.
_INPUT_MASK, _HALF = (1 << 32) - 1, 1 << 31

Moves = NDArray[np.void]
Inputs = NDArray[np.uint32]
Slots = NDArray[np.int32]
Byte = Annotated[int, Meta(ge=0, le=255)]


class Move(Command, frozen=True):
    """Go where `steer` points (256ths of a turn) at `gait` (0 stand, 1 walk, 2 run), facing `heading`."""

    input: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
    steer: Byte
    heading: Byte
    gait: Annotated[int, Meta(ge=0, le=RUN)]
    jump: bool = False


class MoveTally(NamedTuple):
    """What became of a tick's intents: how many counted, and how many did not and why."""

    applied: int
    unknown: int
    stale: int
    refused: int


class _Intents(NamedTuple):
    """The columns of intents, by their names in `world.columns`."""

    entity: Inputs
    input: Inputs
    heard: NDArray[np.uint8]
    steer: NDArray[np.uint8]
    heading: NDArray[np.uint8]
    gait: NDArray[np.uint8]
    jump: NDArray[np.uint8]
    intent_until: Inputs


_INTENTS = group(_Intents, U4, U4, *[U1] * 5, U4)
_TALLY = numbers(len(MoveTally._fields))


def apply(world: World, actor: int, command: Move) -> Telling:
    """One intent, by name instead of packed: for scripts and hosts."""
    world.here(actor)
    flags = JUMP if command.jump else 0
    intent = (actor, command.input, command.steer, command.heading, command.gait, flags)
    apply_all(world, np.array([intent], MOVE_DTYPE))
    return ()


def apply_all(world: World, moves: Moves) -> tuple[MoveTally, list[Refusal]]:
    """Every intent of a tick, MOVE_DTYPE in order of arrival. At most one refusal per entity."""
    if not len(moves):
        return MoveTally(0, 0, 0, 0), []
    columns, until_tick = world.columns, world.tick + world.motion.intent_ticks - 1
    intents = _Intents(*[getattr(columns, name) for name in _Intents._fields])
    come = np.zeros(world.count, np.uint32)
    tally = MoveTally(*_intend(np.ascontiguousarray(moves), intents, columns.row_of_slot, come, until_tick, RUN))
    return tally, _refusals(world, moves) if tally.refused else []


@compiled(_TALLY, records(MOVE_DTYPE, written=False), _INTENTS, I4, U4, NUMBER, NUMBER, borrowing=True)
def _intend(
    moves: Moves, intents: _Intents, row_of_slot: Slots, come: Inputs, until_tick: int, gait_most: int
) -> tuple[int, int, int, int]:
    """Apply each intent; returns what MoveTally says. `come` is how far each row's inputs have come: nowhere yet.

    A row's inputs are ahead when they are so of where it stood before the tick, and of all in the tick that were; a
    row that was not heard yet starts at its first.
    """
    applied = unknown = stale = refused = 0
    for move in moves:
        row = row_of_slot[move.entity % row_of_slot.size]
        if row < 0 or intents.entity[row] != move.entity:
            unknown += 1
            continue
        if move.gait > gait_most or move.flags > JUMP:
            refused += 1
            continue
        ahead = np.int64(1)
        if intents.heard[row]:
            ahead = (np.int64(move.input) - np.int64(intents.input[row]) + np.int64(come[row])) & _INPUT_MASK
        if ahead >= _HALF or ahead <= come[row]:
            stale += 1
            continue
        applied += 1
        come[row] = ahead
        if move.flags == JUMP:
            intents.jump[row] = 1
        intents.input[row], intents.heard[row] = move.input, 1
        intents.steer[row], intents.heading[row], intents.gait[row] = move.steer, move.heading, move.gait
        intents.intent_until[row] = until_tick
    return applied, unknown, stale, refused


def _refusals(world: World, moves: Moves) -> list[Refusal]:
    """One refusal for each entity here with a senseless intent, for its first one, in order of arrival."""
    senseless = (moves["gait"] > RUN) | (moves["flags"] > JUMP)
    moves = moves[senseless & (world.columns.rows(moves["entity"]) >= 0)]
    _, firsts = np.unique(moves["entity"], return_index=True)
    return [_refusal(*moves[place].tolist()) for place in np.sort(firsts)]


def _refusal(entity: int, number: int, steer: int, heading: int, gait: int, flags: int) -> Refusal:
    field, message = ("gait", f"0 to {RUN}") if gait > RUN else ("flags", f"0 or {JUMP}")
    return Refusal(entity, number, Move.deed, "out_of_range", field, message)
