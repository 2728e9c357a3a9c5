"""What a tick of the whole city costs without its sockets, all in one plaza: `python -m tests.bench.bench_city`."""

from collections.abc import Iterator

import msgspec
import numpy as np

from protocol.codec import encode
from protocol.connection import Framing
from protocol.frames import GAIT_WALK, pack_intent
from protocol.framing import ws_frame
from protocol.messages import Hello, Move
from server.city import City
from server.loop import Stopwatch
from server.outbox import Outbox
from server.session import Session
from server.settings import GameSettings, ServerSettings
from tests.bench.measuring import CROWDS, Figures, figures, machine, now_s, print_table, settle
from tests.crowds import people
from tests.fakes import FakeStore
from tests.scenario import books
from world.config import WorldConfig, load_config

PLAZA = "crystal_plaza"
WARM_TICKS = 40
TICKS = 80
# Everybody turns twice a second, as the bots of the load test do.
TURN_EVERY_TICKS = 10
# Longer than ten thousand take to be let in at the pace of a slow machine.
IDLE_S = 600
PHASES = ("zones", "merge", "interest", "frames")


class NullTransport:
    """Takes everything and keeps nothing."""

    def write(self, data: bytes) -> None:
        """Gone."""

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0

    def is_closing(self) -> bool:
        """Never."""
        return False

    def abort(self) -> None:
        """Nothing to cut."""


class CpuClock:
    """Seconds of work instead of seconds gone by."""

    def now_s(self) -> float:
        """The benches' clock."""
        return now_s()

    def wall_s(self) -> float:
        """The same: nobody here asks what day it is."""
        return now_s()

    def work_s(self) -> float:
        """The same again."""
        return now_s()


class FullPlaza:
    """A city whose gate is the plaza, with clients who stand there in clusters and stroll."""

    def __init__(self, avatars: int) -> None:
        # Who comes early says nothing until the last has come.
        settings = GameSettings(players_max=avatars, joins_per_tick=1000, idle_s=IDLE_S)
        self.city = City(ServerSettings(game=settings), _opening_into_the_plaza(), CpuClock(), books(FakeStore()))
        self.sessions = [self._connect() for _ in range(avatars)]
        while not all(session.welcomed for session in self.sessions):
            self.city.loop.run_one_tick()
        self._scatter()
        self._chance = np.random.default_rng(5)
        self._inputs = 0

    def say(self, tick: int) -> None:
        """A tenth of the clients change their mind about where to go."""
        self._inputs += 1
        turning = self.sessions[tick % TURN_EVERY_TICKS :: TURN_EVERY_TICKS]
        for session, steer in zip(turning, self._chance.integers(0, 256, len(turning)).tolist(), strict=True):
            session.receive(encode(Move(pack_intent(self._inputs, steer, steer, GAIT_WALK))))

    def _connect(self) -> Session:
        outbox = Outbox(NullTransport(), ws_frame, lambda code, reason: None, websocket=True)
        session = self.city.gateway.open(outbox, Framing.MESSAGES, "127.0.0.1")
        session.receive(encode(Hello(1, "a bench player")))
        return session

    def _scatter(self) -> None:
        """Put everybody where a crowd would stand; only a bench may reach into a world."""
        world = next(host.world for host in self.city.zones if host.world.map.name == PLAZA)
        columns, area, count = world.columns, world.area, world.count
        standing = people("clustered", count, seed=1)
        columns.x[:count], columns.z[:count] = standing.x + area.x, standing.z + area.z
        columns.y[:count] = world.space.ground_cm(columns.x[:count], columns.z[:count])


def _opening_into_the_plaza() -> WorldConfig:
    config = load_config(seed=1)
    return msgspec.structs.replace(config, city=msgspec.structs.replace(config.city, gate=PLAZA))


def measure(avatars: int) -> list[Figures]:
    """The whole tick, and each of its phases; half of the viewers get a frame in it."""
    plaza = FullPlaza(avatars)
    spent: dict[str, list[float]] = {name: [] for name in ("reading", *PHASES, "whole tick")}
    served = 0
    settle()
    for tick in range(WARM_TICKS + TICKS):
        begun = now_s()
        plaza.say(tick)
        reading_s = now_s() - begun
        watch = Stopwatch(CpuClock())
        delivery = plaza.city.loop.run_one_tick(watch)
        if tick >= WARM_TICKS:
            served += len(delivery)
            spent["reading"].append(reading_s)
            spent["whole tick"].append(reading_s + sum(watch.seconds.values()))
            for phase in PHASES:
                spent[phase].append(watch.seconds[phase])
    return [figures(f"city, {name}", avatars, seconds, served) for name, seconds in spent.items()]


def run() -> Iterator[Figures]:
    """Every size."""
    return (line for avatars in CROWDS for line in measure(avatars))


if __name__ == "__main__":
    print(machine())
    print_table(run())
