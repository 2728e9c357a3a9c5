"""Hosts stand where the content puts them, turn about and wave, and every viewer near sees them.

Their ids come from their place in the content, so that they are the same in every run: generation 1
and the highest slots of the city downwards, of which the server keeps `world.city.HOSTS_MAX` free of players.
"""

from world.animation import Animation
from world.city import Host, cm, heading_of
from world.columns import SLOTS
from world.config import FOREVER
from world.event import Nearby, Telling
from world.events.wave import Waved, show
from world.profiles import ProfileRecord
from world.state import FLAG_PERFORMER, World


def entity_of(number: int) -> int:
    """The id of the city's host with this running number, counted over the zones in order."""
    return SLOTS | (SLOTS - 1 - number)


def run(world: World) -> Telling:
    """Place the zone's hosts when they are missing; let each act when its pause is over."""
    first = sum(len(zone.host) for zone in world.config.city.zone[: world.zone])
    for number, host in enumerate(world.map.host, first):
        row = world.row(entity_of(number))
        if row is None:
            _place(world, entity_of(number), host)
        elif world.columns.wake[row] <= world.tick:
            yield from _act(world, row)


def rests_until(world: World) -> int:
    """The tick in which a host acts next."""
    wake = world.columns.wake[: world.count]
    return int(wake[wake > world.tick].min(initial=FOREVER))


def _place(world: World, entity: int, host: Host) -> None:
    columns, row = world.columns, world.columns.add(entity)
    columns.x[row] = world.area.x + cm(host.x_m)
    columns.z[row] = world.area.z + cm(host.z_m)
    columns.y[row] = world.space.ground_at(int(columns.x[row]), int(columns.z[row]))
    columns.grounded[row] = 1
    columns.heading[row] = heading_of(host.facing_deg)
    columns.flags[row] = FLAG_PERFORMER
    columns.wake[row] = world.tick + _pause(world)
    world.profiles.put(ProfileRecord(entity, 1, host.title, {}))


def _act(world: World, row: int) -> Telling:
    columns, chance = world.columns, world.random.stream("hosts")
    columns.wake[row] = world.tick + _pause(world)
    if chance.below(world.tuning.hosts.wave_one_in):
        columns.heading[row] = chance.below(256)
        return
    show(world, row, Animation.WAVE, world.tuning.wave.shown_s)
    entity = int(columns.entity[row])
    yield Nearby(entity, *world.place(entity), cm(world.tuning.wave.radius_m)), Waved(entity, "right")


def _pause(world: World) -> int:
    tuning = world.tuning.hosts
    return world.random.stream("hosts").between(world.ticks(tuning.pause_least_s), world.ticks(tuning.pause_most_s))
