"""Bodies move: intents become places, all rows at once, in integers. README.md, "Movement", is the rule in words."""

import numpy as np
from numpy.typing import NDArray

from world.animation import Animation
from world.config import FOREVER
from world.event import Telling
from world.motion import PART_BITS, PARTS, STAND, STEERS
from world.state import World

Mask = NDArray[np.bool_]
Cm = NDArray[np.int32]


def run(world: World) -> Telling:
    """Move everybody by one tick. Nobody is told: the frames show it."""
    if world.count:
        _intend(world)
        moved = np.zeros(world.count, np.bool_)
        if anybody_under_way(world):
            moved = _walk(world)
            _rise_and_fall(world)
        _animate(world, moved)
    return ()


def anybody_under_way(world: World) -> bool:
    """Whether walking and falling could change anything; who stands on the ground stays as they are."""
    n, columns = world.count, world.columns
    return bool(columns.gait[:n].any() or columns.jump[:n].any() or not columns.grounded[:n].all())


def rests_until(world: World) -> int:
    """The next tick that could show somebody differently unasked: whoever moves goes on, and a gesture ends."""
    if anybody_under_way(world):
        return world.tick + 1
    until = world.columns.emote_until[: world.count]
    return int(until[until >= world.tick].min(initial=FOREVER)) + 1


def _intend(world: World) -> None:
    """Intents that were not renewed end; whoever intends to move stands up."""
    n, columns = world.count, world.columns
    columns.gait[:n][columns.intent_until[:n] < world.tick] = STAND
    columns.sitting[:n][(columns.gait[:n] != STAND) | (columns.jump[:n] != 0)] = 0


def _walk(world: World) -> Mask:
    """Step along x, then along z from there; returns who got anywhere."""
    n, columns, motion = world.count, world.columns, world.motion
    pace = columns.gait[:n].astype(np.intp) * STEERS + columns.steer[:n]
    east, north = motion.east[pace], motion.north[pace]
    x, z = columns.x[:n], columns.z[:n]

    to_x, part = _ahead(x, columns.x_part[:n], east)
    free_x = _free(world, to_x, z)
    np.copyto(x, to_x, where=free_x)
    np.copyto(columns.x_part[:n], part, where=free_x)

    to_z, part = _ahead(z, columns.z_part[:n], north)
    free_z = _free(world, x, to_z)
    np.copyto(z, to_z, where=free_z)
    np.copyto(columns.z_part[:n], part, where=free_z)
    moved: Mask = (free_x & (east != 0)) | (free_z & (north != 0))
    return moved


def _ahead(whole: Cm, part: NDArray[np.uint8], by: Cm) -> tuple[Cm, NDArray[np.uint8]]:
    """A coordinate, given as cm and 256ths of a cm, moved by so many 256ths."""
    parts = (whole << PART_BITS) + part + by
    return parts >> PART_BITS, (parts & (PARTS - 1)).astype(np.uint8)


def _free(world: World, x: Cm, z: Cm) -> Mask:
    """Where the ground is at most a step above the feet. Walls and all outside of the city are higher."""
    return world.space.ground_cm(x, z) <= world.columns.y[: world.count] + world.motion.step_cm


def _rise_and_fall(world: World) -> None:
    """Take off, fall, land; feet on the ground follow it down by up to a step."""
    n, columns, motion = world.count, world.columns, world.motion
    y, vy, grounded = columns.y[:n], columns.vy[:n], columns.grounded[:n]
    ground = world.space.ground_cm(columns.x[:n], columns.z[:n])
    jumps = (grounded != 0) & (columns.jump[:n] != 0)
    vy[jumps] = motion.jump_cm_s
    columns.jump[:n] = 0
    follows = (grounded != 0) & ~jumps & (y - ground <= motion.step_cm)
    np.copyto(y, ground, where=follows)
    air = np.flatnonzero(~follows)
    if len(air):
        _fly(world, air, ground[air])
    grounded[:] = y <= ground


def _fly(world: World, rows: NDArray[np.intp], ground: Cm) -> None:
    """Rows without ground under them: first the way of this tick, then gravity, then the landing."""
    columns, motion = world.columns, world.motion
    speed = columns.vy[rows].astype(np.int32)
    y = columns.y[rows] + speed // motion.tick_rate_hz
    lands = y <= ground
    columns.y[rows] = np.maximum(y, ground)
    columns.vy[rows] = np.where(lands, 0, np.maximum(speed - motion.gravity_cm_s, -motion.fall_cm_s))


def _animate(world: World, moved: Mask) -> None:
    """Derive what each body is seen doing; walking and flying end a gesture."""
    n, columns = world.count, world.columns
    busy = moved | (columns.grounded[:n] == 0)
    columns.emote_until[:n][busy] = 0
    shown = np.where(columns.sitting[:n], np.uint8(Animation.SIT), np.uint8(Animation.STAND))
    shown = np.where(columns.emote_until[:n] >= world.tick, columns.emote[:n], shown)
    shown = np.where(moved, columns.gait[:n], shown)  # WALK and RUN have the gaits' numbers
    columns.animation[:n] = np.where(columns.grounded[:n], shown, np.uint8(Animation.AIR))
