"""Layers come together as they empty: whoever nobody sees go, and nobody sees come, is moved to a lower one."""

import numpy as np
from numpy.typing import NDArray

from world.bins import Bins
from world.city import cm
from world.config import FOREVER
from world.event import Telling
from world.interest import Sight
from world.layers import LAYERS_MAX, heads, layer_of_party, lowest_with_room
from world.state import FLAG_PERFORMER, World

# Whoever stands farther away than anybody sees does not see them go.
SIGHT_CM = Sight().sight_cm
# Moved of one layer in one second. In the largest zone no more can be out of each other's sight; each is 40 µs.
MOVED_MAX = 16


def run(world: World) -> Telling:
    """Once a second, from the lowest layer with room upwards. Nobody is told: nobody is there to see it."""
    if world.tick % world.config.tick_rate_hz == 0 and world.columns.array("layer").any():
        for layer in range(lowest_with_room(heads(world), world.map.comfortable) + 1, LAYERS_MAX):
            for row in _alone(world, layer)[:MOVED_MAX]:
                _move_down(world, int(row))
    return ()


def rests_until(world: World) -> int:
    """The next second, while there is more than one layer."""
    if not world.columns.array("layer").any():
        return FOREVER
    rate_hz = world.config.tick_rate_hz
    return (world.tick // rate_hz + 1) * rate_hz


def _alone(world: World, layer: int) -> NDArray[np.intp]:
    """Rows of a layer that have no other of it within sight; a square's worth, so the corners are a little farther."""
    columns = world.columns
    rows = np.flatnonzero(columns.array("layer") == layer)
    if not rows.size:
        return rows
    x, z = columns.x[rows], columns.z[rows]
    bins = Bins(rows.astype(np.int32), x, z)
    seen = bins.counts_in(bins.around(x, z, np.full_like(x, SIGHT_CM)))
    return np.asarray(rows[seen == 1])


def _move_down(world: World, row: int) -> None:
    """To their party if that is below, or to the lowest layer with room; unless somebody of that one is close."""
    columns, entity = world.columns, int(world.columns.entity[row])
    to = layer_of_party(world, world.profiles[entity].party, but=entity)
    if to is None:
        to = lowest_with_room(heads(world), world.map.comfortable)
    if to < columns.layer[row] and not _anybody_close(world, row, to):
        columns.layer[row] = to


def _anybody_close(world: World, row: int, layer: int) -> bool:
    n, columns, close_cm = world.count, world.columns, cm(world.tuning.layers.close_m)
    close = (columns.layer[:n] == layer) & (columns.flags[:n] & FLAG_PERFORMER == 0)
    close &= np.abs(columns.x[:n] - columns.x[row]) <= close_cm
    close &= np.abs(columns.z[:n] - columns.z[row]) <= close_cm
    return bool(close.any())
