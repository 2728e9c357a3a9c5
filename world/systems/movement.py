"""Bodies move: intents become places, body by body, in integers. README.md, "Movement", is the rule in words.

Nobody's way depends on anybody else's, so one compiled loop takes each body all the way from its intent to what it is
seen doing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.animation import Animation
from world.columns import Columns
from world.compiled import I2, I4, I4_2, NOTHING, NUMBER, U1, U4, YES, compiled, group
from world.config import FOREVER
from world.event import Telling
from world.motion import PART_BITS, STEERS
from world.space import LATTICE, Lattice
from world.state import World

Byte = NDArray[np.uint8]
Cm = NDArray[np.int32]
Tick = NDArray[np.uint32]


class _Bodies(NamedTuple):
    """The columns of movement, by their names in `world.columns`."""

    x: Cm
    y: Cm
    z: Cm
    x_part: Byte
    z_part: Byte
    vy: NDArray[np.int16]
    grounded: Byte
    steer: Byte
    gait: Byte
    jump: Byte
    intent_until: Tick
    sitting: Byte
    emote: Byte
    emote_until: Tick
    animation: Byte


class _Rule(NamedTuple):
    """The numbers of movement; `east` and `north` by gait and steer. Of the animations, those that no gait is."""

    tick: int
    east: Cm
    north: Cm
    part_bits: int
    step_cm: int
    jump_cm_s: int
    gravity_cm_s: int
    fall_cm_s: int
    tick_rate_hz: int
    air: int
    sit: int


_BODIES = group(_Bodies, I4, I4, I4, U1, U1, I2, *[U1] * 4, U4, U1, U1, U4, U1)
_RULE = group(_Rule, NUMBER, I4_2, I4_2, *[NUMBER] * 8)


def run(world: World) -> Telling:
    """Move everybody by one tick. Nobody is told: the frames show it."""
    if world.count:
        _move(_bodies(world.columns), world.count, world.space.lattice, _rule(world))
    return ()


def rests_until(world: World) -> int:
    """The next tick that could show somebody differently unasked: whoever moves goes on, and a gesture ends."""
    columns = world.columns
    if _anybody_under_way(columns.gait, columns.jump, columns.grounded, world.count):
        return world.tick + 1
    until = columns.emote_until[: world.count]
    return int(until[until >= world.tick].min(initial=FOREVER)) + 1


def _bodies(columns: Columns) -> _Bodies:
    return _Bodies(*[getattr(columns, name) for name in _Bodies._fields])


def _rule(world: World) -> _Rule:
    motion = world.motion
    ways = motion.east.reshape(-1, STEERS), motion.north.reshape(-1, STEERS)
    jump = motion.step_cm, motion.jump_cm_s, motion.gravity_cm_s, motion.fall_cm_s, motion.tick_rate_hz
    return _Rule(world.tick, *ways, PART_BITS, *jump, int(Animation.AIR), int(Animation.SIT))


@compiled(YES, U1, U1, U1, NUMBER, borrowing=True)
def _anybody_under_way(gait: Byte, jump: Byte, grounded: Byte, count: int) -> bool:
    """Whether walking and falling could change anything; who stands on the ground stays as they are."""
    under_way = False
    for row in range(count):
        under_way |= gait[row] != 0 or jump[row] != 0 or grounded[row] == 0
    return under_way


@compiled(NUMBER, LATTICE, NUMBER, NUMBER, borrowing=True)
def _ground(lattice: Lattice, x: int, z: int) -> int:
    """The height to stand on, as `Space.ground_at` has it."""
    column = min(max((x - lattice.x) // lattice.cell_cm, 0), lattice.columns - 1)
    row = min(max((z - lattice.z) // lattice.cell_cm, 0), lattice.rows - 1)
    surface = lattice.surface[row * lattice.columns + column]
    height: int = lattice.level[surface] + lattice.slope_x[surface] * x + lattice.slope_z[surface] * z
    return height >> lattice.fraction


@compiled(NOTHING, _BODIES, NUMBER, NUMBER, borrowing=True)
def _intend(bodies: _Bodies, row: int, tick: int) -> None:
    """An intent that was not renewed ends; whoever intends to move stands up."""
    if bodies.intent_until[row] < tick:
        bodies.gait[row] = 0
    if bodies.gait[row] or bodies.jump[row]:
        bodies.sitting[row] = 0


@compiled(YES, _BODIES, NUMBER, LATTICE, _RULE, borrowing=True)
def _walk(bodies: _Bodies, row: int, lattice: Lattice, rule: _Rule) -> bool:
    """Step along x, then along z from there; returns whether it got anywhere.

    A way is free where the ground is at most a step above the feet. Walls and all outside of the city are higher.
    """
    gait, steer = bodies.gait[row], bodies.steer[row]
    east, north, highest_cm = rule.east[gait, steer], rule.north[gait, steer], bodies.y[row] + rule.step_cm
    moved, part_mask = False, (1 << rule.part_bits) - 1
    parts = (bodies.x[row] << rule.part_bits) + bodies.x_part[row] + east
    if _ground(lattice, parts >> rule.part_bits, bodies.z[row]) <= highest_cm:
        bodies.x[row], bodies.x_part[row] = parts >> rule.part_bits, parts & part_mask
        moved = east != 0
    parts = (bodies.z[row] << rule.part_bits) + bodies.z_part[row] + north
    if _ground(lattice, bodies.x[row], parts >> rule.part_bits) <= highest_cm:
        bodies.z[row], bodies.z_part[row] = parts >> rule.part_bits, parts & part_mask
        moved = moved or north != 0
    return moved


@compiled(NOTHING, _BODIES, NUMBER, NUMBER, _RULE, borrowing=True)
def _rise_or_fall(bodies: _Bodies, row: int, ground_cm: int, rule: _Rule) -> None:
    """Take off, fall, land; feet on the ground follow it down by up to a step.

    In the air: first the way of this tick, then gravity, then the landing.
    """
    grounded, jumps = bodies.grounded[row] != 0, bodies.jump[row] != 0
    bodies.jump[row] = 0
    if grounded and jumps:
        bodies.vy[row] = rule.jump_cm_s
    elif grounded and bodies.y[row] - ground_cm <= rule.step_cm:
        bodies.y[row] = ground_cm
        return
    y = bodies.y[row] + bodies.vy[row] // rule.tick_rate_hz
    lands = y <= ground_cm
    bodies.y[row] = max(y, ground_cm)
    bodies.vy[row] = 0 if lands else max(bodies.vy[row] - rule.gravity_cm_s, -rule.fall_cm_s)
    bodies.grounded[row] = lands


@compiled(NOTHING, _BODIES, NUMBER, YES, _RULE, borrowing=True)
def _animate(bodies: _Bodies, row: int, moved: bool, rule: _Rule) -> None:
    """Derive what a body is seen doing; walking and flying end a gesture."""
    if moved or not bodies.grounded[row]:
        bodies.emote_until[row] = 0
    if not bodies.grounded[row]:
        bodies.animation[row] = rule.air
    elif moved or bodies.emote_until[row] < rule.tick:
        # WALK and RUN have the gaits' numbers, and so has STAND.
        sits = not moved and bodies.sitting[row]
        bodies.animation[row] = rule.sit if sits else bodies.gait[row] if moved else 0
    else:
        bodies.animation[row] = bodies.emote[row]


@compiled(NOTHING, _BODIES, NUMBER, LATTICE, _RULE, borrowing=True)
def _move(bodies: _Bodies, count: int, lattice: Lattice, rule: _Rule) -> None:
    for row in range(count):
        _intend(bodies, row, rule.tick)
    under_way = _anybody_under_way(bodies.gait, bodies.jump, bodies.grounded, count)
    for row in range(count):
        moved = False
        if under_way:
            moved = _walk(bodies, row, lattice, rule)
            _rise_or_fall(bodies, row, _ground(lattice, bodies.x[row], bodies.z[row]), rule)
        _animate(bodies, row, moved, rule)
