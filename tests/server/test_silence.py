"""Silence: looked at when its time is up, and closed in the very second in which a look at everybody would have."""

from dataclasses import dataclass, field
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CloseCode
from server.gateway.silence import Silence
from server.session import Session
from server.settings import GameSettings

RATE_HZ = 20
SETTINGS = GameSettings(hello_timeout_s=1.5, idle_s=4)
TICKS = st.integers(1, 300)
LAST = 600


@dataclass(eq=False)
class Visitor:
    """A session with a life that is known beforehand: opened, perhaps greeted, heard now and then, perhaps lost."""

    opens: int
    since: int
    hello: int
    speaks: list[int]
    leaves: int
    closed: bool = False
    greeted: bool = False
    opened_tick: int = 0
    heard_tick: int = 0
    ends: list[CloseCode] = field(default_factory=list)

    def live(self, tick: int) -> None:
        """What it says in this tick."""
        if not self.closed and tick >= self.opens and (tick == self.hello or tick in self.speaks):
            self.greeted = self.greeted or tick >= self.hello
            self.heard_tick = tick

    def close(self, code: CloseCode, reason: str) -> None:
        """Noted, with nothing of the rest of a session's end."""
        assert reason
        self.closed = True
        self.ends.append(code)


VISITORS = st.builds(
    Visitor, TICKS, st.integers(0, 40), TICKS, st.lists(TICKS, max_size=6), st.sampled_from([1000, 1000, 50, 200])
)


def over(visitor: Visitor, tick: int) -> CloseCode | None:
    """The rule, for one look at one session."""
    if not visitor.greeted and tick - visitor.opened_tick >= SETTINGS.hello_timeout_s * RATE_HZ:
        return CloseCode.HELLO_TIMEOUT
    return CloseCode.IDLE if tick - visitor.heard_tick >= SETTINGS.idle_s * RATE_HZ else None


@given(st.lists(VISITORS, max_size=8))
def test_nobody_is_closed_earlier_or_later_than_by_a_look_at_everybody_every_second(visitors: list[Visitor]) -> None:
    silence = Silence(SETTINGS, RATE_HZ)
    here: list[Visitor] = []
    for tick in range(1, LAST):
        if tick % RATE_HZ == 0:
            expected = {visitor: over(visitor, tick) for visitor in here}
            silence.turn(tick)
            for visitor, code in expected.items():
                assert visitor.ends == ([code] if code else [])
        for visitor in [visitor for visitor in here if visitor.closed or visitor.leaves == tick]:
            visitor.closed = True
            silence.ended(cast("Session", visitor))
            here.remove(visitor)
        for visitor in visitors:
            if visitor.opens == tick:
                visitor.opened_tick, visitor.heard_tick = max(tick - visitor.since, 0), tick
                silence.opened(cast("Session", visitor), tick)
                here.append(visitor)
            visitor.live(tick)
    assert not here
