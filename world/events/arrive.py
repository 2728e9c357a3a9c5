"""Somebody comes over the border from another zone. The server's own deed, made by `departure`."""

from typing import cast

import numpy as np

from world.columns import HANDOVER_DTYPE
from world.event import Command, Refused, Telling
from world.layers import layer_of_newcomer
from world.profiles import Look, Party, ProfileName, ProfileRecord, Version
from world.state import World


class Arrive(Command, frozen=True):
    """Everything about an entity: its row as HANDOVER_DTYPE bytes, and its profile. Its layer is chosen anew."""

    row: bytes
    version: Version
    name: ProfileName
    look: Look
    party: Party = 0


def departure(world: World, entity: int) -> Arrive:
    """The command that makes `entity`, who is here, appear in the next zone exactly as it is now."""
    profile = world.profiles[entity]
    row = world.columns.packed(world.here(entity))
    return Arrive(row, profile.version, profile.name, profile.look, profile.party)


def apply(world: World, actor: int, command: Arrive) -> Telling:
    """Never refused for lack of room: a border turns nobody away, and the city's slots bound the number."""
    if len(command.row) != HANDOVER_DTYPE.itemsize:
        raise Refused("bad_row", "row", f"{HANDOVER_DTYPE.itemsize} bytes")
    record = cast("np.void", np.frombuffer(command.row, HANDOVER_DTYPE)[0])
    if int(record["entity"]) != actor:
        raise Refused("bad_row", "row", "the row is another entity's")
    if not world.area.contains(int(record["x"]), int(record["z"])):
        raise Refused("not_here", "row", "the place is not in this zone")
    if world.columns.taken(actor):
        raise Refused("already_here", message="the entity's slot is in use in this zone")
    layer = layer_of_newcomer(world, command.party)
    row = world.columns.add(actor)
    world.columns.write(row, record)
    world.columns.layer[row] = layer
    world.profiles.put(ProfileRecord(actor, command.version, command.name, dict(command.look), command.party))
    return ()
