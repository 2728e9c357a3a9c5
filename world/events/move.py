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

from world.columns import Rows
from world.event import Command, Refusal, Telling
from world.motion import RUN
from world.state import World

MOVE_DTYPE = np.dtype(
    [("entity", "<u4"), ("input", "<u4"), ("steer", "u1"), ("heading", "u1"), ("gait", "u1"), ("flags", "u1")]
)
JUMP = 1  # the only flag
_HALF = 1 << 31

Moves = NDArray[np.void]
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
    rows = world.columns.rows(moves["entity"])
    known = rows >= 0
    legal = (moves["gait"] <= RUN) & (moves["flags"] <= JUMP)
    refusals = _refusals(moves[known & ~legal])
    good = np.flatnonzero(known & legal)
    applied = _intend(world, rows[good], moves[good])
    unknown = len(moves) - int(np.count_nonzero(known))
    refused = int(np.count_nonzero(known & ~legal))
    return MoveTally(applied, unknown, len(good) - applied, refused), refusals


def _intend(world: World, rows: Rows, moves: Moves) -> int:
    """Apply legal intents of known rows; returns how many were not stale."""
    columns = world.columns
    order = np.argsort(rows, kind="stable")
    rows, moves = rows[order], moves[order]
    fresh = _fresh(world, rows, moves["input"])
    rows, moves = rows[fresh], moves[fresh]
    columns.jump[rows[moves["flags"] == JUMP]] = 1
    last = np.ones(len(rows), np.bool_)
    last[:-1] = rows[1:] != rows[:-1]
    rows, moves = rows[last], moves[last]
    columns.input[rows] = moves["input"]
    columns.steer[rows] = moves["steer"]
    columns.heading[rows] = moves["heading"]
    columns.gait[rows] = moves["gait"]
    columns.heard[rows] = 1
    columns.intent_until[rows] = world.tick + world.motion.intent_ticks - 1
    return int(np.count_nonzero(fresh))


def _fresh(world: World, rows: Rows, inputs: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which intents, grouped by row, are ahead of the row's last input and of all before them in the group.

    Ahead means by 1 to 2**31 - 1, modulo 2**32. A row that was not heard yet starts at its first.
    """
    if len(rows) == 0:
        return np.zeros(0, np.bool_)
    starts = np.ones(len(rows), np.bool_)
    starts[1:] = rows[1:] != rows[:-1]
    group = np.cumsum(starts) - 1
    base = np.where(world.columns.heard[rows], world.columns.input[rows], inputs[starts][group] - np.uint32(1))
    ahead = (inputs - base).astype(np.int64)
    ahead[ahead >= _HALF] = 0
    rank = (group << 32) + ahead  # rises from group to group, so one running maximum serves them all
    before = np.empty_like(rank)
    before[0] = -1
    before[1:] = np.maximum.accumulate(rank)[:-1]
    return (ahead > 0) & (rank > before)


def _refusals(moves: Moves) -> list[Refusal]:
    """One refusal for each entity in `moves`, for its first one, in order of arrival."""
    _, firsts = np.unique(moves["entity"], return_index=True)
    return [_refusal(*moves[place].tolist()) for place in np.sort(firsts)]


def _refusal(entity: int, number: int, steer: int, heading: int, gait: int, flags: int) -> Refusal:
    field, message = ("gait", f"0 to {RUN}") if gait > RUN else ("flags", f"0 or {JUMP}")
    return Refusal(entity, number, Move.deed, "out_of_range", field, message)
