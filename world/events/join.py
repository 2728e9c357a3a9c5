"""Somebody enters the city at one of a zone's spawn points, or where they last stood. The server's own deed."""

from typing import Annotated, NamedTuple

from msgspec import Meta, field

from world.city import Spawn, cm, heading_of
from world.event import Command, Refused, Telling
from world.layers import layer_of_newcomer
from world.profiles import Look, ProfileName, ProfileRecord
from world.state import FLAG_STAFF, World

# As columns hold them: int32, and int64 with room for every account a database numbers.
Cm = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Account = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Stand(NamedTuple):
    """Where somebody stood: cm of the city, and 256ths of a turn."""

    x: Cm
    z: Cm
    heading: Annotated[int, Meta(ge=0, le=255)]


class Join(Command, frozen=True):
    """Appear as `name`; at `place`, at the spawn point called `spawn`, or at one of the zone's in turn of chance.

    A place that is not in this zone, or built over, is forgotten. What is durable is done in the name
    of `account`; 0 is nobody's. `staff` sees rehearsals, and takes part in them.
    """

    name: ProfileName
    look: Look = field(default_factory=dict)
    spawn: Annotated[str, Meta(max_length=32)] | None = None
    account: Account = 0
    place: Stand | None = None
    staff: bool = False


def apply(world: World, actor: int, command: Join) -> Telling:
    """Nobody is told: newcomers show in the frames of those near, and telling all would cost a crowd squared."""
    if world.columns.taken(actor):
        raise Refused("already_here", message="the entity's slot is in use in this zone")
    if world.count >= world.tuning.population.entities_max:
        raise Refused("zone_full", message=f"{world.tuning.population.entities_max} are in this zone")
    place = command.place if command.place and _standable(world, command.place) else None
    stand = place or _somewhere(world, _spawn(world, command.spawn))
    layer = layer_of_newcomer(world)
    row = world.columns.add(actor)
    world.columns.layer[row] = layer
    world.columns.account[row] = command.account
    world.columns.flags[row] = FLAG_STAFF if command.staff else 0
    _appear(world, row, stand)
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


def _standable(world: World, place: Stand) -> bool:
    return world.area.contains(place.x, place.z) and world.space.open_at(place.x, place.z)


def _somewhere(world: World, spawn: Spawn) -> Stand:
    chance, spread = world.random.stream("join"), cm(spawn.spread_m)
    x = world.area.x + cm(spawn.x_m) + chance.between(-spread, spread)
    z = world.area.z + cm(spawn.z_m) + chance.between(-spread, spread)
    return Stand(x, z, heading_of(spawn.facing_deg))


def _appear(world: World, row: int, stand: Stand) -> None:
    columns = world.columns
    columns.x[row], columns.z[row], columns.y[row] = stand.x, stand.z, world.space.ground_at(stand.x, stand.z)
    columns.grounded[row] = 1
    columns.heading[row] = columns.steer[row] = stand.heading
