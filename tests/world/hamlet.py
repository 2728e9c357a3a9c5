"""A city of two small zones with one of everything, and a hand that cranks its ticks."""

from collections.abc import Iterable
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from world.city import Building, City, Host, Ramp, Spawn, Terrace, Zone
from world.columns import HANDOVER_DTYPE
from world.config import WorldConfig, load_config
from world.event import Command
from world.events.arrive import Arrive
from world.events.join import Join
from world.festival import Colour, CrystalKind, Cue, Drop, Festival, FireworkKind, Rain, Show, Standing
from world.space import Space
from world.state import World
from world.tick import MOVE_DTYPE, Batch, Issued, Outcome, step

NORTH, EAST, SOUTH, WEST = 0, 64, 128, 192
STAND, WALK, RUN = 0, 1, 2

WEST_ZONE = Zone(
    name="west",
    x_m=0,
    z_m=0,
    width_m=40,
    depth_m=40,
    spawn=(
        Spawn(name="well", x_m=4, z_m=4, spread_m=0, facing_deg=90),
        Spawn(name="yard", x_m=10, z_m=34, spread_m=2, facing_deg=0),
        Spawn(name="border", x_m=38, z_m=20, spread_m=0, facing_deg=90),
        Spawn(name="porch", x_m=20, z_m=12, spread_m=0, facing_deg=0),
        Spawn(name="stair", x_m=6, z_m=18, spread_m=0, facing_deg=0),
        Spawn(name="slope", x_m=20, z_m=7, spread_m=0, facing_deg=90),
    ),
    building=(Building(name="house", x_m=16, z_m=16, width_m=8, depth_m=8, height_m=6),),
    terrace=(
        Terrace(name="step", x_m=4, z_m=20, width_m=4, depth_m=4, height_m=0.4),
        Terrace(name="kerb", x_m=4, z_m=26, width_m=4, depth_m=4, height_m=0.45),
        Terrace(name="ledge", x_m=30, z_m=4, width_m=6, depth_m=6, height_m=3),
    ),
    ramp=(Ramp(name="way_up", x_m=22, z_m=4, width_m=8, depth_m=6, from_m=0, to_m=3, rises="east"),),
    host=(Host(name="crier", title="Crier", x_m=36, z_m=36, facing_deg=180),),
)
EAST_ZONE = Zone(
    name="east",
    x_m=40,
    z_m=0,
    width_m=40,
    depth_m=40,
    spawn=(Spawn(name="pond", x_m=2, z_m=20, spread_m=0, facing_deg=270),),
    host=(Host(name="piper", title="Piper", x_m=30, z_m=30, facing_deg=0),),
)
CITY = City(name="Hamlet", gate="west", zone=(WEST_ZONE, EAST_ZONE))
FESTIVAL = Festival(
    crystal=(CrystalKind(name="pebble", value=1), CrystalKind(name="gem", value=20)),
    standing=(Standing(zone="east", kind="gem", x_m=5, z_m=20, respawn_s=2),),
    rain=(
        Rain(
            name="drizzle",
            zone="west",
            x_m=2,
            z_m=2,
            width_m=4,
            depth_m=4,
            number=10,
            over_s=1,
            linger_s=2,
            drop=(Drop(kind="pebble", weight=4), Drop(kind="gem", weight=1)),
        ),
    ),
    colour=(Colour(name="red", rgb="#ff0000"), Colour(name="blue", rgb="#0000ff"), Colour(name="gold", rgb="#ffcc00")),
    firework=(
        FireworkKind(name="rocket", cost=3, rise_s=1, burst_s=2, height_m=30),
        FireworkKind(name="comet", cost=0, rise_s=1, burst_s=1, height_m=40, importance=2),
    ),
    show=(
        Show(
            name="salute",
            zone="west",
            cue=(
                Cue(at_s=0, kind="comet", colours=("gold",), x_m=30, z_m=30),
                Cue(at_s=0.5, kind="rocket", colours=("red", "blue"), x_m=32, z_m=30, repeat=3, every_s=0.25),
            ),
        ),
    ),
)

SPAWN_NAMES = [spawn.name for zone in CITY.zone for spawn in zone.spawn]


@cache
def config(seed: int = 1, comfortable: int = 12_000) -> WorldConfig:
    """The hamlet with the city's own numbers; each of its zones is comfortable for so many."""
    zones = tuple(msgspec.structs.replace(zone, comfortable=comfortable) for zone in CITY.zone)
    city = msgspec.structs.replace(CITY, zone=zones)
    shipped = load_config()
    return WorldConfig(city, shipped.tuning, seed, FESTIVAL, avatar=shipped.avatar)


@cache
def space() -> Space:
    """The hamlet's ground; it never changes."""
    return Space(CITY)


def intent(entity: int, number: int, steer: int = NORTH, gait: int = RUN, flags: int = 0) -> tuple[int, ...]:
    """One row of MOVE_DTYPE, with the face where the feet go."""
    return entity, number, steer, steer, gait, flags


def packed(intents: Iterable[tuple[int, ...]]) -> NDArray[np.void]:
    """MOVE_DTYPE rows."""
    return np.array(list(intents), MOVE_DTYPE)


class Hamlet:
    """The hamlet's two worlds, stepped together; who departs in one tick arrives in the next."""

    def __init__(self, seed: int = 1, comfortable: int = 12_000) -> None:
        self.worlds = [World(config(seed, comfortable), zone, space()) for zone in range(len(CITY.zone))]
        self.tick = 0
        self._waiting: list[tuple[int, Issued]] = []
        self._inputs = 0

    @property
    def west(self) -> World:
        """The zone with the house."""
        return self.worlds[0]

    @property
    def east(self) -> World:
        """The zone beyond the border."""
        return self.worlds[1]

    def step(self, *issued: Issued, moves: Iterable[tuple[int, ...]] = (), zone: int = 0) -> list[Outcome]:
        """One tick of both zones; commands go to `zone`, intents to wherever their entity is."""
        self.tick += 1
        moves = list(moves)
        commands: list[list[Issued]] = [[] for _ in self.worlds]
        for where, arrival in self._waiting:
            commands[where].append(arrival)
        commands[zone] += issued
        intents = [self._of(world, moves) for world in self.worlds]
        outcomes = [step(world, self.tick, Batch(commands[world.zone], intents[world.zone])) for world in self.worlds]
        gone = [departed for outcome in outcomes for departed in outcome.departed]
        self._waiting = [(each.zone_to, Issued(each.entity, 0, each.arrive)) for each in gone]
        return outcomes

    def join(self, entity: int, spawn: str = "well", zone: int = 0) -> None:
        """Let somebody appear, in a tick of its own; the account has the entity's number."""
        outcome = self.step(Issued(entity, 0, Join(f"player {entity}", spawn=spawn, account=entity)), zone=zone)[zone]
        assert outcome.refused == []

    def do(self, entity: int, command: Command, zone: int = 0) -> Outcome:
        """One deed in a tick of its own."""
        return self.step(Issued(entity, 7, command), zone=zone)[zone]

    def go(self, entity: int, steer: int, ticks: int, gait: int = RUN, flags: int = 0) -> None:
        """Intend the same thing for so many ticks, with a fresh input number in each."""
        for _ in range(ticks):
            self._inputs += 1
            self.step(moves=[intent(entity, self._inputs, steer, gait, flags)])

    def where(self, entity: int) -> tuple[int, int, int]:
        """x, y and z in cm, in whichever zone `entity` is."""
        return self.state(entity, "x"), self.state(entity, "y"), self.state(entity, "z")

    def state(self, entity: int, column: str) -> int:
        """One field of `entity`, in whichever zone it is, or on its way between two."""
        for world in self.worlds:
            if world.row(entity) is not None:
                return int(world.columns.array(column)[world.here(entity)])
        command = next(arrival.command for _, arrival in self._waiting if arrival.entity == entity)
        assert isinstance(command, Arrive)
        return int(np.frombuffer(command.row, HANDOVER_DTYPE)[column][0])

    def _of(self, world: World, moves: list[tuple[int, ...]]) -> NDArray[np.void]:
        arriving = {arrival.entity for where, arrival in self._waiting if where == world.zone}
        return packed(move for move in moves if move[0] in arriving or world.row(move[0]) is not None)
