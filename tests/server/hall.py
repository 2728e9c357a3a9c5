"""A reception without its gateway: what comes to the door and goes out of it, tick by tick."""

from collections.abc import Callable

from msgspec import structs

from protocol.codec import encode
from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.framing import tcp_frame
from protocol.messages import AnyClientMessage, Goodbye, Hello, Welcome
from server.accounts import StoredAccounts
from server.admission import Admission
from server.auth import Verifier
from server.bus import LocalBus
from server.clock import HandClock
from server.gateway.reception import Entrance, Reception
from server.offences import Offences
from server.ops.metrics import Metrics
from server.outage import Outage
from server.players import Player
from server.sanctions import Sanctions
from server.session import Session
from server.settings import AdmissionSettings, AuthSettings, GameSettings
from server.store.records import PlayerState
from tests.fakes import Calm, FakeClient, FakeDesk, FakeStore, driven
from tests.world.hamlet import CITY, config
from world.event import Command
from world.events.join import Join
from world.looks import worn

TICKS_PER_S = 20
RESUME_S = 3.0
GRACE_S = 2.0


class FakeMemory:
    """Remembers who was noted, and what a test makes it remember."""

    def __init__(self) -> None:
        self.noted: list[int] = []
        self.states: dict[int, PlayerState] = {}

    def note(self, player: Player) -> None:
        self.noted.append(player.account)

    def newest(self, account: int) -> PlayerState | None:
        return self.states.get(account)


class Hall(FakeDesk):
    """A reception with a bus and books behind it; bodies appear when the test lets them."""

    def __init__(
        self, settings: GameSettings, auth: AuthSettings | None = None, waits: AdmissionSettings | None = None
    ) -> None:
        super().__init__()
        self.tick = 0
        self.bus = LocalBus(len(CITY.zone))
        self.metrics = Metrics([zone.name for zone in CITY.zone])
        self.store = FakeStore()
        accounts = StoredAccounts(self.store, Outage(self.metrics, HandClock()), driven)
        waits = waits or AdmissionSettings(waiting_max=0, grace_s=GRACE_S)
        self.admission = Admission(settings, waits, Calm())
        entrance = Entrance(Verifier(auth or AuthSettings()), accounts, self.admission)
        self.reception = Reception(settings, config(), self.bus, self.metrics, entrance)
        self.memory = self.reception.memory = FakeMemory()
        self.reception.offences = Offences(settings, lambda: self.tick / TICKS_PER_S)
        self.reception.sanctions = Sanctions(lambda: self.tick / TICKS_PER_S)
        self.reception.seated = lambda session, player: self.seats.update({player.entity: session})
        self.reception.vacated = self._vacated
        self.seats: dict[int, Session] = {}
        self.settings = settings

    def _vacated(self, player: Player) -> None:
        self.seats.pop(player.entity, None)

    def knock(self, session: Session, hello: Hello) -> None:
        self.reception.knock(session, hello)

    def ended(self, session: Session, cause: CloseCode | None) -> None:
        super().ended(session, cause)
        self.reception.ended(session, cause, self.tick)

    def pass_tick(self, ticks: int = 1, is_here: Callable[[int], bool] = lambda _: True) -> None:
        """The door opens, and whoever is `is_here` has appeared."""
        for _ in range(ticks):
            self.tick += 1
            self.reception.open_door(self.tick)
            self.reception.tell_waiting()
            self.reception.arrived(is_here, self.tick, HandClock(self.tick / TICKS_PER_S))
            self.reception.clear_out(self.tick)

    def posted(self, zone: int = 0) -> list[Command]:
        """What the reception has asked of a zone since the last look."""
        return [issued.command for issued in self.bus.take_batch(zone).commands]

    def joins(self, outcome: str) -> float:
        value = self.metrics.registry.get_sample_value("futurecity_joins_total", {"outcome": outcome})
        assert value is not None
        return value


def dressed(join: Join) -> Join:
    """The same, in what whoever has this account wears: all that is not chosen is by lot."""
    return structs.replace(join, look=worn(config().avatar, join.look, join.account))


class Guest:
    """A client at the reception."""

    def __init__(self, hall: Hall) -> None:
        self.client = FakeClient()
        self.session = Session(hall, self.client, Framing.STREAM, "192.0.2.1", hall.settings)

    def say(self, message: AnyClientMessage) -> "Guest":
        self.session.receive(tcp_frame(encode(message)))
        return self

    @property
    def welcome(self) -> Welcome:
        (welcome,) = self.client.all(Welcome)
        assert isinstance(welcome, Welcome)
        return welcome

    @property
    def goodbye(self) -> Goodbye:
        last = self.client.heard[-1]
        assert isinstance(last, Goodbye)
        return last

    @property
    def player(self) -> Player:
        assert self.session.player is not None
        return self.session.player


def knocking(hall: Hall, name: str = "Ada", resume: str | None = None) -> Guest:
    return Guest(hall).say(Hello(1, name, resume=resume))


def settled(hall: Hall, name: str = "Ada", resume: str | None = None) -> Guest:
    guest = knocking(hall, name, resume)
    hall.pass_tick()
    return guest
