"""What each viewer is told of the sky: the fireworks that matter most, so many a second, and the rest by eighths.

A firework is a report that lasts (`Report.until_tick`). In a storm of them a viewer is told of the important and
near ones up to a cap; how many more there were in each eighth of the sky it hears once a second, in one message of
a dozen bytes. Nothing waits: what is not told at once is in the aggregate. Whoever comes later is told what is
still in the sky.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.codec import encode
from protocol.limits import SKY_EIGHTHS
from protocol.messages import Sky
from server.bus import Report
from server.detail import WHOLE, Detail
from server.entities import SLOTS
from server.extras import Extras
from server.scene import Scene
from world.config import TICK_RATE_HZ
from world.event import NOTABLE

TOLD_PER_S_MAX = WHOLE.launches_per_s
# Launches looked at for one frame. All of a storm's would be a matrix of crowd times crowd; of two hundred at once the
# nearest of a hundred, drawn at random, are as good to look at.
LOOKED_AT_MAX = 127
# What is in the sky and can be told to newcomers: the youngest of it, no more than can be looked at.
ALOFT_MAX = LOOKED_AT_MAX
# A storm is counted by squares of twenty metres, so that it costs no more than its squares.
CELL_CM = 2000
# Half metres: a squared distance within sight takes 19 bits, the importance above it 2, the launch's place below it 7.
_UNIT_CM = 50
_DISTANCE_BITS, _PLACE_BITS = 20, 7
_NONE = np.uint32(0xFFFFFFFF)
_ONE_EIGHTH = 2 * np.pi / SKY_EIGHTHS
_COUNT_MAX = 255
# Makes any square's number positive.
_HALF = 1 << 31

Int = NDArray[np.int32]


class Launches(NamedTuple):
    """Launches as columns: where (cm), how far they are seen, how much they matter, till when, and their messages."""

    x: Int
    z: Int
    radius_cm: Int
    importance: Int
    until_tick: Int
    payloads: list[bytes]

    @classmethod
    def of(cls, reports: Sequence[Report]) -> "Launches":
        """Reports that last."""
        rows = [(r.x, r.z, r.radius_cm, r.importance, r.until_tick) for r in reports]
        x, z, radius_cm, importance, until_tick = np.array(rows, np.int32).reshape(-1, 5).T
        return cls(x, z, radius_cm, importance, until_tick, [report.payload for report in reports])

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.payloads)

    def only(self, chosen: NDArray[Any]) -> "Launches":
        """Some of them, by their places."""
        x, z, radius_cm, importance, until_tick = (column[chosen] for column in self[:5])
        return Launches(x, z, radius_cm, importance, until_tick, [self.payloads[i] for i in chosen.tolist()])


def together(launches: Sequence[Launches]) -> Launches:
    """All of them, in order."""
    if len(launches) == 1:
        return launches[0]
    columns = [np.concatenate(parts) for parts in zip(*(each[:5] for each in launches), strict=True)]
    x, z, radius_cm, importance, until_tick = columns or np.zeros((5, 0), np.int32)
    return Launches(x, z, radius_cm, importance, until_tick, [one for each in launches for one in each.payloads])


class SkyWatch:
    """What was launched lately, what is still in the sky, and what each viewer has been told."""

    def __init__(self) -> None:
        # The launches of each tick of the last second, and those that can still be seen.
        self._recent: deque[tuple[int, Launches]] = deque()
        self._aloft = Launches.of([])
        # By viewers' slots: who has not been served yet, how many launches they may still be told of, when that
        # was reckoned, and in which eighths those were that they have been told of since their last `Sky`.
        self._new = np.ones(SLOTS, np.bool_)
        self._allowed = np.zeros(SLOTS, np.float32)
        self._reckoned = np.zeros(SLOTS, np.int64)
        self._told = np.zeros((SLOTS, SKY_EIGHTHS), np.int32)

    def hear(self, tick: int, reports: Sequence[Report]) -> None:
        """This tick's launches; call it once a tick."""
        while self._recent and self._recent[0][0] <= tick - TICK_RATE_HZ:
            self._recent.popleft()
        if reports:
            launched = Launches.of(reports)
            self._recent.append((tick, launched))
            self._aloft = together([self._aloft, launched])
        if self._aloft.size:
            still = np.flatnonzero(self._aloft.until_tick > tick)[-ALOFT_MAX:]
            if still.size < self._aloft.size:
                self._aloft = self._aloft.only(still)

    def forget(self, slot: int) -> None:
        """The next viewer in this slot has been told of nothing."""
        self._new[slot] = True
        self._allowed[slot] = TOLD_PER_S_MAX
        self._told[slot] = 0

    def tell(self, tick: int, slots: Int, scene: Scene, detail: Detail, extras: Extras) -> int:
        """What these viewers, served in this tick, are told; returns how many launches were only counted for them.

        Launches that reach a viewer's frame are those since the tick of the frame before.
        """
        if self._recent or self._aloft.size:
            self._reckon(tick, slots, detail.launches_per_s)
            new = self._new[slots]
            self._tell(slots, np.flatnonzero(new), self._aloft, scene, extras)
            fresh = together([launches for at, launches in self._recent if at > tick - detail.ticks_per_frame])
            self._tell(slots, np.flatnonzero(~new), _some(tick, fresh), scene, extras)
        self._new[slots] = False
        if not self._recent:
            return 0
        rows = detail.turn(tick, slots, TICK_RATE_HZ, TICK_RATE_HZ // 2)
        return self._sum_up(tick, slots, rows, scene, extras)

    def _tell(self, slots: Int, rows: NDArray[np.int64], launches: Launches, scene: Scene, extras: Extras) -> None:
        """Tell some viewers of the launches that matter most to them, as many as each may be told of."""
        rows = rows[self._allowed[slots[rows]] >= 1] if launches.size else rows[:0]
        if not rows.size:
            return
        viewers = slots[rows]
        places = _most_important(launches, scene.x[viewers], scene.z[viewers])
        told = (places >= 0) & (np.arange(TOLD_PER_S_MAX) < np.floor(self._allowed[viewers])[:, None])
        self._allowed[viewers] -= np.count_nonzero(told, axis=1)
        who, column = np.nonzero(told)
        which = places[who, column]
        eighths = _eighth(
            _middle(launches.x[which]) - scene.x[viewers[who]], _middle(launches.z[which]) - scene.z[viewers[who]]
        )
        np.add.at(self._told, (viewers[who], eighths), 1)
        extras.share(rows[who], which, launches.payloads)

    def _reckon(self, tick: int, viewers: Int, per_s: int) -> None:
        """Reckon how many launches each viewer may be told of now."""
        earned = (tick - self._reckoned[viewers]) * (per_s / TICK_RATE_HZ)
        self._reckoned[viewers] = tick
        self._allowed[viewers] = np.minimum(self._allowed[viewers] + earned, per_s)

    def _sum_up(self, tick: int, slots: Int, rows: NDArray[np.int64], scene: Scene, extras: Extras) -> int:
        """Say how many more there were in the last second, by eighths; returns how many that is for all of them."""
        viewers = slots[rows]
        told = self._told[viewers]
        self._told[viewers] = 0
        launches = together([launches for _, launches in self._recent])
        there = _by_eighths(launches, scene.x[viewers], scene.z[viewers])
        more = np.maximum(there - told, 0)
        # Who has walked on may have been told of a burst in the eighth beside: the sum is to be right.
        beyond = more.sum(axis=1) - np.maximum(there.sum(axis=1) - told.sum(axis=1), 0)
        most = np.argmax(more, axis=1)
        more[np.arange(rows.size), most] = np.maximum(more[np.arange(rows.size), most] - beyond, 0)
        counts = np.minimum(more, _COUNT_MAX).astype(np.uint8)
        some = np.flatnonzero(counts.any(axis=1))
        extras.add(rows[some], [encode(Sky(tick, each.tobytes())) for each in counts[some]])
        return int(more.sum())


def _some(tick: int, launches: Launches) -> Launches:
    """At most LOOKED_AT_MAX of them: the most important, and among equals a draw."""
    if launches.size <= LOOKED_AT_MAX:
        return launches
    drawn = np.random.default_rng(tick).permutation(launches.size)
    important = np.argsort(-launches.importance[drawn], kind="stable")[:LOOKED_AT_MAX]
    return launches.only(drawn[important])


def _most_important(launches: Launches, x: Int, z: Int) -> NDArray[np.int64]:
    """For each viewer the launches in sight that matter most, the nearest first among equals; -1 behind them."""
    dx = launches.x // _UNIT_CM - (x // _UNIT_CM)[:, None]
    dz = launches.z // _UNIT_CM - (z // _UNIT_CM)[:, None]
    squared = dx * dx + dz * dz
    unimportance = (NOTABLE - launches.importance) << _DISTANCE_BITS
    keys = ((unimportance + squared).astype(np.uint32) << _PLACE_BITS) | np.arange(launches.x.size, dtype=np.uint32)
    keys[squared > (launches.radius_cm // _UNIT_CM) ** 2] = _NONE
    keys.sort(axis=1)
    least = np.full((x.size, TOLD_PER_S_MAX), _NONE)
    least[:, : keys.shape[1]] = keys[:, :TOLD_PER_S_MAX]
    return np.where(least == _NONE, -1, (least & ((1 << _PLACE_BITS) - 1)).astype(np.int64))


def _by_eighths(launches: Launches, x: Int, z: Int) -> NDArray[np.int64]:
    """How many launches each viewer could see in each eighth of the sky, taken square by square."""
    square = (launches.x // CELL_CM).astype(np.int64) << 32 | (launches.z.astype(np.int64) // CELL_CM + _HALF)
    _, first, number = np.unique(square, return_index=True, return_counts=True)
    dx, dz = _middle(launches.x[first]) - x[:, None], _middle(launches.z[first]) - z[:, None]
    seen = dx.astype(np.int64) ** 2 + dz.astype(np.int64) ** 2 <= launches.radius_cm[first].astype(np.int64) ** 2
    flat = np.arange(x.size)[:, None] * SKY_EIGHTHS + _eighth(dx, dz)
    counts = np.bincount(flat.ravel(), (seen * number).ravel(), x.size * SKY_EIGHTHS)
    return counts.astype(np.int64).reshape(x.size, SKY_EIGHTHS)


def _middle(cm: Int) -> Int:
    """The middle of the square that a coordinate is in."""
    return cm // CELL_CM * CELL_CM + CELL_CM // 2


def _eighth(dx: Int, dz: Int) -> NDArray[np.int64]:
    """Which eighth of the sky a direction is in: 0 is centred on north (+z), and on clockwise."""
    return np.floor(np.arctan2(dx, dz) / _ONE_EIGHTH + 0.5).astype(np.int64) % SKY_EIGHTHS
