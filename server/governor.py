"""How hard the city is pressed, as a level from 0 to 4: the load that is measured becomes detail that is left out.

Theory
------
Three things are measured, each smoothed over half a second. *Busy* is the share of real time in which the loop
works, by its processor time: how long ticks last tells as much about the neighbours on the machine. *Late* is the
share of ticks before which others were left out; where neighbours take the processor away for good, that is how it
shows. *Behind* is the share of clients that do not take what they are sent: a few are slow and pay alone, but
when most are, it is the way out of the city that is full.

Up one level when busy is over `governor.busy_max`, when more than a sixth of the ticks of a city that is not
idle are late, or when more than half of the clients are behind. Again, if that was not enough, half a second
later where ticks are late, and a second later where nobody has had to wait yet: what presses is smoothed, and by
then a stall of the machine, or what was measured before the level rose, counts for little. Down one level when
the city would be under the mark at the lower level, too: what a level saves is known (RELIEF), so a level that is
itself the reason for the calm is not given up for it. That has to hold for a second. A level that is left and needed
again within seconds is kept twice as long the next time, so that nobody watches it blink; that says nothing of the
levels above it, where a stall of the machine may have taken the city for a moment. And what a crowd has taught says
nothing of another: it is forgotten when many of those for whom the level rose have gone.

What each level leaves out is in `server/detail.py`; the waiting room looks at `busy` and `level` too.
"""

from typing import NamedTuple

import structlog

from server.clock import Clock
from server.ops.metrics import Metrics
from server.settings import GovernorSettings
from world.config import TICK_RATE_HZ

log = structlog.get_logger()

LEVEL_MAX = 4
# How much busier the city is one level lower, by the level it is left for, as measured with 6,000 and 8,000 clients in
# one plaza (server/README.md, "Why"); with fewer it is less. Level 4 is about newcomers, and saves nothing of what is
# already being done.
RELIEF = (1.0, 1.05, 1.2, 1.1, 1.0)
# Below the mark by this much, so that a load that stands just at it does not toggle.
MARGIN = 0.95
BEHIND_MAX = 0.5
# One stall of the machine is a tenth; and in a city at less than this share of its mark, shedding would not help.
LATE_MAX = 1 / 6
IDLE = 0.5
# Half a second of smoothing, and a second for a step to show before the next, or half a one where ticks are late.
SMOOTHING_TICKS = TICK_RATE_HZ // 2
STEP_TICKS, LATE_STEP_TICKS = TICK_RATE_HZ, TICK_RATE_HZ // 2
HOLD_TICKS, HOLD_TICKS_MAX = TICK_RATE_HZ, 20 * TICK_RATE_HZ
# A level that is needed again this soon after it was given up was given up too early.
REGRET_TICKS = 5 * TICK_RATE_HZ
# After a minute at one level, what was regretted is forgotten, and as soon as so many of the clients are gone.
FORGET_TICKS = 3 * HOLD_TICKS_MAX
GONE_SHARE = 0.25


class Load(NamedTuple):
    """One tick's load: ticks left out before it, clients that are behind, and clients in all."""

    skipped: int = 0
    behind: int = 0
    clients: int = 0


class Governor:
    """Told of every tick as soon as it is over; `level` and `busy` are for whoever asks, `busy_max` for them to set."""

    def __init__(self, settings: GovernorSettings, clock: Clock, metrics: Metrics) -> None:
        self.level = 0
        self.busy = 0.0
        # An operator may change it (server/ops/budgeting.py).
        self.busy_max = settings.busy_max
        self._clock, self._metrics = clock, metrics
        self._now_s, self._work_s = clock.now_s(), clock.work_s()
        self._behind = self._late = 0.0
        self._ticks = 0
        self._changed_tick = 0
        self._fell_tick = -REGRET_TICKS
        self._calm_ticks = 0
        # How long it has to be calm before each level is left.
        self._hold_ticks = [HOLD_TICKS] * (LEVEL_MAX + 1)
        # How many clients there were when the level last rose.
        self._crowd = 0

    def observe(self, load: Load) -> None:
        """A tick is over."""
        self._ticks += 1
        self._measure(load)
        pressed = self._pressure()
        if load.clients < self._crowd * (1 - GONE_SHARE):
            self._hold_ticks = [HOLD_TICKS] * (LEVEL_MAX + 1)
        self._calm_ticks = 0 if pressed or not self._could_fall() else self._calm_ticks + 1
        since = self._ticks - self._changed_tick
        if pressed and self.level < LEVEL_MAX and since >= (LATE_STEP_TICKS if self._is_late else STEP_TICKS):
            self._rise(pressed)
            self._crowd = load.clients
        elif self.level and self._calm_ticks >= self._hold_ticks[self.level] and since >= STEP_TICKS:
            self._fall()
        self._metrics.busy_ratio.set(round(self.busy, 4))
        self._metrics.busy_max_ratio.set(self.busy_max)
        self._metrics.shed_level.set(self.level)

    def _measure(self, load: Load) -> None:
        now_s, work_s = self._clock.now_s(), self._clock.work_s()
        passed_s = max(now_s - self._now_s, 1 / TICK_RATE_HZ)
        busy = (work_s - self._work_s) / passed_s
        self._metrics.loop_cpu_seconds.inc(work_s - self._work_s)
        self._now_s, self._work_s = now_s, work_s
        self.busy += (busy - self.busy) / SMOOTHING_TICKS
        self._late += (min(load.skipped, 1) - self._late) / SMOOTHING_TICKS
        behind = load.behind / load.clients if load.clients else 0.0
        self._behind += (behind - self._behind) / SMOOTHING_TICKS

    def _pressure(self) -> str:
        """Why detail should go, for the log; empty when nothing presses."""
        if self.busy > self.busy_max:
            return f"busy {self.busy:.0%} of the time, {self.busy_max:.0%} is the most"
        if self._behind > BEHIND_MAX:
            return f"{self._behind:.0%} of the clients do not take what they are sent"
        if self._is_late:
            return f"{self._late:.0%} of the ticks are late, busy {self.busy:.0%} of the time"
        return ""

    @property
    def _is_late(self) -> bool:
        return self._late > LATE_MAX and self.busy > self.busy_max * IDLE

    def _could_fall(self) -> bool:
        return self.busy * RELIEF[self.level] < self.busy_max * MARGIN

    def _rise(self, reason: str) -> None:
        higher = self.level + 1
        if self._ticks - self._fell_tick < REGRET_TICKS:
            self._hold_ticks[higher] = min(2 * self._hold_ticks[higher], HOLD_TICKS_MAX)
        self._change(higher)
        log.warning("shedding more detail", level=self.level, reason=reason)

    def _fall(self) -> None:
        if self._ticks - self._fell_tick >= FORGET_TICKS:
            self._hold_ticks[self.level] = HOLD_TICKS
        self._fell_tick = self._ticks
        self._change(self.level - 1)
        log.info("shedding less detail", level=self.level, busy=round(self.busy, 3))

    def _change(self, level: int) -> None:
        self.level = level
        self._changed_tick = self._ticks
        self._calm_ticks = 0
        self._metrics.shed_changes.inc()
