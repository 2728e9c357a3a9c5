"""A crowd at a door, cranked by hand: people come, wait, stay for a while and go; what each was told is kept."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from protocol.codec import decode_server
from protocol.connection import Framing
from protocol.framing import tcp_frame
from protocol.limits import TCP_PREFIX_BYTES
from protocol.messages import Goodbye, Hello, Queued
from server.admission import Admission
from server.capacity import Health
from server.lanes import Lane
from server.outbox import Outbox
from server.players import NOBODY
from server.session import Session
from server.settings import AdmissionSettings, GameSettings
from server.store.records import Saved
from tests.fakes import Calm, FakeDesk, FakeTransport
from world.config import TICK_RATE_HZ

CLIENT = GameSettings()


class Told(NamedTuple):
    """What somebody heard, and when."""

    tick: int
    position: int
    estimate_s: float | None


class Person(FakeTransport):
    """Somebody who wants in."""

    def __init__(self, desk: FakeDesk, lane: Lane = Lane.ORDINARY) -> None:
        super().__init__()
        self.desk, self.lane = desk, lane
        self.told: list[Told] = []
        self.came_tick = self.in_tick = 0
        self.refused = False
        self.ticket: str | None = None
        self.session = self.connect()

    def connect(self) -> Session:
        """Another link."""
        outbox = Outbox(self, tcp_frame, lambda code, reason: None, websocket=False)
        self.session = Session(self.desk, outbox, Framing.STREAM, "192.0.2.1", CLIENT)
        return self.session

    def write(self, data: bytes) -> None:
        message = decode_server(data[TCP_PREFIX_BYTES:])
        if isinstance(message, Queued):
            self.ticket = message.ticket
            self.told.append(Told(self.desk.tick, message.position, message.estimate_s))
        self.refused = self.refused or isinstance(message, Goodbye)

    @property
    def waited_s(self) -> float:
        """From coming to being in."""
        return (self.in_tick - self.came_tick) / TICK_RATE_HZ

    def misjudged(self, left_s: float) -> list[tuple[float, float]]:
        """Every estimate that was told with at least so much left, and what was really left."""
        pairs = [(told.estimate_s, (self.in_tick - told.tick) / TICK_RATE_HZ) for told in self.told]
        return [(estimate, real) for estimate, real in pairs if estimate is not None and real >= left_s]


class Fair:
    """A city that is nothing but its door: people inside stay for exponentially distributed times."""

    def __init__(
        self,
        places: int,
        mean_stay_s: float = 45,
        joins_per_tick: int = 20,
        health: Health | None = None,
        settings: AdmissionSettings | None = None,
    ) -> None:
        game = GameSettings(players_max=places, joins_per_tick=joins_per_tick)
        self.desk = FakeDesk()
        self.desk.tick = 0
        self.door = Admission(game, settings or AdmissionSettings(), health or Calm())
        self.people: dict[Session, Person] = {}
        self.inside_most = 0
        self.players = 0
        self._mean_stay_s = mean_stay_s
        self._chance = np.random.default_rng(4)
        self._leaving: dict[int, int] = {}

    def come(self, lane: Lane = Lane.ORDINARY) -> Person:
        """Somebody says Hello."""
        person = Person(self.desk, lane)
        person.came_tick = self.desk.tick
        self.people[person.session] = person
        if not self.door.line_up(person.session, Hello(1, "one of many"), NOBODY, lane):
            person.refused = True
        return person

    def tick(self, coming: Sequence[Lane] = ()) -> None:
        """These come, and a tick goes by."""
        self.desk.tick += 1
        tick = self.desk.tick
        for _ in range(self._leaving.pop(tick, 0)):
            self.players -= 1
            self.door.forecast.left()
        for lane in coming:
            self.come(lane)
        self.door.turn(tick, self.players)
        for number, knock in enumerate(self.door.call()):
            self.door.known(knock, Saved(number + 1, "one of many", {}, None, b"", 0, "secret"))
        for knock in self.door.admit(self.players):
            self._enter(knock.session)
        self.door.tell(self.players)

    def _enter(self, session: Session | None) -> None:
        assert session is not None
        self.door.welcomed(session)
        self.people[session].in_tick = self.desk.tick
        stay = 1 + round(self._chance.exponential(self._mean_stay_s) * TICK_RATE_HZ)
        self._leaving[self.desk.tick + stay] = self._leaving.get(self.desk.tick + stay, 0) + 1
        self.players += 1
        self.inside_most = max(self.inside_most, self.players)
