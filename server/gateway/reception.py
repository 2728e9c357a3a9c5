"""Who comes into the city, who comes back, and who leaves: from Hello to a body and from a lost link to none."""

from collections.abc import Callable

from protocol.errors import CloseCode
from protocol.messages import Hello
from server.admission import Admission, Knock
from server.bus import Bus
from server.clock import Clock
from server.entities import EntityIds
from server.gateway.greeting import Greeting
from server.ops.metrics import Metrics
from server.players import Player, Players
from server.session import Session
from server.settings import GameSettings
from world.config import WorldConfig
from world.event import Command
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.tick import Issued

# Ends after which the body waits for its player: the link was at fault, not the client.
KEEP_THE_BODY = frozenset({None, CloseCode.IDLE, CloseCode.SLOW})


class Reception:
    """Players, and the door they come through. `seated` and `vacated` are told of every viewer who comes and goes."""

    def __init__(self, settings: GameSettings, config: WorldConfig, bus: Bus, metrics: Metrics) -> None:
        self.players = Players()
        self.seated: Callable[[Session, Player], None]
        self.vacated: Callable[[Player], None]
        self._settings, self._bus, self._metrics = settings, bus, metrics
        self._tick_rate_hz = config.tick_rate_hz
        self._gate = [zone.name for zone in config.city.zone].index(config.city.gate)
        self._greeting = Greeting(config, settings)
        self._admission = Admission(settings)
        self._ids = EntityIds()
        self._arriving: dict[int, tuple[Session, Player]] = {}

    def knock(self, session: Session, hello: Hello) -> None:
        """Somebody wants in, or back in; they wait for their turn."""
        returning = self.players.returning(hello.resume) is not None
        if hello.token is not None:
            self._refuse(session, CloseCode.BAD_TOKEN, "field 'token': this city checks none; join by name")
        elif not returning and not self._admission.has_room(len(self.players)):
            self._refuse_full(session)
        else:
            self._admission.knock(Knock(session, hello), returning)

    def open_door(self, tick: int) -> None:
        """Let in those whose turn it is."""
        for session, hello in self._admission.admit():
            if player := self.players.returning(hello.resume):
                self._give_back(session, player)
            elif len(self.players) < self._settings.players_max:
                self._give_body(session, hello, tick)
            else:
                # Came as returning, past the count of places, with a token that is good no more.
                self._refuse_full(session)

    def arrived(self, is_here: Callable[[int], bool], tick: int, clock: Clock) -> None:
        """Welcome those whose body has appeared in the city."""
        for entity in [entity for entity in self._arriving if is_here(entity)]:
            session, player = self._arriving.pop(entity)
            resumed = player.returned
            if resumed:
                # Not earlier: whoever never hears of the new token must be able to use the old one.
                self.players.renew(player)
            self._metrics.joins["resumed" if resumed else "welcomed"].inc()
            session.welcome(self._greeting.welcome(player, resumed, tick, clock.wall_s()))
            self.seated(session, player)

    def turned_away(self, entity: int) -> bool:
        """Whether this entity was still arriving when its zone refused it; its session ends then.

        Whoever is coming back is there already: what is refused then is a deed from before.
        """
        arriving = self._arriving.get(entity)
        if arriving is None or arriving[1].returned:
            return False
        self._refuse(arriving[0], CloseCode.FULL, "the zone at the gate is full")
        return True

    def ended(self, session: Session, cause: CloseCode | None, tick: int) -> None:
        """A session is over. Its player's body stays for a while if the link was at fault."""
        player = session.player
        if player is None or player.link is not session:
            return
        player.link = None
        player.lost_tick = tick
        self.vacated(player)
        arriving = self._arriving.pop(player.entity, None) is not None
        if arriving:
            self._metrics.joins["lost"].inc()
        if cause in KEEP_THE_BODY and self._settings.resume_s > 0 and (player.returned or not arriving):
            self._post(player, Halt())
        else:
            self._remove(player, tick)

    def clear_out(self, tick: int) -> None:
        """Players who lost their link and whose time to return is up leave the city."""
        for player in self.players.lost_before(tick - round(self._settings.resume_s * self._tick_rate_hz)):
            self._remove(player, tick)

    def _give_body(self, session: Session, hello: Hello, tick: int) -> None:
        entity = self._ids.take(tick)
        player = Player(entity, hello.name or f"Visitor {entity & 0xFFFF}", self._gate, session)
        session.player = player
        self.players.add(player)
        self._arriving[entity] = session, player
        self._post(player, Join(player.name))

    def _give_back(self, session: Session, player: Player) -> None:
        before, player.link = player.link, session
        player.returned = True
        session.player = player
        self._arriving[player.entity] = session, player
        if isinstance(before, Session):
            self.vacated(player)
            before.close(CloseCode.REPLACED, "your player came back over another connection")

    def _refuse_full(self, session: Session) -> None:
        self._refuse(session, CloseCode.FULL, f"all {self._settings.players_max} places are taken")

    def _refuse(self, session: Session, code: CloseCode, reason: str) -> None:
        self._metrics.joins["refused"].inc()
        session.close(code, reason)

    def _remove(self, player: Player, tick: int) -> None:
        self._post(player, Leave())
        self.players.remove(player)
        self._ids.give_back(player.entity, tick)

    def _post(self, player: Player, command: Command) -> None:
        self._bus.post(player.zone, Issued(player.entity, 0, command))
