"""The gateway: sessions on one side, the bus on the other, and each tick's frames between them."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from protocol import messages as m
from protocol.connection import Framing
from protocol.errors import CloseCode
from server.bus import Bus, Published, Report
from server.clock import Clock
from server.deeds import command_from
from server.delivery import Delivery, Together, Viewers
from server.detail import BY_LEVEL, TURNS
from server.fanout import Fanout
from server.gateway.addresses import key_of
from server.gateway.callers import Callers
from server.gateway.crier import Crier
from server.gateway.intake import Intake
from server.gateway.postman import Postman
from server.gateway.reception import Entrance, Reception
from server.gateway.seats import Seats
from server.gateway.silence import Silence
from server.gateway.stragglers import Stragglers
from server.joining import Step
from server.offences import OFFENCES, Offences, account_key
from server.ops.metrics import Metrics
from server.outbox import Outbox, Traffic
from server.players import Player, Players
from server.programme import Programme
from server.rations import Rations
from server.sanctions import MUTED, Sanctions
from server.scene import Scene
from server.session import Session
from server.settings import GameSettings
from server.threads import Threads
from server.wires import Wires
from world.config import WorldConfig
from world.event import OPERATOR, VITAL
from world.interest import Sight
from world.tick import Issued

# Sockets beyond those of players and of people who wait: saying Hello, or being told that there is no room.
SPARE_CONNECTIONS = 1024
CLOSING = "the city is closing"
TRANSPORT = {True: "ws", False: "tcp"}


class Gateway:
    """All clients of one process. `open` is called by the transports; it is the `Desk` of every session."""

    def __init__(
        self,
        settings: GameSettings,
        config: WorldConfig,
        bus: Bus,
        entrance: Entrance,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self.tick = 0
        self.draining = self.winding_down = False
        self.shed_level = 0
        self.traffic, self.wires = Traffic(), Wires()
        self.threads = Threads(settings.senders - 1)
        self._rations = Rations(settings)
        self.intake = Intake(self.traffic, self._rations, bus.post_moves)
        self.sessions: set[Session] = set()
        self.scene = Scene(config.city.zone)
        self.reception = Reception(settings, config, bus, metrics, entrance)
        self.reception.seated, self.reception.vacated = self._seated, self._vacated
        self._settings, self._bus, self._metrics, self._clock = settings, bus, metrics, clock
        self._pace = entrance.admission.pace
        self._tick_rate_hz = config.tick_rate_hz
        self._zone_names = [zone.name for zone in config.city.zone]
        self.programme = Programme(bus.post, self._zone_names)
        self._fanout = Fanout(self.scene, Sight())
        self._postman = Postman(settings, config.tick_rate_hz, metrics)
        self.crier = Crier(self._hand_letter)
        self._silence = Silence(settings, config.tick_rate_hz)
        self._stragglers = Stragglers(settings, config.tick_rate_hz, metrics)
        self._seats, self._together = tuple(Seats() for _ in range(TURNS)), Together()
        self._tick_began_s = clock.now_s()
        self.offences = self.reception.offences = Offences(settings, clock.now_s)
        self.callers = Callers(settings, self.offences, clock.now_s)
        self.sanctions = self.reception.sanctions = Sanctions(clock.wall_s)

    # ---- for the transports ----------------------------------------------------------------------

    def open(self, outbox: Outbox, framing: Framing, address: str, since_tick: int | None = None) -> Session:
        """A client has connected, some since an earlier tick. Where there is no room for it, its session is closed."""
        outbox.count_in(self.traffic)
        session = Session(self, outbox, framing, address, self._settings, self._rations)
        session.opened_tick = self.tick if since_tick is None else since_tick
        self.sessions.add(session)
        self._silence.opened(session, self.tick)
        refusal = self.callers.opened(address)
        self._metrics.connections_opened[TRANSPORT[outbox.websocket]].inc()
        if self.draining:
            session.close(CloseCode.GOING_AWAY, CLOSING)
        elif len(self.sessions) > self.reception.admission.connections_max + SPARE_CONNECTIONS:
            session.close(CloseCode.FULL, "no more connections")
        elif refusal is not None:
            session.close(*refusal)
        return session

    @contextmanager
    def connecting(self, times: int = 0) -> Iterator[None]:
        """Time spent within is time spent on those who connect; `times` of them are through with it."""
        began_s = self._clock.work_s()
        try:
            yield
        finally:
            self._pace.spent(Step.CONNECT, self._clock.work_s() - began_s, times)

    # ---- for the loop, in this order -------------------------------------------------------------

    def begin(self, tick: int) -> None:
        """A tick begins: hear what waits, let people in and, once a second, see who has been silent for too long."""
        self.tick = tick
        self.intake.begin(tick)
        self._tick_began_s = self._clock.now_s()
        entered = self.reception.open_door(tick)
        self._pace.spent(Step.ENTER, self._clock.now_s() - self._tick_began_s, entered)
        self.reception.tell_waiting()
        if tick % self._tick_rate_hz == 0:
            self._silence.turn(tick)
            self.reception.clear_out(tick)

    def merge(self, published: Published) -> None:
        """Take in what the zones published: the scene, who moved between them, what happened."""
        self.scene.merge(published.snapshots)
        for snapshot in published.snapshots:
            self._fanout.learn(snapshot)
            for changed in self.reception.players.learn(snapshot.profiles):
                self.reception.memory.note(changed)
            if snapshot.programme is not None:
                self.programme.learn(snapshot.zone, snapshot.programme)
            for entity, zone in snapshot.departed:
                if player := self.reception.players.find(entity):
                    player.zone = zone
                    self.intake.crossed(player)
        for report in published.reports:
            if report.only:
                self._tell_one(report)
            elif report.importance >= VITAL:
                self.crier.cry(report.payload, self._people_in(report.zone))
        self.crier.turn()
        self._postman.turn()
        self._fanout.hear(self.tick, [each for each in published.reports if not each.only and each.importance < VITAL])
        began_s = self._clock.now_s()
        welcomed = self.reception.arrived(self.scene.holds, self.tick, self._clock)
        self._pace.spent(Step.WELCOME, self._clock.now_s() - began_s, welcomed)

    def look(self) -> None:
        """Refresh the interest sets whose turn it is."""
        slots = np.concatenate([seats.viewers.slots for seats in self._seats])
        sizes = self._fanout.look(self.tick, slots[self.scene.here[slots]], self.shed_level)
        self._metrics.interest_set_size.add(sizes)

    def prepare(self) -> Delivery:
        """This tick's frames, for the share of viewers whose turn it is and who have taken the ones before."""
        ticks_per_frame = BY_LEVEL[self.shed_level].ticks_per_frame
        turn = self.tick % ticks_per_frame
        in_turn = self._seats[turn::ticks_per_frame]
        for seats in in_turn:
            self._stragglers.review(self.tick, seats)
        self._stragglers.keep_bounded(self._seats)
        viewers = self._together.of(turn, [self._keeping_up(seats) for seats in in_turn])
        delivery = self._fanout.prepare(self.tick, viewers, self.shed_level)
        delivery.count_in(self.traffic)
        delivery.wires, delivery.threads = self.wires, self.threads
        for seats in in_turn:
            seats.delivery = delivery
        websockets = int(np.count_nonzero(viewers.websocket))
        self._metrics.frames_sent["ws"].inc(websockets)
        self._metrics.frames_sent["tcp"].inc(len(viewers.outboxes) - websockets)
        self._metrics.events_heard.inc(delivery.heard)
        self._metrics.events_cut["cap"].inc(delivery.cut)
        self._metrics.events_cut["sky"].inc(delivery.counted)
        return delivery

    @property
    def behind(self) -> tuple[int, int]:
        """How many clients do not keep up with what they are sent, and how many there are."""
        return sum(len(seats.lagging) for seats in self._seats), sum(len(seats.sessions) for seats in self._seats)

    def publish_gauges(self) -> None:
        """What metrics show of this moment; once a second is often enough for a scrape."""
        zones = np.concatenate([self.scene.zone[seats.viewers.slots] for seats in self._seats]).astype(np.int64)
        websockets = np.concatenate([seats.viewers.websocket for seats in self._seats])
        players = np.bincount(zones * 2 + websockets, minlength=2 * len(self._zone_names)).tolist()
        for number, zone in enumerate(self._zone_names):
            self._metrics.layers[zone].set(self.scene.layers_in(number))
            for websocket, transport in TRANSPORT.items():
                self._metrics.players[zone, transport].set(players[number * 2 + websocket])
        self._stragglers.publish(self._seats)
        self._metrics.mailbox_bytes.set(sum(player.mailbox.size_bytes for player in self.reception.players))
        self._metrics.offenders.set(len(self.offences))
        self.reception.admission.publish(self._metrics)
        for websocket, transport in TRANSPORT.items():
            self._metrics.bytes_sent[transport].inc(self.traffic.sent[websocket])
            self._metrics.bytes_received[transport].inc(self.traffic.received[websocket])
            self.traffic.sent[websocket] = self.traffic.received[websocket] = 0

    @property
    def players(self) -> Players:
        """Everybody who has a body here."""
        return self.reception.players

    @property
    def crying(self) -> bool:
        """Whether so many announcements are under way that no more are taken."""
        return self.crier.busy

    def send_away(self, player: Player, code: CloseCode, reason: str, retry_after_s: float | None = None) -> None:
        """An operator wants this player out of the city."""
        self.reception.send_away(player, code, reason, retry_after_s, self.tick)

    def players_by_zone(self) -> dict[str, int]:
        """Bodies in each zone, those whose player may still return included, hosts not."""
        players = np.setdiff1d(self.scene.present, self.scene.performers, assume_unique=True)
        counts = np.bincount(self.scene.zone[players], minlength=len(self._zone_names))
        return dict(zip(self._zone_names, counts.tolist(), strict=True))

    def shut_the_door(self) -> None:
        """Let nobody in any more, not even who waits; they are here to the end, and told with everybody."""
        self.draining = self.reception.admission.shut = True

    def announce_end(self, in_s: float) -> None:
        """Tell everybody who has said Hello when the city closes."""
        closing = m.Closing(in_s, CLOSING)
        for session in self.sessions:
            if session.greeted:
                session.tell(closing)

    def wind_down(self) -> None:
        """Take no more deeds; those that were taken are done and answered."""
        self.shut_the_door()
        self.winding_down = True

    def farewell(self) -> None:
        """Tell everybody that the city closes."""
        self.wind_down()
        for session in list(self.sessions):
            session.close(CloseCode.GOING_AWAY, CLOSING)

    # ---- for the sessions (server.session.Desk) --------------------------------------------------

    def knock(self, session: Session, hello: m.Hello) -> None:
        """Somebody wants in, or back in."""
        if self.draining:
            session.close(CloseCode.GOING_AWAY, CLOSING)
            return
        began_s = self._clock.now_s()
        self.reception.knock(session, hello)
        self._pace.spent(Step.IDENTIFY, self._clock.now_s() - began_s, 1)

    def intend(self, player: Player, intent: bytes) -> None:
        """A player's packed intent goes to its zone."""
        self._bus.post_moves(player.zone, player.entity_bytes + intent)

    def do(self, session: Session, player: Player, wish: m.Do) -> None:
        """A deed goes to the player's zone, if there is such a deed and its fields are right."""
        command = self._forbidden(player, wish) or command_from(wish)
        if isinstance(command, m.Denied):
            self.deny(session, command)
        else:
            self._bus.post(player.zone, Issued(player.entity, wish.number, command))

    def keep(self, player: Player, settings: bytes) -> None:
        """A player's own settings are remembered with them."""
        player.settings = settings
        self.reception.memory.note(player)

    def pong(self, ping: m.Ping) -> m.Pong:
        """The tick now, and how far into it the clock is."""
        return m.Pong(ping.sent, self.tick, round((self._clock.now_s() - self._tick_began_s) * 1000, 3))

    def deny(self, session: Session, denied: m.Denied) -> None:
        """Tell a client what is not done."""
        self._metrics.denied[denied.reason].inc()
        session.tell(denied)

    def drop(self, count: int) -> None:
        """Messages dropped unread."""
        self._metrics.commands["dropped"].inc(count)

    def offended(self, session: Session, code: CloseCode) -> float:
        """A session ends for what its client did: for how many seconds it is kept out now."""
        self._metrics.offences[OFFENCES[code]].inc()
        out_s = 0.0
        if session.player is not None:
            out_s = self.offences.note(account_key(session.player.account), shared=False)
        if not self.callers.exempts(session.address):
            # Of an account, too: whoever is new each time is known by nothing else.
            out_s = max(out_s, self.offences.note(key_of(session.address), shared=True))
        return out_s

    def ended(self, session: Session, cause: CloseCode | None) -> None:
        """A session is over."""
        self.sessions.discard(session)
        self.intake.ended(session)
        self._silence.ended(session)
        self.callers.closed(session.address)
        self._metrics.connections_closed["lost" if cause is None else cause.name.lower()].inc()
        self.reception.ended(session, cause, self.tick)

    # ---- inside ----------------------------------------------------------------------------------

    def _seated(self, session: Session, player: Player) -> None:
        self._fanout.forget(player.slot)
        self._seats[player.slot % TURNS].sit(player.slot, session)
        self._postman.deliver(player)
        # Nobody is among the people around themselves, and whoever comes again does not know what they look like.
        session.outbox.write(session.outbox.frame(self._fanout.introductions.message(player.slot)))

    def _vacated(self, player: Player) -> None:
        self._seats[player.slot % TURNS].leave(player.slot)
        self._fanout.forget(player.slot)

    def _keeping_up(self, seats: Seats) -> Viewers:
        """Viewers in their turn who have room for a frame; the others pay alone."""
        viewers = seats.viewers
        ready = self.scene.here[viewers.slots]
        if seats.lagging:
            lagging = {session.outbox for session in seats.lagging}
            ready &= np.fromiter((outbox not in lagging for outbox in viewers.outboxes), np.bool_, ready.size)
        return viewers if ready.all() else viewers.only(ready)

    def _forbidden(self, player: Player, wish: m.Do) -> m.Denied | None:
        """Why this player may not do this just now, whatever exactly it is."""
        if self.winding_down:
            return m.Denied(wish.number, wish.deed, "closing", None, CLOSING)
        if wish.deed in MUTED and (muted := self.sanctions.find(player.account, "mute")):
            return m.Denied(wish.number, wish.deed, "muted", None, muted.said)
        return None

    def _people_in(self, zone: int) -> list[int]:
        """The entities of players whose body a zone has in this tick."""
        here = self.scene.present[self.scene.zone[self.scene.present] == zone]
        people: list[int] = np.setdiff1d(self.scene.entity[here], self.scene.entity[self.scene.performers]).tolist()
        return people

    def _hand_letter(self, entity: int, payload: bytes) -> None:
        if player := self.reception.players.find(entity):
            self._postman.tell(player, payload, self.tick)

    def _tell_one(self, report: Report) -> None:
        """Something for one player alone: in order, and never cut by a cap."""
        if report.entity == OPERATOR:
            self.programme.hear(report.payload)
            return
        if self.reception.turned_away(report.entity):
            return
        player = self.reception.players.find(report.entity)
        if player is not None:
            self._postman.tell(player, report.payload, self.tick)
