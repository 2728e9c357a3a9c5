"""Records a small, lively city into a journal, with the real zones and bus; a program too.

A test runs it in processes of their own, with different hash seeds.
"""

import random
import sys
from pathlib import Path

import numpy as np

from server.bus import LocalBus
from server.journal import Journal
from server.ops.metrics import Metrics
from server.switches import Switchboard
from server.zone_host import ZoneHost
from world.config import WorldConfig, load_config
from world.event import Command
from world.events.join import Join
from world.events.leave import Leave
from world.events.say import Say
from world.events.wave import Wave
from world.space import Space
from world.state import World
from world.tick import MOVE_DTYPE, Issued

PLAYERS = 12
# Long enough to run out of the gate in every direction that is open.
TICKS = 240
RUN = 2


class Recording:
    """A city with a dozen players who run about, talk and leave."""

    def __init__(self, config: WorldConfig, journal: Journal) -> None:
        space, names = Space(config.city), [zone.name for zone in config.city.zone]
        self.bus = LocalBus(len(names))
        metrics = Metrics(names)
        worlds = [World(config, number, space) for number in range(len(names))]
        switchboard = Switchboard(names, metrics)
        self.hosts = [ZoneHost(world, self.bus, switchboard, metrics, journal) for world in worlds]
        self.where = {1 << 17 | slot: names.index(config.city.gate) for slot in range(1, PLAYERS + 1)}
        self.crossings = 0
        self._chance = random.Random(5)
        self._steer = {entity: place * 256 // PLAYERS for place, entity in enumerate(self.where)}

    def run(self, ticks: int = TICKS) -> None:
        """Everybody joins; somebody talks every few ticks; one leaves half-way."""
        for entity in self.where:
            self._post(entity, Join(name=f"Ü {entity & 0xFF}", look={"coat": 3}))
        for tick in range(1, ticks + 1):
            self._act(tick)
            for host in self.hosts:
                host.take()
            for host in self.hosts:
                host.run(tick)
            self._follow()

    def _act(self, tick: int) -> None:
        for entity in self.where:
            self._move(entity, tick)
        speaker = self._chance.choice(list(self.where))
        if tick % 7 == 0:
            self._post(speaker, Say(text=f"hello at {tick} ✨"))
        if tick % 11 == 0:
            self._post(speaker, Wave(hand="left"))
        if tick == TICKS // 2:
            self._post(speaker, Leave())

    def _move(self, entity: int, tick: int) -> None:
        if self._chance.random() < 0.02:
            self._steer[entity] = self._chance.randrange(256)
        steer = self._steer[entity]
        packed = np.array([(entity, tick, steer, steer, RUN, tick % 20 == 0)], MOVE_DTYPE).tobytes()
        self.bus.post_moves(self.where[entity], packed)

    def _post(self, entity: int, command: Command) -> None:
        self.bus.post(self.where[entity], Issued(entity, 1, command))

    def _follow(self) -> None:
        for snapshot in self.bus.take_published().snapshots:
            self.where.update(snapshot.departed)
            self.crossings += len(snapshot.departed)


def record(path: Path, ticks: int = TICKS) -> Recording:
    """A finished recording in `path`."""
    config = load_config(None, seed=7)
    journal = Journal.open(path, config)
    recording = Recording(config, journal)
    recording.run(ticks)
    journal.close()
    return recording


if __name__ == "__main__":
    record(Path(sys.argv[1]))
