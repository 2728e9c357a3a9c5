"""Walks through the real city, tick by tick as the world walks them: another language must end every one alike.

Each begins at a spawn or at the edge of something to climb, follows legs drawn from a fixed seed (steer, gait, jump,
ticks), and notes the whole body at the end of each leg.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np

from world.chart import ZoneChart, chart
from world.config import WorldConfig, load_config
from world.events.join import Join, Stand
from world.events.move import MOVE_DTYPE
from world.space import Space
from world.state import World
from world.tick import Batch, Issued, step

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "tests" / "golden" / "movement" / "walks.json"
SEED = 20261124
LEGS = 6
LEG_TICKS_MAX = 30
# An intent that is not renewed ends after 60 ticks: one leg of each tenth walk is longer.
LONG_LEG_TICKS = 70
GROUND_POINTS = 400
WALKER = 1
BODY = ("x", "z", "y", "x_part", "z_part", "vy", "grounded")


def walks() -> str:
    """The whole file: the map they are on, heights of the ground at points all over it, and the walks."""
    config = load_config()
    space = Space(config.city)
    return (
        json.dumps(
            {
                "about": "written by `make wire`; world/README.md, Movement, is the rule",
                "map": msgspec.to_builtins(chart(config)),
                "ground": _ground(space),
                "walks": [walk for zone in chart(config).zones for walk in _in_zone(config, space, zone)],
            },
            separators=(",", ":"),
        ).replace('{"from"', '\n{"from"')
        + "\n"
    )


def _ground(space: Space) -> list[list[int]]:
    chance = Random(SEED)
    west, south = min(zone.x for zone in space.zones) - 300, min(zone.z for zone in space.zones) - 300
    east = max(zone.x + zone.width for zone in space.zones) + 300
    north = max(zone.z + zone.depth for zone in space.zones) + 300
    points = [(chance.randint(west, east), chance.randint(south, north)) for _ in range(GROUND_POINTS)]
    return [[x, z, space.ground_at(x, z)] for x, z in points]


def _in_zone(config: WorldConfig, space: Space, zone: ZoneChart) -> list[dict[str, Any]]:
    """One walk from each spawn, and one from the middle of each edge of what can be climbed or walked against."""
    chance = Random(SEED + zone.number)
    starts = [(spawn.x, spawn.z) for spawn in zone.spawns]
    shapes: list[Any] = [*zone.terraces, *zone.ramps, *zone.buildings]
    for shape in shapes:
        starts += [(shape.x - 60, shape.z + shape.depth // 2), (shape.x + shape.width // 2, shape.z - 60)]
    inside = [start for start in starts if space.zones[zone.number].contains(*start) and space.open_at(*start)]
    return [_walk(World(config, zone.number, space), start, _legs(chance, place)) for place, start in enumerate(inside)]


def _legs(chance: Random, place: int) -> list[list[int]]:
    legs = [
        [chance.randrange(256), chance.choice((0, 1, 2, 2, 2)), chance.randrange(2), chance.randint(1, LEG_TICKS_MAX)]
        for _ in range(LEGS)
    ]
    if place % 10 == 0:
        legs[-1][1:] = [1, 0, LONG_LEG_TICKS]
    return legs


def _walk(world: World, start: tuple[int, int], legs: list[list[int]]) -> dict[str, Any]:
    """From a start: the whole body (BODY) after each leg, as far as it stays in the zone."""
    step(world, 1, Batch([Issued(WALKER, 0, Join("walker", place=Stand(*start, 0)))]))
    begun, ends = _body(world), []
    for number, leg in enumerate(legs, 1):
        if not _leg(world, number, leg):
            break
        ends.append(_body(world))
    return {"from": begun, "legs": legs[: len(ends)], "ends": ends}


def _leg(world: World, number: int, leg: list[int]) -> bool:
    """One intent and the ticks that it is followed for; returns whether the walker is still in the zone."""
    steer, gait, jump, ticks = leg
    moves = np.array([(WALKER, number, steer, steer, gait, jump)], MOVE_DTYPE)
    for _ in range(ticks):
        step(world, world.tick + 1, Batch((), moves))
        moves = moves[:0]
        if not world.columns.taken(WALKER):
            return False
    return True


def _body(world: World) -> list[int]:
    row = world.here(WALKER)
    return [int(getattr(world.columns, name)[row]) for name in BODY]
