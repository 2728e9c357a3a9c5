"""A whole city in a test: real sessions, loop, fan-out and world; no sockets, and a clock cranked by hand.

    scenario = Scenario()
    ada = scenario.join("Ada")
    ada.send(ada.intent(NORTH))
    scenario.tick(20)
    assert ada.frame.input == 1

The same flows run over real sockets too: see tests/flow/stages.py.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from protocol import messages as m
from protocol.codec import decode_server, encode, pack_fields
from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.frames import FRAME_PREFIX, GAIT_RUN, GAIT_STAND, FrameHeader, pack_intent, read_header, read_records
from protocol.framing import Splitter, tcp_frame
from protocol.limits import SERVER_MESSAGE_BYTES_MAX
from server.auth import Verifier
from server.city import Books, City
from server.clock import HandClock
from server.entities import SLOT_MASK
from server.journal import Journal
from server.outbox import Outbox
from server.session import Session
from server.settings import AdmissionSettings, AuthSettings, GameSettings, ServerSettings
from tests.fakes import FakeStore, driven
from world.config import WorldConfig, load_config

M = TypeVar("M", bound=m.ServerMessage)

NORTH, EAST, SOUTH, WEST = 0, 64, 128, 192
TICK_S = 0.05
# Frames that a witness looks back on: a second's worth.
LATEST = 10


@cache
def content(seed: int) -> WorldConfig:
    """The packaged city, read once for all tests."""
    return load_config(None, seed)


def books(store: FakeStore, auth: AuthSettings | None = None) -> Books:
    """The books of a city without an event loop."""
    return Books(store, driven(store.begin_run()), Verifier(auth or AuthSettings()), driven)


class Witness:
    """What one client has been told, and the few things it remembers to say; knows no transport."""

    def __init__(self) -> None:
        self.heard: list[m.AnyServerMessage] = []
        self.frames: list[FrameHeader] = []
        self.records: list[bytes] = []
        self.inputs = 0

    def hear(self, message: m.AnyServerMessage) -> None:
        """Remember a message."""
        self.heard.append(message)
        if isinstance(message, m.Frame):
            self.frames.append(read_header(FRAME_PREFIX + message.header))
            self.records.append(message.records)

    @property
    def shown(self) -> list[list[int]]:
        """Whom each of the latest few frames showed."""
        return [read_records(records)["entity"].tolist() for records in self.records[-LATEST:]]

    @property
    def places(self) -> dict[int, tuple[int, int, int]]:
        """Where the latest few frames showed everybody last."""
        places: dict[int, tuple[int, int, int]] = {}
        for header, records in zip(self.frames[-LATEST:], self.records[-LATEST:], strict=True):
            for entity, dx, dy, dz, *_ in read_records(records).tolist():
                places[entity] = header.x + dx, header.y + dy, header.z + dz
        return places

    def all(self, kind: type[M]) -> list[M]:
        """Every message of a kind, in order."""
        return [message for message in self.heard if isinstance(message, kind)]

    def last(self, kind: type[M]) -> M:
        """The latest message of a kind; fails when there was none."""
        found = self.all(kind)
        assert found, f"no {kind.__name__} among {[type(message).__name__ for message in self.heard]}"
        return found[-1]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The fields of every event of this name."""
        return [message.fields for message in self.all(m.Happened) if message.event == name]

    @property
    def welcome(self) -> m.Welcome:
        """What this client was told when it came in."""
        return self.last(m.Welcome)

    @property
    def entity(self) -> int:
        """Whose body this client has."""
        return self.welcome.entity

    @property
    def frame(self) -> FrameHeader:
        """The header of the latest frame."""
        return self.frames[-1]

    def intent(self, steer: int, gait: int = GAIT_RUN, jump: bool = False) -> m.Move:
        """The next Move, with the next input number."""
        self.inputs += 1
        return m.Move(pack_intent(self.inputs, steer, steer, gait, jump))

    def stop(self) -> m.Move:
        """The Move that stands still."""
        return self.intent(0, GAIT_STAND)


def deed(name: str, number: int = 1, **fields: Any) -> m.Do:
    """A Do."""
    return m.Do(number, name, pack_fields(fields))


class FakeLink:
    """A transport that hands everything to a client at once, unless told that the client has stopped reading."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self.stalled = False
        self.gone = False
        self.backlog = bytearray()
        self.parted: tuple[int, str] | None = None

    def write(self, data: bytes) -> None:
        if self.stalled:
            self.backlog += data
        else:
            self._take(data)

    def get_write_buffer_size(self) -> int:
        return len(self.backlog)

    def is_closing(self) -> bool:
        return self.gone

    def abort(self) -> None:
        self.gone = True

    def part(self, code: int, reason: str) -> None:
        self.parted = code, reason
        self.gone = True

    def stall(self, backlog: int) -> None:
        """The client stops reading, with so much waiting for it already."""
        self.stalled = True
        self.backlog += bytes(backlog)

    def read_again(self) -> None:
        """The client takes what has waited."""
        self.stalled = False
        waiting, self.backlog = bytes(self.backlog), bytearray()
        self._take(waiting)


class Client(Witness):
    """A client in the same process, talking TCP framing to a real session."""

    def __init__(self, city: City, address: str = "127.0.0.1") -> None:
        super().__init__()
        self.link = FakeLink(self._take)
        self._splitter = Splitter(SERVER_MESSAGE_BYTES_MAX)
        outbox = Outbox(self.link, tcp_frame, self.link.part, websocket=False)
        self.session: Session = city.gateway.open(outbox, Framing.STREAM, address)

    def send(self, *messages: m.AnyClientMessage) -> None:
        """Say something."""
        for message in messages:
            self.session.receive(tcp_frame(encode(message)))

    def send_bytes(self, data: bytes) -> None:
        """Say anything at all."""
        self.session.receive(data)

    def vanish(self) -> None:
        """The link breaks."""
        self.link.gone = True
        self.session.lost()

    @property
    def closed_with(self) -> CloseCode | None:
        """How the server ended the connection, if it has."""
        return CloseCode(self.link.parted[0]) if self.link.parted else None

    def _take(self, data: bytes) -> None:
        for payload in self._splitter.feed(data):
            self.hear(decode_server(payload))


class Scenario:
    """A city without sockets. Ticks happen when told, and what they send arrives at once."""

    def __init__(
        self,
        settings: GameSettings | None = None,
        config: WorldConfig | None = None,
        seed: int = 1,
        auth: AuthSettings | None = None,
        journal: Journal | None = None,
        admission: AdmissionSettings | None = None,
    ) -> None:
        self.clock = HandClock()
        self.store = FakeStore()
        told = ServerSettings(game=settings or GameSettings(), admission=admission or AdmissionSettings())
        self.city = City(told, config or content(seed), self.clock, books(self.store, auth), journal)

    def connect(self, address: str = "127.0.0.1") -> Client:
        """A client that has said nothing yet."""
        return Client(self.city, address)

    def join(self, name: str = "Ada", resume: str | None = None) -> Client:
        """A client that is in."""
        return self.join_all([name], resume)[0]

    def join_all(self, names: Sequence[str], resume: str | None = None) -> list[Client]:
        """Clients that are all in, after as many ticks as the door takes."""
        clients = [self.connect() for _ in names]
        for client, name in zip(clients, names, strict=True):
            client.send(m.Hello(1, name, resume=resume))
        for _ in range(2 + len(names)):
            self.tick()
            if all(client.frames for client in clients):
                break
        return clients

    def tick(self, ticks: int = 1) -> None:
        """Let time pass."""
        for _ in range(ticks):
            self.clock.forward(TICK_S)
            delivery = self.city.loop.run_one_tick()
            delivery.write(0, len(delivery))
            for errand in (self.city.settler, self.city.keeper):
                driven(errand.advance())

    def sample(self, name: str, **labels: str) -> float:
        """What a metric says now; fails where there is no such series."""
        value = self.city.metrics.registry.get_sample_value(f"futurecity_{name}", labels)
        assert value is not None, name
        return value

    def place(self, entity: int, x: int, z: int) -> None:
        """Put a body somewhere in its zone, as only a test can."""
        world = self.city.zones[self.city.gateway.scene.zone[entity & SLOT_MASK]].world
        row = world.here(entity)
        world.columns.x[row], world.columns.z[row] = x, z
        world.columns.y[row] = world.space.ground_at(x, z)
        world.rests_until = 0
