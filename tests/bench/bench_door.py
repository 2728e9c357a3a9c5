"""What a full waiting room costs a tick, what it tells people included: `python -m tests.bench.bench_door`."""

from collections.abc import Iterator

import numpy as np

from protocol.connection import Framing
from protocol.framing import ws_frame
from protocol.messages import Hello
from server.admission import Admission
from server.lanes import Lane
from server.outbox import Outbox
from server.players import NOBODY
from server.session import Session
from server.settings import AdmissionSettings, GameSettings
from server.store.records import Saved
from tests.bench.bench_city import NullTransport
from tests.bench.measuring import Figures, figures, machine, now_s, print_table, settle
from tests.fakes import Calm, FakeDesk
from world.config import TICK_RATE_HZ

WAITING = (1_000, 10_000, 50_000)
WARM_TICKS = 200
TICKS = 400
PLAYERS = 3000
# A city of three thousand who stay for 45 s on average; as many of those who wait give up.
LEAVING_PER_TICK = PLAYERS / 45 / TICK_RATE_HZ
SAVED = Saved(1, "a bench player", {}, None, b"", 0, "secret")


class FullHall:
    """A full city and a line that stays as long as it is: for everybody who leaves it somebody new comes."""

    def __init__(self, waiting: int) -> None:
        game = GameSettings(players_max=PLAYERS)
        self.door = Admission(game, AdmissionSettings(), Calm())
        self.told = 0
        self._desk = FakeDesk()
        self._desk.tick = 0
        self._chance = np.random.default_rng(3)
        self._players = PLAYERS
        self._waiting = waiting
        self._line = [self._come() for _ in range(waiting)]

    def tick(self) -> None:
        """Some leave the city, as many at the door lose patience, and the door does its work."""
        self._desk.tick += 1
        for _ in range(int(self._chance.poisson(LEAVING_PER_TICK))):
            self._players -= 1
            self.door.forecast.left()
            self._give_up()
        self.door.turn(self._desk.tick, self._players)
        for knock in self.door.call():
            self.door.known(knock, SAVED)
        for knock in self.door.admit(self._players):
            assert knock.session is not None
            self.door.welcomed(knock.session)
            self._players += 1
        self.door.tell(self._players)
        self.told += self.door.told
        self.door.told = 0

    def refill(self) -> None:
        """As many as have gone come anew; the sockets' part of that is not the door's."""
        while self.door.waiting < self._waiting:
            self._line.append(self._come())

    def _give_up(self) -> None:
        session = self._line[int(self._chance.integers(len(self._line)))]
        self.door.lost(session, keeps=False)

    def _come(self) -> Session:
        outbox = Outbox(NullTransport(), ws_frame, lambda code, reason: None, websocket=True)
        session = Session(self._desk, outbox, Framing.MESSAGES, "127.0.0.1", GameSettings())
        assert self.door.line_up(session, Hello(1, "a bench player"), NOBODY, Lane.ORDINARY)
        return session


def measure(waiting: int, ticks: int = TICKS) -> Figures:
    """A tick of the door with so many in line, and µs for each message that tells somebody their position."""
    hall = FullHall(waiting)
    spent: list[float] = []
    settle()
    for tick in range(WARM_TICKS + ticks):
        if tick == WARM_TICKS:
            hall.told = 0
        hall.refill()
        begun = now_s()
        hall.tick()
        if tick >= WARM_TICKS:
            spent.append(now_s() - begun)
    return figures("door, a full hall", waiting, spent, hall.told)


def run() -> Iterator[Figures]:
    """Every size."""
    for waiting in WAITING:
        yield measure(waiting)


if __name__ == "__main__":
    print(machine())
    print_table(run())
