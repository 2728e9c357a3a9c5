"""The server's tick as a client knows it: the recipe "Know the server's tick" of protocol/README.md."""

# The best of the last eight: long enough to meet one quick round trip, short enough to notice a drifting clock.
_KEPT = 8
# How much faster or slower than time the estimate may run towards a better one.
_GLIDE = 0.02
# Further off than so many ticks, the server has left ticks out: half as fast or half as fast again, so that it is soon
# over and time never goes back.
_FAR_TICKS, _FAR_GLIDE = 5.0, 0.5
# Two answers may contradict each other by this much and still be of one time: a tick does not begin to the millisecond.
_SLACK_TICKS = 0.5

# The round trip of a Pong in seconds, and the tick that it put at the zero of the caller's clock.
_Heard = tuple[float, float]


class TickClock:
    """Times are seconds of any steady clock of the caller's; ticks are fractions."""

    def __init__(self, tick_rate_hz: float) -> None:
        self._rate_hz = tick_rate_hz
        self._heard: list[_Heard] = []
        self._offset: float | None = None
        self._glided_at_s = 0.0

    @property
    def rtt_s(self) -> float | None:
        """The quickest of the recent round trips; None before the first."""
        return min(self._heard)[0] if self._heard else None

    def hear(self, sent_s: float, tick: int, into_tick_ms: float, now_s: float) -> None:
        """A Pong arrived at `now_s` for the Ping of `sent_s`."""
        rtt_s = max(0.0, now_s - sent_s)
        server_tick = tick + into_tick_ms / 1000 * self._rate_hz
        offset = server_tick - (now_s - rtt_s / 2) * self._rate_hz
        # What is longer about a round trip than about the quickest is all that makes its answer uncertain. Those that
        # are further apart cannot both be right: ticks were left out in between.
        quickest_s = min([rtt_s, *(each for each, _ in self._heard)])
        agreeing = [each for each in self._heard if self._agree(each, (rtt_s, offset), quickest_s)]
        self._heard = [*agreeing, (rtt_s, offset)][-_KEPT:]
        if self._offset is None:
            self._offset, self._glided_at_s = self._heard[-1][1], now_s

    def tick_at(self, now_s: float) -> float | None:
        """The server's tick at `now_s`, which never goes back as `now_s` goes on; None before the first Pong."""
        if self._offset is None:
            return None
        off = min(self._heard)[1] - self._offset
        glide = _FAR_GLIDE if abs(off) > _FAR_TICKS else _GLIDE
        reach = max(0.0, now_s - self._glided_at_s) * self._rate_hz * glide
        self._offset += max(-reach, min(reach, off))
        self._glided_at_s = max(self._glided_at_s, now_s)
        return self._offset + now_s * self._rate_hz

    def _agree(self, one: _Heard, other: _Heard, quickest_s: float) -> bool:
        reach = ((one[0] + other[0]) / 2 - quickest_s) * self._rate_hz + _SLACK_TICKS
        return abs(one[1] - other[1]) <= reach
