"""Somebody comes over the border from another zone. The server's own deed, made by `departure`."""

from typing import cast

import numpy as np

from world.columns import HANDOVER_DTYPE
from world.event import Command, Refused, Telling
from world.profiles import Look, ProfileName, ProfileRecord, Version
from world.state import World


class Arrive(Command, frozen=True):
    """Everything about an entity: its row as HANDOVER_DTYPE bytes, and its profile."""

    row: bytes
    version: Version
    name: ProfileName
    look: Look


def departure(world: World, entity: int) -> Arrive:
    """The command that makes `entity`, who is here, appear in the next zone exactly as it is now."""
    profile = world.profiles[entity]
    return Arrive(world.columns.packed(world.here(entity)), profile.version, profile.name, profile.look)


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
    world.columns.write(world.columns.add(actor), record)
    world.profiles.put(ProfileRecord(actor, command.version, command.name, dict(command.look)))
    return ()
