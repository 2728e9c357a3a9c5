"""Both zones of the hamlet on one bus, with their hosts, and no gateway: commands in, what is published out."""

import numpy as np

from server.bus import LocalBus, Published
from server.journal import Journal
from server.ops.metrics import Metrics
from server.switches import Switchboard
from server.zone_host import ZoneHost
from tests.world.hamlet import CITY, EAST, RUN, config, space
from world.event import Command
from world.state import World
from world.tick import MOVE_DTYPE, Issued

ADA, BEN = 1 << 17 | 1, 1 << 17 | 2
WEST_ZONE, EAST_ZONE = 0, 1


class Town:
    """Both zones of the hamlet on one bus."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.bus = LocalBus(len(CITY.zone))
        self.metrics = Metrics([zone.name for zone in CITY.zone])
        worlds = [World(config(), number, space()) for number in range(len(CITY.zone))]
        self.switchboard = Switchboard([zone.name for zone in CITY.zone], self.metrics)
        self.hosts = [ZoneHost(world, self.bus, self.switchboard, self.metrics, journal) for world in worlds]
        self.ticks = 0

    def tick(self) -> Published:
        self.ticks += 1
        for host in self.hosts:
            host.take()
        for host in self.hosts:
            host.run(self.ticks)
        return self.bus.take_published()

    def do(self, entity: int, command: Command, zone: int = WEST_ZONE) -> Published:
        """One command, in a tick of its own."""
        self.bus.post(zone, Issued(entity, 7, command))
        return self.tick()

    def go_east(self, entity: int, number: int, zone: int = WEST_ZONE) -> None:
        self.bus.post_moves(zone, np.array([(entity, number, EAST, EAST, RUN, 0)], MOVE_DTYPE).tobytes())

    def cross(self, entity: int) -> Published:
        """Run over the border; what was published in the tick of the crossing."""
        for number in range(1, 40):
            self.go_east(entity, number)
            published = self.tick()
            if published.snapshots[WEST_ZONE].departed:
                return published
        raise AssertionError("nobody crossed")

    def outcomes(self, outcome: str) -> float:
        return self.metric("commands_total", outcome=outcome)

    def metric(self, name: str, **labels: str) -> float:
        value = self.metrics.registry.get_sample_value(f"futurecity_{name}", labels)
        assert value is not None
        return value

    def world(self, zone: int = WEST_ZONE) -> World:
        return self.hosts[zone].world

    def here(self, entity: int, zone: int = WEST_ZONE) -> bool:
        return self.world(zone).row(entity) is not None
