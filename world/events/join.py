"""Somebody enters the city at one of a zone's spawn points. The server's own deed."""

from typing import Annotated

from msgspec import Meta, field

from world.city import Spawn, cm, heading_of
from world.event import Command, Refused, Telling
from world.profiles import Look, ProfileName, ProfileRecord
from world.state import World


class Join(Command, frozen=True):
    """Appear as `name`; at the spawn point called `spawn`, or at one of the zone's in turn of chance."""

    name: ProfileName
    look: Look = field(default_factory=dict)
    spawn: Annotated[str, Meta(max_length=32)] | None = None


def apply(world: World, actor: int, command: Join) -> Telling:
    """Nobody is told: newcomers show in the frames of those near, and telling all would cost a crowd squared."""
    if world.columns.taken(actor):
        raise Refused("already_here", message="the entity's slot is in use in this zone")
    if world.count >= world.tuning.population.entities_max:
        raise Refused("zone_full", message=f"{world.tuning.population.entities_max} are in this zone")
    spawn = _spawn(world, command.spawn)
    _appear(world, world.columns.add(actor), spawn)
    world.profiles.put(ProfileRecord(actor, 1, command.name, dict(command.look)))
    return ()


def _spawn(world: World, name: str | None) -> Spawn:
    spawns = world.map.spawn
    if name is None:
        return spawns[world.random.stream("join").below(len(spawns))]
    for spawn in spawns:
        if spawn.name == name:
            return spawn
    raise Refused("no_such_spawn", "spawn", f"this zone has {', '.join(spawn.name for spawn in spawns)}")


def _appear(world: World, row: int, spawn: Spawn) -> None:
    columns, chance, spread = world.columns, world.random.stream("join"), cm(spawn.spread_m)
    x = world.area.x + cm(spawn.x_m) + chance.between(-spread, spread)
    z = world.area.z + cm(spawn.z_m) + chance.between(-spread, spread)
    columns.x[row], columns.z[row], columns.y[row] = x, z, world.space.ground_at(x, z)
    columns.grounded[row] = 1
    columns.heading[row] = columns.steer[row] = heading_of(spawn.facing_deg)
