"""Everybody at the door: their lines, their tickets, and the time that a place is kept for a lost link.

    WAITING ── call ──► ASKED ── known ──► KNOWN ── enter ──► ENTERING ── welcomed ──► GONE
       ▲                  │                  ▲                    │
       └──── put_back ────┘                  └──── link lost ─────┘

In every stage but the last the link may be lost and taken up again with the ticket. A place is in its line until
its visitor is in, so nobody behind ever has more people in front than they were told.
"""

from collections import deque
from itertools import islice

from protocol.errors import CloseCode
from server.knock import Knock, Stage
from server.lanes import Lane
from server.line import Line
from server.players import NOBODY, Identity
from server.session import Session
from server.store.records import Saved

# A position is told at most this often: a number that changes faster is not read.
REFRESH_TICKS = 40
# With so many people ahead a refresh is half as frequent, with twice as many a third.
NEAR = 200
LINES = (Lane.STAFF, Lane.ORDINARY)


class WaitingRoom:
    """Places by session, by ticket and by who has proved to be whom."""

    def __init__(self, grace_ticks: int) -> None:
        self.lines: dict[Lane, Line[Knock]] = {lane: Line(REFRESH_TICKS, NEAR) for lane in LINES}
        # Who may come in as soon as it is their turn: known to the books, and there.
        self.ready: dict[Lane, dict[Knock, None]] = {lane: {} for lane in Lane}
        self.abandoned = dict.fromkeys(Lane, 0)
        self._entering = 0
        self._grace_ticks = grace_ticks
        self._by_session: dict[Session, Knock] = {}
        self._by_ticket: dict[str, Knock] = {}
        self._by_identity: dict[Identity, Knock] = {}
        self._lost: deque[tuple[int, Knock]] = deque()

    @property
    def held(self) -> int:
        """Places in the city that are kept for visitors who have no body yet."""
        return sum(line.called for line in self.lines.values()) - self._entering

    def of(self, session: Session) -> Knock | None:
        """Who is at the door over this session."""
        return self._by_session.get(session)

    def find(self, ticket: str | None, identity: Identity = NOBODY) -> Knock | None:
        """Whose ticket this is; or who has shown to be the same, guest or member, and waits already."""
        if ticket and (knock := self._by_ticket.get(ticket)):
            return knock
        return None if identity == NOBODY else self._by_identity.get(identity)

    # ---- coming ----------------------------------------------------------------------------------

    def come_back(self, knock: Knock) -> None:
        """Somebody has a body here: they need a turn and no place."""
        assert knock.session is not None
        knock.stage = Stage.KNOWN
        self._by_session[knock.session] = knock
        self.ready[Lane.RETURNING][knock] = None

    def line_up(self, knock: Knock) -> None:
        """Somebody takes a place at the end of the line of their lane."""
        assert knock.session is not None
        knock.number = self.lines[knock.lane].join(knock, knock.since_tick)
        self._by_session[knock.session] = self._by_ticket[knock.ticket] = knock
        if knock.identity != NOBODY:
            self._by_identity[knock.identity] = knock

    def take_up(self, knock: Knock, session: Session) -> None:
        """They are there again, over another link; the one before ends, if it has not."""
        before = knock.session
        knock.session = session
        self._by_session[session] = knock
        self.lines[knock.lane].tell_again(knock.number)
        if knock.stage is Stage.KNOWN:
            self.ready[knock.lane][knock] = None
        if before is not None:
            del self._by_session[before]
            before.close(CloseCode.REPLACED, "your place in line was taken up over another connection")

    # ---- going in --------------------------------------------------------------------------------

    def call(self, lane: Lane, count: int) -> list[Knock]:
        """The first of a lane, so many at most: their turn is near, and a place is held for them."""
        called = self.lines[lane].call(count)
        for knock in called:
            knock.stage = Stage.ASKED
        return called

    def put_back(self, knock: Knock) -> None:
        """It cannot be said who they are just now: they wait on where they stood."""
        knock.stage = Stage.WAITING
        self.lines[knock.lane].put_back(knock.number)

    def known(self, knock: Knock, saved: Saved) -> None:
        """The books know them; they may enter if they are there, and otherwise as soon as they are."""
        knock.stage, knock.saved = Stage.KNOWN, saved
        if knock.session is not None:
            self.ready[knock.lane][knock] = None

    def enter(self, lane: Lane, count: int) -> list[Knock]:
        """The first of a lane who are ready: they are about to have a body, and hold no other place any more."""
        entering = list(islice(self.ready[lane], count))
        for knock in entering:
            del self.ready[lane][knock]
            knock.stage = Stage.ENTERING
        if lane in self.lines:
            self._entering += len(entering)
        return entering

    # ---- leaving ---------------------------------------------------------------------------------

    def lost(self, session: Session, keeps: bool, tick: int) -> None:
        """A session is over. Where the link was at fault and they know their ticket, the place is kept for a while."""
        knock = self._by_session.get(session)
        if knock is None:
            return
        if not (keeps and knock.told and self._grace_ticks):
            self.leave(knock)
            return
        del self._by_session[session]
        knock.session, knock.lost_tick = None, tick
        self.ready[knock.lane].pop(knock, None)
        if knock.stage is Stage.ENTERING:
            self._entering -= 1
            knock.stage = Stage.KNOWN
        self._lost.append((tick, knock))

    def leave(self, knock: Knock) -> None:
        """They do not come in."""
        self.abandoned[knock.lane] += 1
        self.forget(knock)

    def clear_out(self, tick: int) -> None:
        """Places that nobody has come back to in time are given up."""
        while self._lost and tick - self._lost[0][0] > self._grace_ticks:
            lost_tick, knock = self._lost.popleft()
            if knock.session is None and knock.lost_tick == lost_tick and knock.stage is not Stage.GONE:
                self.leave(knock)

    def forget(self, knock: Knock) -> None:
        """They are at the door no longer."""
        if knock.session is not None:
            del self._by_session[knock.session]
        self.ready[knock.lane].pop(knock, None)
        if knock.lane in self.lines:
            self._entering -= knock.stage is Stage.ENTERING
            self.lines[knock.lane].leave(knock.number)
            del self._by_ticket[knock.ticket]
            if self._by_identity.get(knock.identity) is knock:
                del self._by_identity[knock.identity]
        knock.session, knock.stage = None, Stage.GONE
