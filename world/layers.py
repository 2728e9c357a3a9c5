"""Which copy of a crowded zone somebody is in: friends together, everybody else in the lowest that has room.

A zone is comfortable for so many people (`Zone.comfortable`). Whoever comes then finds the same place once more:
the same ground, hosts, crystals, rains, shows and fireworks, and other people. A layer is no more than a number
on each person; there is nothing to open or close, and it is gone when the last one in it is.

Layers empty from above, because newcomers go to the lowest with room. What is left of them is brought together
by `world.systems.layers`, and by people who walk into another zone, where the choice is made anew.
"""

import numpy as np
from numpy.typing import NDArray

from world.state import FLAG_PERFORMER, World

# Gateways keep in sixteen bits from which layers each entity is seen. Beyond so many, layers grow fuller.
LAYERS_MAX = 16


def heads(world: World) -> NDArray[np.int64]:
    """How many people are in each layer; hosts are in all of them and count in none."""
    columns = world.columns
    people = columns.array("flags") & FLAG_PERFORMER == 0
    return np.bincount(columns.array("layer")[people], minlength=LAYERS_MAX)


def layer_of_newcomer(world: World, party: int = 0) -> int:
    """Where somebody goes who comes into the zone: to their party, or to the lowest layer with room.

    Where no layer has room any more, to the least full.
    """
    joined = layer_of_party(world, party)
    if joined is not None:
        return joined
    if world.count < world.map.comfortable:
        return 0
    return lowest_with_room(heads(world), world.map.comfortable)


def lowest_with_room(people: NDArray[np.int64], comfortable: int) -> int:
    """The lowest layer in which fewer than `comfortable` are, or else the one with the fewest."""
    room = np.flatnonzero(people < comfortable)
    return int(room[0]) if room.size else int(np.argmin(people))


def layer_of_party(world: World, party: int, but: int = 0) -> int | None:
    """The layer in which most of a party are, `but` one left out, that takes one more; None if there is none.

    For friends there is room up to a quarter beyond the comfortable number.
    """
    members = [world.here(entity) for entity in world.profiles.together(party) if entity != but]
    if not members:
        return None
    most, people = -(-world.map.comfortable * 5 // 4), heads(world)
    theirs = np.bincount(world.columns.layer[members], minlength=LAYERS_MAX)
    takes = (theirs > 0) & (people < most)
    return int(np.argmax(np.where(takes, theirs, 0))) if takes.any() else None
