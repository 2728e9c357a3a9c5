"""The city as its clients are told of it: the map and the numbers that prediction needs, in whole units of the world.

Everything is in the city's own coordinates, cm and 256ths of a turn, ready to be computed with: heights have the
zone's ground in them. `world.terrain` draws the same rectangles onto its lattice, terraces first, then ramps, then
buildings, zone by zone; whoever does so too walks the same ground (README.md, "Movement").
"""

from hashlib import blake2b
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from world.avatar import describe
from world.city import CELL_CM, Direction, Rect, Shape, Zone, cm, heading_of
from world.config import WorldConfig
from world.motion import Motion

# Raised when a key changes its meaning; keys that are only added do not raise it.
FORMAT = 1


class MovementNumbers(Struct, frozen=True):
    """What the rule of movement feeds on: paces of stand, walk and run in 256ths of a cm, and gravity of one tick."""

    paces: tuple[int, ...]
    step_cm: int
    jump_cm_s: int
    gravity_cm_s: int
    fall_cm_s: int
    intent_ticks: int


class BlockChart(Struct, frozen=True):
    """A terrace or a building: level at `top`."""

    name: str
    x: int
    z: int
    width: int
    depth: int
    top: int


class RampChart(Struct, frozen=True):
    """Ground that climbs evenly from `low` to `high`, towards the side it `rises` to."""

    name: str
    x: int
    z: int
    width: int
    depth: int
    low: int
    high: int
    rises: Direction


class SpawnChart(Struct, frozen=True):
    """People appear anywhere in the square of twice `spread` around it."""

    name: str
    x: int
    z: int
    spread: int
    facing: int


class HostChart(Struct, frozen=True):
    """Where a digital person stands."""

    name: str
    title: str
    x: int
    z: int
    facing: int


class ZoneChart(Struct, frozen=True):
    """One zone: its number in frames, its rectangle, the height of its ground, and what stands on it."""

    number: int
    name: str
    x: int
    z: int
    width: int
    depth: int
    ground: int
    spawns: tuple[SpawnChart, ...]
    terraces: tuple[BlockChart, ...]
    ramps: tuple[RampChart, ...]
    buildings: tuple[BlockChart, ...]
    hosts: tuple[HostChart, ...]


class CrystalChart(Struct, frozen=True):
    """A kind of crystal; its place in the list is its number on the wire."""

    name: str
    value: int


class FireworkChart(Struct, frozen=True):
    """A kind of firework; one that costs nothing is for shows only. `height` is how far up it bursts."""

    name: str
    cost: int
    height: int
    importance: int


class ColourChart(Struct, frozen=True):
    """A colour of fireworks as `#rrggbb`."""

    name: str
    rgb: str


class CityMap(Struct, frozen=True):
    """The whole city; two that differ in anything differ in `fingerprint`.

    `gate` is the number of the zone that newcomers start in, `reach_cm` how far one picks a crystal up. `avatar` is
    what a look can be, as `world.avatar.describe` says it for an editor.
    """

    fingerprint: str
    format: int
    name: str
    tick_rate_hz: int
    cell_cm: int
    gate: int
    reach_cm: int
    movement: MovementNumbers
    zones: tuple[ZoneChart, ...]
    crystals: tuple[CrystalChart, ...]
    fireworks: tuple[FireworkChart, ...]
    colours: tuple[ColourChart, ...]
    avatar: dict[str, Any] | None = None


def chart(config: WorldConfig) -> CityMap:
    """The map of this content. Holds nothing of the seed: whoever knows it knows where crystals fall."""
    city, festival = config.city, config.festival
    unnamed = CityMap(
        fingerprint="",
        format=FORMAT,
        name=city.name,
        tick_rate_hz=config.tick_rate_hz,
        cell_cm=CELL_CM,
        gate=next(number for number, zone in enumerate(city.zone) if zone.name == city.gate),
        reach_cm=cm(config.tuning.crystals.reach_m),
        movement=_movement(Motion(config.tuning.movement, config.tick_rate_hz)),
        zones=tuple(_zone(number, zone) for number, zone in enumerate(city.zone)),
        crystals=tuple(CrystalChart(kind.name, kind.value) for kind in festival.crystal),
        fireworks=tuple(
            FireworkChart(kind.name, kind.cost, cm(kind.height_m), kind.importance) for kind in festival.firework
        ),
        colours=tuple(ColourChart(colour.name, colour.rgb) for colour in festival.colour),
        avatar=describe(config.avatar),
    )
    return replace(unnamed, fingerprint=blake2b(repr(unnamed).encode(), digest_size=16).hexdigest())


def _movement(motion: Motion) -> MovementNumbers:
    return MovementNumbers(
        paces=motion.paces,
        step_cm=motion.step_cm,
        jump_cm_s=motion.jump_cm_s,
        gravity_cm_s=motion.gravity_cm_s,
        fall_cm_s=motion.fall_cm_s,
        intent_ticks=motion.intent_ticks,
    )


def _zone(number: int, zone: Zone) -> ZoneChart:
    corner, ground = zone.rect, cm(zone.ground_m)

    def area(shape: Shape) -> Rect:
        return shape.rect.moved(corner.x, corner.z)

    def at(x_m: float, z_m: float) -> tuple[int, int]:
        return corner.x + cm(x_m), corner.z + cm(z_m)

    return ZoneChart(
        number,
        zone.name,
        *corner,
        ground,
        spawns=tuple(
            SpawnChart(each.name, *at(each.x_m, each.z_m), cm(each.spread_m), heading_of(each.facing_deg))
            for each in zone.spawn
        ),
        terraces=tuple(BlockChart(each.name, *area(each), ground + cm(each.height_m)) for each in zone.terrace),
        ramps=tuple(
            RampChart(each.name, *area(each), ground + cm(each.from_m), ground + cm(each.to_m), each.rises)
            for each in zone.ramp
        ),
        buildings=tuple(BlockChart(each.name, *area(each), ground + cm(each.height_m)) for each in zone.building),
        hosts=tuple(
            HostChart(each.name, each.title, *at(each.x_m, each.z_m), heading_of(each.facing_deg)) for each in zone.host
        ),
    )
