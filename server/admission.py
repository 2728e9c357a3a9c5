"""The door: who may come in now, who waits, and what those are told.

    Hello ─► line ── a place is free ──► called: asked of the store ──► ready ── its turn ──► a body, and in
                └ told: ticket, position, estimate                        ▲
    a body stands here ───────────────────────────────────────────────────┘

Time is ticks, and there is no socket in it: whoever cranks `turn`, `call`, `admit` and `tell`, in this order and once
a tick, has the whole door, be it the city or a simulation.
"""

import numpy as np

from protocol.messages import Hello, Queued
from server.capacity import Capacity, Health
from server.forecast import Forecast, Outlook
from server.joining import JoinPace
from server.knock import Knock, Stage
from server.lanes import Lane, Turns
from server.line import Positions
from server.ops.health import Outside
from server.ops.metrics import Metrics
from server.players import NOBODY, Identity
from server.session import Session
from server.settings import AdmissionSettings, GameSettings
from server.store.records import Saved
from server.waiting_room import LINES, WaitingRoom
from world.config import TICK_RATE_HZ

# So many ticks' worth of joins may be in login: the store answers within a few ticks, on a slow disk in half a second.
LOGIN_TICKS = 10
# How long nobody is called after the store did not answer; then one at a time, until it does.
AWAY_TICKS = TICK_RATE_HZ


class Admission:
    """Lines, capacity, pace and forecast, put together. People in login hold a place like those who are in."""

    def __init__(self, game: GameSettings, settings: AdmissionSettings, health: Health) -> None:
        self.shut = False
        self.told = 0
        self.capacity = Capacity(game.players_max, settings.busy_max, health, TICK_RATE_HZ)
        self.pace = JoinPace(settings.join_budget_ms, game.joins_per_tick)
        self.forecast = Forecast(TICK_RATE_HZ, game.joins_per_tick)
        self.room = WaitingRoom(round(settings.grace_s * TICK_RATE_HZ))
        self.connections_max = game.players_max + settings.waiting_max
        self._settings = settings
        self._calling, self._entering = Turns(), Turns()
        self._tick = 0
        self._players = 0
        self._asked = 0
        # While the store is away: the tick from which on one visitor is asked about again.
        self._away_until: int | None = None

    # ---- coming ----------------------------------------------------------------------------------

    @property
    def away(self) -> bool:
        """Whether the store did not answer a moment ago, so that nobody new can be looked up."""
        return self._away_until is not None and self._tick < self._away_until

    def come_back(self, session: Session, hello: Hello, identity: Identity = NOBODY) -> None:
        """Somebody has a body here."""
        self.room.come_back(Knock(session, hello, Lane.RETURNING, self._tick, identity))

    def take_up(self, session: Session, ticket: str | None, identity: Identity = NOBODY) -> bool:
        """Somebody has a place in line already, and is back; whether that is so."""
        knock = self.room.find(ticket, identity)
        if knock is None or knock.stage is Stage.ENTERING:
            return False
        self.room.take_up(knock, session)
        return True

    def line_up(self, session: Session, hello: Hello, identity: Identity, lane: Lane) -> bool:
        """Somebody new takes a place in line; whether there is one. Those who can go in at once take none away."""
        if self.room.lines[lane].waiting - max(0, self._free(lane)) >= self._settings.waiting_max:
            return False
        self.room.line_up(Knock(session, hello, lane, self._tick, identity))
        return True

    def lost(self, session: Session, keeps: bool) -> None:
        """A session is over; `keeps` if the link was at fault."""
        self.room.lost(session, keeps, self._tick)

    def forget(self, knock: Knock) -> None:
        """Somebody is at the door no longer, or has to begin anew."""
        self.room.forget(knock)

    def welcomed(self, session: Session) -> Knock | None:
        """Somebody is in: who that was, if they came through this door."""
        knock = self.room.of(session)
        if knock is not None:
            self.room.forget(knock)
        return knock

    @property
    def newcomers_per_tick(self) -> int:
        """How many of each line may join in a tick; each level of shedding halves it, for they cost most at first.

        Not so for whoever returns: their body is here and costs what it did, and while they are out they see nothing.
        """
        return max(1, self.pace.per_tick >> self.capacity.level)

    # ---- once a tick, in this order --------------------------------------------------------------

    def turn(self, tick: int, players: int) -> None:
        """A tick begins, with so many people in the city, those who may still return to their body included."""
        self._tick, self._players = tick, players
        self.capacity.turn(players, self.pace.take_spent_s())
        self.forecast.turn(players)
        self.room.clear_out(tick)

    def call(self) -> list[Knock]:
        """Whose turn is so near that it is time to ask who they are.

        What comes of each must be said once: `known`, `unknown` or `put_back`.
        """
        if self.shut or self.away:
            return []
        if not self.waiting:
            self._calling.forgive()
            return []
        wanted = {lane: min(self.room.lines[lane].waiting, max(0, self._free(lane))) for lane in LINES}
        most = 1 if self._away_until is not None else self.newcomers_per_tick * LOGIN_TICKS
        in_login = self._asked + sum(len(self.room.ready[lane]) for lane in LINES)
        shares = self._calling.share(min(most - in_login, self._free(Lane.STAFF)), wanted)
        called = [knock for lane, count in shares.items() for knock in self.room.call(lane, count)]
        self._asked += len(called)
        return called

    def admit(self, players: int) -> list[Knock]:
        """Who gets a body in this tick; there are so many people now."""
        self._players = players
        if self.shut:
            return []
        admitted = []
        if any(self.room.ready.values()):
            wanted = {lane: len(ready) for lane, ready in self.room.ready.items()}
            wanted |= {lane: min(wanted[lane], self.newcomers_per_tick) for lane in LINES}
            shares = self._entering.share(self.pace.per_tick, wanted)
            admitted = [knock for lane, count in shares.items() for knock in self.room.enter(lane, count)]
        else:
            self._entering.forgive()
        if any(self.room.ready[lane] for lane in LINES) or (self.waiting and self._left > 0):
            self.forecast.joined(sum(knock.lane in LINES for knock in admitted))
        return admitted

    def tell(self, players: int) -> None:
        """Tell those who wait where they stand: whoever has just come at once, others when it has changed."""
        self._players = players
        for lane, line in self.room.lines.items():
            if not len(line):
                continue
            knocks, positions = line.due(self._tick, self._settings.told_per_tick)
            waits = self._waits_s(lane, positions)
            for knock, position, wait_s in zip(knocks, positions.tolist(), waits, strict=True):
                self._tell(knock, position, wait_s)

    # ---- what the books say ----------------------------------------------------------------------

    def known(self, knock: Knock, saved: Saved) -> None:
        """The books know who was asked about."""
        self._answered()
        if knock.stage is Stage.ASKED:
            self.room.known(knock, saved)

    def unknown(self, knock: Knock) -> None:
        """The books know nobody of that kind, or somebody who is kept out."""
        self._answered()
        if knock.stage is Stage.ASKED:
            self.room.leave(knock)

    def put_back(self, knock: Knock) -> bool:
        """The store is away. Whoever has heard of their place keeps it; whether that is so."""
        kept = knock.stage is Stage.ASKED and knock.told
        self._asked -= 1
        # Whoever has not waited yet is told at once whether the store is back; those who have can wait a second more.
        self._away_until = self._tick + (AWAY_TICKS if kept else 0)
        if kept:
            self.room.put_back(knock)
        return kept

    # ---- what is known of it ---------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """People in line who have not been called, whoever has lost the link and may come back included."""
        return sum(line.waiting for line in self.room.lines.values())

    @property
    def free(self) -> int:
        """Places that an ordinary newcomer could have now."""
        return max(0, self._free(Lane.ORDINARY))

    def outside(self) -> Outside:
        """For /status and /readyz."""
        line = self.room.lines[Lane.ORDINARY]
        full = line.waiting - self.free >= self._settings.waiting_max
        at_once = not self.shut and not self.away and line.waiting < self.free
        wait_s = 0.0 if at_once else self._waits_s(Lane.ORDINARY, np.array([len(line) + 1], np.int32))[0]
        return Outside(self.capacity.people_max, self.waiting, at_once, full, wait_s)

    def publish(self, metrics: Metrics) -> None:
        """What metrics show of the door, once a second."""
        metrics.waiting[Lane.RETURNING.value].set(len(self.room.ready[Lane.RETURNING]))
        for lane, line in self.room.lines.items():
            metrics.waiting[lane.value].set(len(line))
        for lane, count in self.room.abandoned.items():
            metrics.abandoned[lane.value].inc(count)
            self.room.abandoned[lane] = 0
        metrics.queued_sent.inc(self.told)
        self.told = 0
        metrics.capacity.set(self.capacity.people_max)
        metrics.places_free.set(self.free)
        metrics.join_seconds.set(self.pace.cost_s)

    # ---- inside ----------------------------------------------------------------------------------

    @property
    def _left(self) -> int:
        """Places that the hard maximum leaves."""
        return self.capacity.hard_max - self._players - self.room.held

    def _free(self, lane: Lane) -> int:
        if lane is Lane.STAFF:
            return self._left
        return self.capacity.people_max - self._players - self.room.held if self.capacity.admits else 0

    def _answered(self) -> None:
        self._asked -= 1
        self._away_until = None

    def _waits_s(self, lane: Lane, positions: Positions) -> list[float | None]:
        if self._away_until is not None or self.shut or (lane is Lane.ORDINARY and not self.capacity.admits):
            return [None] * positions.size
        return self.forecast.estimates_s(positions, self._outlook(lane))

    def _outlook(self, lane: Lane) -> Outlook:
        (other,) = (each for each in LINES if each is not lane)
        others = self.room.lines[other].waiting
        if lane is Lane.STAFF:
            # Ordinary visitors take turns only while there are places for them.
            others = min(others, self.free)
        # By the hard maximum: how many the city can hold in health changes with every second of a rush, and what comes
        # of that is in the pace of joining.
        return Outlook(self._left, self.capacity.hard_max, self.room.lines[lane].called, others)

    def _tell(self, knock: Knock, position: int, wait_s: float | None) -> None:
        # A client that has not taken the last one is not told another: what it says is out of date by then.
        if knock.session is not None and not knock.session.outbox.backlog_bytes():
            knock.session.tell(Queued(knock.ticket, position, wait_s))
            knock.told = True
            self.told += 1
