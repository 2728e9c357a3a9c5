"""Walks the whole map before anybody else does: every spawn can be reached, no roof can, nobody gets trapped."""

import numpy as np
from numpy.typing import NDArray

from world.city import CELL_CM, City, Rect, Spawn, Zone, cm
from world.motion import Motion
from world.schema import Reader
from world.terrain import OUTSIDE, Terrain

Mask = NDArray[np.bool_]


def check_paths(city: City, motion: Motion, file: Reader) -> None:
    """Note every place of a well-formed map that cannot be reached, or left, as it should be."""
    terrain = Terrain(city)
    start = _gate(city, terrain)
    if terrain.building.ravel()[start]:
        file.fault("gate", city.gate, "a zone whose first spawn is not in a building")
        return
    on_foot = flood(terrain, start, motion.step_cm)
    climbing = flood(terrain, start, motion.climb_cm)
    returning = flood(terrain, start, motion.climb_cm, back=True)
    for number, zone in enumerate(city.zone):
        _check_places(terrain, zone, f"zone[{number}]", on_foot, file)
        _check_roofs(terrain, zone, f"zone[{number}]", climbing, file)
        _check_traps(terrain, zone, f"zone[{number}]", climbing & ~returning, file)


def flood(terrain: Terrain, start: int, climb_cm: int, back: bool = False) -> Mask:
    """The cells that can be reached from cell `start`, from neighbour to neighbour, climbing and falling.

    With `back`, the cells from which `start` can be reached. Takes as many rounds as the longest way
    has cells; each round touches only the cells that the one before found.
    """
    height = (-terrain.height if back else terrain.height).ravel()
    outside = (terrain.zone == OUTSIDE).ravel()
    seen = outside.copy()
    seen[start] = True
    edge = np.array([start])
    while len(edge):
        found = []
        limit = height[edge] + climb_cm
        for way in (1, -1, terrain.columns, -terrain.columns):
            there = edge + way
            there = there[(height[there] <= limit) & ~seen[there]]
            seen[there] = True
            found.append(there)
        edge = np.concatenate(found)
    reached: Mask = (seen & ~outside).reshape(terrain.zone.shape)
    return reached


def _gate(city: City, terrain: Terrain) -> int:
    zone = next(zone for zone in city.zone if zone.name == city.gate)
    spawn = zone.spawn[0]
    rows, columns = terrain.window(_cell(zone, spawn.x_m, spawn.z_m))
    return int(rows.start * terrain.columns + columns.start)


def _cell(zone: Zone, x_m: float, z_m: float) -> Rect:
    return Rect(zone.rect.x + cm(x_m), zone.rect.z + cm(z_m), CELL_CM, CELL_CM)


def _square(zone: Zone, spawn: Spawn) -> Rect:
    """The cells that a spawn may put somebody in."""
    return _cell(zone, spawn.x_m, spawn.z_m).grown(cm(spawn.spread_m))


def _check_places(terrain: Terrain, zone: Zone, key: str, on_foot: Mask, file: Reader) -> None:
    reachable = f"a place that feet reach from the gate, with no building within the spread or {CELL_CM} cm of it"
    for place, spawn in enumerate(zone.spawn):
        if not on_foot[terrain.window(_square(zone, spawn))].all():
            file.fault(f"{key}.spawn[{place}]", spawn.name, reachable)
    for place, host in enumerate(zone.host):
        if not on_foot[terrain.window(_cell(zone, host.x_m, host.z_m))].all():
            file.fault(f"{key}.host[{place}]", host.name, reachable)


def _check_roofs(terrain: Terrain, zone: Zone, key: str, climbing: Mask, file: Reader) -> None:
    for place, building in enumerate(zone.building):
        window = terrain.window(building.rect.moved(zone.rect.x, zone.rect.z))
        if (climbing[window] & terrain.building[window]).any():
            file.fault(f"{key}.building[{place}].height_m", building.height_m, "higher than anybody near can climb")


def _check_traps(terrain: Terrain, zone: Zone, key: str, trapped: Mask, file: Reader) -> None:
    window = terrain.window(zone.rect)
    rows, columns = np.nonzero(trapped[window])
    if len(rows):
        place = f"x_m = {columns[0] * CELL_CM / 100:g}, z_m = {rows[0] * CELL_CM / 100:g}"
        file.fault(key, zone.name, f"no place that cannot be left again, as at {place}")
