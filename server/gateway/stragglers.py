"""Clients who do not take what is written to them: they get no frames, and at last are parked, before they cost memory.

Each pays alone for being late (`game.write_mark_bytes`, `game.slow_s`, `game.must_deliver_bytes_max`), and all
together may hold so much and no more (`game.backlog_total_bytes_max`), whatever share of the crowd has stopped reading.
"""

from collections.abc import Sequence

from protocol.errors import CloseCode
from server.gateway.seats import Seats
from server.ops.metrics import Metrics
from server.session import Session
from server.settings import GameSettings


class Stragglers:
    """Reviews the seats of each turn. A parked player's body and mailbox wait for the resume token."""

    def __init__(self, settings: GameSettings, tick_rate_hz: int, metrics: Metrics) -> None:
        self._mark_bytes = settings.write_mark_bytes
        self._bytes_max = settings.must_deliver_bytes_max
        self._total_bytes_max = settings.backlog_total_bytes_max
        self._slow_ticks = round(settings.slow_s * tick_rate_hz)
        self._metrics = metrics

    def review(self, tick: int, seats: Seats) -> None:
        """See who in these seats is behind, since when, and who has been for too long or by too much."""
        left, before, mark = seats.unsent(), seats.lagging, self._mark_bytes
        seats.left = left
        seats.lagging = {session: before.get(session, tick) for session, size in left.items() if size > mark}
        self._metrics.frames_skipped["slow"].inc(len(seats.lagging))
        for session, since in seats.lagging.items():
            if tick - since >= self._slow_ticks or left[session] > self._bytes_max:
                _park(session)

    def keep_bounded(self, turns: Sequence[Seats]) -> None:
        """While all together hold too much, whoever holds most is parked."""
        total = sum(sum(seats.left.values()) for seats in turns)
        if total <= self._total_bytes_max:
            return
        left = {session: size for seats in turns for session, size in seats.left.items() if not session.closed}
        total = sum(left.values())
        for session in sorted(left, key=left.__getitem__, reverse=True):
            if total <= self._total_bytes_max:
                break
            total -= left[session]
            _park(session)

    def publish(self, turns: Sequence[Seats]) -> None:
        """What is unsent now, for the metrics."""
        sizes = [size for seats in turns for size in seats.left.values()]
        self._metrics.send_backlog_bytes.set(sum(sizes))
        self._metrics.send_backlog_largest_bytes.set(max(sizes, default=0))
        self._metrics.lagging_clients.set(sum(len(seats.lagging) for seats in turns))


def _park(session: Session) -> None:
    session.close(CloseCode.SLOW, "you do not read what you are sent")
