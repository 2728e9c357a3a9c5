"""Who comes into the city, who comes back, and who leaves: from Hello to a body and from a lost link to none.

Hello ── resume token, or somebody who is here already ──────────────────► lane of the returning ─► their body
  ├── ticket, or somebody who waits already ──► their place in line ──┐
  └── signed token checked ──► a place in line ── a place is free ────┴──► accounts: who is that? ─► a body, where
                                                                          they last stood
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from protocol.errors import CloseCode
from protocol.messages import Hello
from server.accounts import Accounts, Memory
from server.admission import Admission
from server.auth import BadToken, Verifier, is_signed
from server.bus import Bus
from server.clock import Clock
from server.entities import EntityIds
from server.gateway.greeting import Greeting
from server.knock import Knock
from server.lanes import Lane
from server.offences import Offences, account_key
from server.ops.metrics import Metrics
from server.players import NOTHING_KEPT, Identity, Player, Players
from server.sanctions import Sanctions
from server.session import Session
from server.settings import GameSettings
from server.store.records import Arrival, Place, Saved, StoreAway
from world.config import WorldConfig
from world.event import Command
from world.events.halt import Halt
from world.events.join import Join, Stand
from world.events.leave import Leave
from world.looks import worn
from world.tick import Issued

# Ends after which the body waits for its player: the link was at fault, not the client.
KEEP_THE_BODY = frozenset({None, CloseCode.IDLE, CloseCode.SLOW})
CANNOT_LOOK_UP = "the city cannot look up who you are just now"


class Entrance(NamedTuple):
    """Where the reception learns who somebody is, and who may come in when."""

    verifier: Verifier
    accounts: Accounts
    admission: Admission


class Reception:
    """Players, and the door they come through.

    `seated` and `vacated` are told of every viewer who comes and goes, `memory` of whoever leaves for good.
    """

    def __init__(
        self, settings: GameSettings, config: WorldConfig, bus: Bus, metrics: Metrics, entrance: Entrance
    ) -> None:
        self.players = Players()
        self.seated: Callable[[Session, Player], None]
        self.vacated: Callable[[Player], None]
        self.memory: Memory
        self.offences: Offences
        self.sanctions: Sanctions
        self._settings, self._bus, self._metrics = settings, bus, metrics
        self._verifier, self._accounts, self.admission = entrance
        self._tick_rate_hz, self._avatar = config.tick_rate_hz, config.avatar
        self._zones = [zone.rect for zone in config.city.zone]
        self._gate = [zone.name for zone in config.city.zone].index(config.city.gate)
        self._greeting = Greeting(config, settings)
        self._ids = EntityIds()
        self._arriving: dict[int, tuple[Session, Player]] = {}

    def renew(self, config: WorldConfig) -> None:
        """From now on newcomers are told what there is in this content."""
        self._greeting = Greeting(config, self._settings)

    def knock(self, session: Session, hello: Hello) -> None:
        """Somebody wants in, or back in; they wait for their turn."""
        if self.players.returning(hello.resume) is not None:
            self.admission.come_back(session, hello)
        elif not self.admission.take_up(session, hello.resume):
            self._line_up(session, hello)

    def open_door(self, tick: int) -> int:
        """Ask who those are whose turn is near, and let in those whose turn it is; how many that were."""
        self.admission.turn(tick, len(self.players))
        for knock in self.admission.call():
            arrival = Arrival(knock.identity.subject, knock.identity.guest, knock.hello.name or "")
            self._accounts.enter(arrival, partial(self._identified, knock))
        self._accounts.turn()
        admitted = self.admission.admit(len(self.players))
        for knock in admitted:
            self._enter(knock, tick)
        return len(admitted)

    def tell_waiting(self) -> None:
        """Tell those who wait where they stand, whoever it is time for."""
        self.admission.tell(len(self.players))

    def arrived(self, is_here: Callable[[int], bool], tick: int, clock: Clock) -> int:
        """Welcome those whose body has appeared in the city; how many those were."""
        here = [entity for entity in self._arriving if is_here(entity)]
        for entity in here:
            session, player = self._arriving.pop(entity)
            missed: int | None = 0
            if player.returned:
                # Not earlier: whoever never hears of the new token must be able to use the old one.
                self.players.renew(player)
                missed = player.mailbox.begin_again(player.heard)
                self._metrics.letters["missed" if missed is None else "again"].inc(1 if missed is None else missed)
            self._metrics.joins["resumed" if player.returned else "welcomed"].inc()
            if knock := self.admission.welcomed(session):
                self._metrics.admitted(knock.lane.value, (tick - knock.since_tick) / self._tick_rate_hz)
            session.welcome(self._greeting.welcome(player, missed, tick, clock.wall_s()))
            self.seated(session, player)
        return len(here)

    def turned_away(self, entity: int) -> bool:
        """Whether this entity was still arriving when its zone refused it; its session ends then.

        Whoever is coming back is there already: what is refused then is a deed from before.
        """
        arriving = self._arriving.get(entity)
        if arriving is None or arriving[1].returned:
            return False
        session, player = arriving
        if player.zone != self._gate:
            # Where they last stood there is no place for them now; at the gate there may be.
            self._join(player, self._gate)
        else:
            self._refuse(session, CloseCode.FULL, "the zone at the gate is full")
        return True

    def ended(self, session: Session, cause: CloseCode | None, tick: int) -> None:
        """A session is over. Its player's body stays for a while if the link was at fault."""
        keeps = cause in KEEP_THE_BODY
        self.admission.lost(session, keeps)
        player = session.player
        if player is None or player.link is not session:
            return
        player.link = None
        player.lost_tick = tick
        self.vacated(player)
        arriving = self._arriving.pop(player.entity, None) is not None
        if arriving:
            self._metrics.joins["lost"].inc()
        if keeps and self._settings.resume_s > 0 and (player.returned or not arriving):
            self._post(player, Halt())
        else:
            self._remove(player, tick)

    def send_away(self, player: Player, code: CloseCode, reason: str, retry_after_s: float | None, tick: int) -> None:
        """An operator wants this player out: the link ends, if there is one, and the body leaves."""
        if isinstance(player.link, Session):
            player.link.close(code, reason, retry_after_s)
        else:
            self._remove(player, tick)

    def clear_out(self, tick: int) -> None:
        """Players who lost their link and whose time to return is up leave the city."""
        for player in self.players.lost_before(tick - round(self._settings.resume_s * self._tick_rate_hz)):
            self._remove(player, tick)

    def _line_up(self, session: Session, hello: Hello) -> None:
        """Somebody who is not here says who they are; whoever is here or waits after all comes back instead."""
        try:
            identity, lane = self._identity(hello)
        except BadToken as bad:
            self._refuse(session, CloseCode.BAD_TOKEN, str(bad))
            return
        if self.players.known(identity):
            self.admission.come_back(session, hello, identity)
        elif self.admission.take_up(session, None, identity):
            return
        elif self.admission.away:
            self._refuse(session, CloseCode.UNAVAILABLE, CANNOT_LOOK_UP)
        elif not self.admission.line_up(session, hello, identity, lane):
            self._refuse(session, CloseCode.FULL, "every place is taken, and as many wait as may wait")

    def _identity(self, hello: Hello) -> tuple[Identity, Lane]:
        token = hello.token
        if token is not None and is_signed(token):
            bearer = self._verifier.bearer(token)
            return Identity(subject=bearer.subject), Lane.STAFF if bearer.staff else Lane.ORDINARY
        if not self._verifier.guests:
            raise BadToken("field 'token': this city lets nobody in without a signed token")
        return Identity(guest=token), Lane.ORDINARY

    def _identified(self, knock: Knock, found: Saved | StoreAway | None) -> None:
        session = knock.session
        if isinstance(found, StoreAway):
            if not self.admission.put_back(knock) and session is not None:
                self._refuse(session, CloseCode.UNAVAILABLE, CANNOT_LOOK_UP)
        elif found is None:
            if session is not None:
                self._refuse(
                    session, CloseCode.BAD_TOKEN, "field 'token': nobody has this one; without one you are new"
                )
            self.admission.unknown(knock)
        elif out_s := self.offences.out_s(account_key(found.account)):
            if session is not None:
                self._metrics.joins["refused"].inc()
                session.close(CloseCode.FLOOD, "this account has sent too much that no client sends", round(out_s, 1))
            self.admission.unknown(knock)
        elif banned := self.sanctions.find(found.account, "ban"):
            if session is not None:
                self._refuse(session, CloseCode.BANNED, banned.reason, banned.seconds)
            self.admission.unknown(knock)
        else:
            self.admission.known(knock, found)

    def _enter(self, knock: Knock, tick: int) -> None:
        """It is somebody's turn: they get the body that is theirs, or a new one."""
        session = knock.session
        assert session is not None, "whoever has lost the link waits until they are back"
        if player := self._body_of(knock):
            self._give_back(knock, player)
        elif knock.saved is None:
            # Came for a body that is gone by now.
            self.admission.forget(knock)
            self._line_up(session, knock.hello)
        elif banned := self.sanctions.find(knock.saved.account, "ban"):
            # Since the books were asked: a place may be held for half a minute.
            self.admission.forget(knock)
            self._refuse(session, CloseCode.BANNED, banned.reason, banned.seconds)
        else:
            self._give_body(session, knock, knock.saved, tick)

    def _body_of(self, knock: Knock) -> Player | None:
        """Where somebody has a body here already, however they show that it is theirs."""
        return (
            self.players.returning(knock.hello.resume)
            or self.players.known(knock.identity)
            or (self.players.owner(knock.saved.account) if knock.saved else None)
        )

    def _give_body(self, session: Session, knock: Knock, saved: Saved, tick: int) -> None:
        # They may have left so lately that the store does not know it yet.
        latest = self.memory.newest(saved.account) or saved
        name = knock.hello.name or latest.name or f"Visitor {saved.account}"
        identity = Identity(knock.identity.subject, saved.token)
        player = Player(self._ids.take(tick), name, self._gate, session, saved.account, identity)
        # One way back for one visit: if the first Welcome is lost with the link, the ticket leads to the body.
        player.resume = knock.ticket
        player.look, player.balance = worn(self._avatar, latest.look, saved.account), saved.balance
        player.settings = latest.settings or NOTHING_KEPT
        player.staff = knock.lane is Lane.STAFF
        session.player = player
        self.players.add(player)
        self._arriving[player.entity] = session, player
        place = latest.place or saved.place
        self._join(player, self._zone_at(place), place)

    def _join(self, player: Player, zone: int, place: Place | None = None) -> None:
        player.zone = zone
        stand = Stand(*place) if place else None
        self._post(player, Join(player.name, player.look, account=player.account, place=stand, staff=player.staff))

    def _zone_at(self, place: Place | None) -> int:
        """The zone of a place; the gate's, if the city has changed and the place is in none any more."""
        if place is None:
            return self._gate
        zones = (number for number, rect in enumerate(self._zones) if rect.contains(place.x, place.z))
        return next(zones, self._gate)

    def _give_back(self, knock: Knock, player: Player) -> None:
        session, hello = knock.session, knock.hello
        assert session is not None, "whoever has lost the link waits until they are back"
        before, player.link = player.link, session
        # Who comes without the token has heard nothing that we could go by.
        player.heard = hello.heard if hello.resume == player.resume else None
        # Whose body has not appeared yet has not been welcomed, and is still a newcomer.
        player.returned = player.returned or player.entity not in self._arriving
        session.player = player
        self._arriving[player.entity] = session, player
        if isinstance(before, Session):
            self.vacated(player)
            # As where a link was lost: the new one counts its inputs from wherever it likes.
            self._post(player, Halt())
            before.close(CloseCode.REPLACED, "your player came back over another connection")

    def _refuse(self, session: Session, code: CloseCode, reason: str, retry_after_s: float | None = None) -> None:
        self._metrics.joins["refused"].inc()
        session.close(code, reason, None if retry_after_s is None else round(retry_after_s, 1))

    def _remove(self, player: Player, tick: int) -> None:
        self.memory.note(player)
        self.admission.forecast.left()
        self._post(player, Leave())
        self.players.remove(player)
        self._ids.give_back(player.entity, tick)

    def _post(self, player: Player, command: Command) -> None:
        self._bus.post(player.zone, Issued(player.entity, 0, command))
