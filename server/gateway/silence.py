"""Who has said nothing for too long: each session is looked at when its time is up, and not before.

A look at every session once a second touches thousands of objects in one tick, and nearly all have spoken since. So a
session is put down for the second in which it would have been silent for too long; whoever has spoken by then is put
down for a later one. Most are looked at once in `game.idle_s`.
"""

from collections import defaultdict
from math import ceil

from protocol.errors import CloseCode
from server.session import Session
from server.settings import GameSettings


class Silence:
    """Closes sessions, once a second, that have not said Hello in time or have fallen silent."""

    def __init__(self, settings: GameSettings, tick_rate_hz: int) -> None:
        self._hello_s, self._idle_s = settings.hello_timeout_s, settings.idle_s
        self._tick_rate_hz = tick_rate_hz
        # Whom to look at in which tick, and the same by session.
        self._due: defaultdict[int, set[Session]] = defaultdict(set)
        self._due_tick: dict[Session, int] = {}

    def opened(self, session: Session, tick: int) -> None:
        """One more; the last tick that began was this one."""
        self._put_down(session, tick)

    def ended(self, session: Session) -> None:
        """One fewer."""
        due_tick = self._due_tick.pop(session, 0)
        if due_tick in self._due:
            self._due[due_tick].discard(session)

    def turn(self, tick: int) -> None:
        """Once a second."""
        for due_tick in [each for each in self._due if each <= tick]:
            for session in self._due.pop(due_tick):
                if not session.closed:
                    self._look_at(session, tick)

    def _look_at(self, session: Session, tick: int) -> None:
        if not session.greeted and tick >= self._hello_ends(session):
            session.close(CloseCode.HELLO_TIMEOUT, f"no Hello within {self._hello_s:g} s")
        elif tick >= self._silence_ends(session):
            session.close(CloseCode.IDLE, f"nothing heard for {self._idle_s:g} s")
        else:
            self._put_down(session, tick)

    def _put_down(self, session: Session, tick: int) -> None:
        """For the first whole second after `tick` in which it could be over."""
        over = self._silence_ends(session)
        if not session.greeted:
            over = min(over, self._hello_ends(session))
        due_tick = max(ceil(over), tick + 1)
        due_tick += -due_tick % self._tick_rate_hz
        self._due_tick[session] = due_tick
        self._due[due_tick].add(session)

    def _hello_ends(self, session: Session) -> float:
        return session.opened_tick + self._hello_s * self._tick_rate_hz

    def _silence_ends(self, session: Session) -> float:
        return session.heard_tick + self._idle_s * self._tick_rate_hz
