"""Every frame header that arrives at any bot, checked and measured some thousand at a time.

A bot that reads by itself slices the 28 header bytes out of what it read and appends them here: about half a
microsecond. The reader (loadtest/reader.py) hands over a crowd's as columns. `settle` joins what has gathered, sorts
it by bot (stable, so each bot's frames stay in order), sets each header beside the one before it, and does all checks
and measurements as array operations: about another quarter of a microsecond per frame. The last header of each bot
stays behind as columns that behaviours steer by.
"""

from typing import NamedTuple, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from loadtest.faults import FaultKind, Faults
from loadtest.histogram import Histogram
from protocol import frames, limits

# A bot remembers when it sent its last 64 inputs: half a minute at two a second, far more than may go unacknowledged.
RING = 64
# Whole-centimetre rounding may add up to 1.42 cm to a tick's step; two more for the frame before and this one.
ROUNDING_CM_PER_TICK = 2
ROUNDING_CM = 2
# 93 10 c4 1c, the header, c5 hi lo: what a frame's payload weighs without records (protocol/frames.py).
EMPTY_FRAME_BYTES = 4 + frames.HEADER_BYTES + 3
FULL_FRAME_BYTES = EMPTY_FRAME_BYTES + limits.FRAME_RECORDS_MAX * frames.RECORD_BYTES

Number = TypeVar("Number", np.int64, np.float64)


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """What a server has to keep to; numbers of the scenario, because a bot is a stranger to the server's tuning."""

    tick_rate_hz: float = 20.0
    # The fastest gait of this city.
    run_m_s: float = 6.0
    # The ordinary one; bots plan their ways by it.
    walk_m_s: float = 2.0
    # A fall from the highest terrace ends well below this; so does the steepest ramp at a run.
    vertical_m_s: float = 40.0
    # Five times the input limit of the verdict: an input this old was lost, not late.
    unacknowledged_s: float = 2.0
    # Nothing in the city stands higher above anything else in it.
    height_m: float = 100.0


class Headers(NamedTuple):
    """Frames in the order they came: whose each is, when it was read, its payload's bytes, its header as it was."""

    bots: NDArray[np.int64]
    whens: NDArray[np.float64]
    sizes: NDArray[np.int64]
    heads: NDArray[np.uint8]


class _Batch(NamedTuple):
    """Frames of one `settle`, sorted by bot; `first` marks each bot's first one, `known` those with one before it."""

    bots: NDArray[np.int64]
    whens: NDArray[np.float64]
    sizes: NDArray[np.int64]
    heads: NDArray[np.void]
    first: NDArray[np.bool_]
    known: NDArray[np.bool_]

    def column(self, name: str) -> NDArray[np.int64]:
        """One field of the headers, wide enough to subtract."""
        return self.heads[name].astype(np.int64)


class Arrivals:
    """What has arrived at `bots` bots: the gathering batch, the last header of each, and the figures so far."""

    def __init__(self, bots: int, rules: Rules, faults: Faults) -> None:
        self._rules = rules
        self._faults = faults
        self.heads: list[bytes] = []
        self.whens: list[float] = []
        self.whose: list[int] = []
        self.sizes: list[int] = []
        # What had gathered when a crowd's frames came in one go, and those.
        self._crowds: list[Headers] = []
        # Of each bot's last frame. Ints are wide so that no subtraction wraps.
        self.tick, self.input, self.x, self.y, self.z, self.zone, self.shed = np.zeros((7, bots), np.int64)
        self.when = np.zeros(bots)
        # Whether its connection has had a frame: before that, the columns above are of an earlier one, or of nobody.
        self.known = np.zeros(bots, np.bool_)
        # Whoever misbehaves is neither measured nor believed.
        self.healthy = np.ones(bots, np.bool_)
        # When its first frame came, 0 before; until when it was to be there; how long it was away in between.
        self.since, self.away_s = np.zeros((2, bots))
        self.until = np.full(bots, np.inf)
        self.frames = np.zeros(bots, np.int64)
        # The last input number sent, when each of the last RING was, and the last one complained about.
        self.sent, self._missed = np.zeros((2, bots), np.int64)
        self.sent_at = np.zeros((bots, RING))
        # How often a bot's frame was of another zone than the one before.
        self.crossings = 0
        # Figures since whoever drains them last cleared them.
        self.gap_ms = Histogram()
        self.input_ms = Histogram()

    def forget(self, bot: int) -> None:
        """Start bot number `bot` afresh: its next frame is the first of a new connection."""
        for column in (self.tick, self.input, self.sent, self._missed):
            column[bot] = 0
        self.known[bot] = False

    def note_sent(self, bot: int, number: int, when_s: float) -> None:
        """Bot sent its input `number`, counted from 1."""
        self.sent[bot] = number
        self.sent_at[bot, number % RING] = when_s

    def came(self, headers: Headers) -> None:
        """A crowd's frames, behind all that has gathered so far."""
        self._close()
        self._crowds.append(headers)

    def take(self) -> Headers | None:
        """Everything that has gathered, in order, and nothing is left; None if there is nothing."""
        self._close()
        crowds, self._crowds = self._crowds, []
        return Headers(*map(np.concatenate, zip(*crowds, strict=True))) if crowds else None

    def _close(self) -> None:
        """Put what came one by one behind what had come before it."""
        if not self.whose:
            return
        heads = np.frombuffer(b"".join(self.heads), np.uint8).reshape(-1, frames.HEADER_BYTES)
        bots, sizes = np.array(self.whose, np.int64), np.array(self.sizes, np.int64)
        self._crowds.append(Headers(bots, np.array(self.whens), sizes, heads))
        for gathered in (self.heads, self.whens, self.whose, self.sizes):
            gathered.clear()

    def settle(self) -> None:
        """Check and measure everything that has arrived since the last call."""
        headers = self.take()
        if headers is None:
            return
        batch = self._sorted(headers)
        self._check_sizes(batch)
        self._check_pace(batch)
        self._check_inputs(batch)
        gaps = (batch.whens - self._before(batch, batch.whens, self.when)) * 1000
        self.gap_ms.add(gaps[batch.known & self.healthy[batch.bots]])
        self._remember(batch)

    def _sorted(self, headers: Headers) -> _Batch:
        order = np.argsort(headers.bots, kind="stable")
        bots = headers.bots[order]
        first = np.ones(len(bots), np.bool_)
        first[1:] = bots[1:] != bots[:-1]
        heads = headers.heads.view(frames.HEADER_DTYPE)[:, 0][order]
        return _Batch(bots, headers.whens[order], headers.sizes[order], heads, first, ~first | self.known[bots])

    @staticmethod
    def _before(batch: _Batch, values: NDArray[Number], last: NDArray[Number]) -> NDArray[Number]:
        """For each frame, the value in the same bot's frame before it."""
        before = np.empty_like(values)
        before[1:] = values[:-1]
        before[batch.first] = last[batch.bots[batch.first]]
        return before

    def _blame(self, batch: _Batch, guilty: NDArray[np.bool_], kind: FaultKind, what: str) -> None:
        places = np.flatnonzero(guilty & self.healthy[batch.bots])
        if len(places):
            at = places[0]
            detail = f"{what}; header {batch.heads[at].item()}"
            self._faults.note(kind, int(batch.bots[at]), detail, len(places))

    def _check_sizes(self, batch: _Batch) -> None:
        ragged = (batch.sizes < EMPTY_FRAME_BYTES) | ((batch.sizes - EMPTY_FRAME_BYTES) % frames.RECORD_BYTES != 0)
        self._blame(batch, ragged, FaultKind.BAD_FRAME_SIZE, "a frame is not its header and whole records")
        self._blame(batch, batch.sizes > FULL_FRAME_BYTES, FaultKind.TOO_MANY_RECORDS, "a frame has too many records")

    def _check_pace(self, batch: _Batch) -> None:
        ticks = batch.column("tick")
        passed = ticks - self._before(batch, ticks, self.tick)
        backwards = batch.known & (passed <= 0)
        self._blame(batch, backwards, FaultKind.TICK_WENT_BACK, "the tick of a frame did not advance")
        dx, dy, dz = (
            (now := batch.column(axis)) - self._before(batch, now, getattr(self, axis)) for axis in ("x", "y", "z")
        )
        ticks_s = np.maximum(passed, 0) / self._rules.tick_rate_hz
        slack = ROUNDING_CM + ROUNDING_CM_PER_TICK * np.maximum(passed, 0)
        far = np.hypot(dx, dz) > ticks_s * self._rules.run_m_s * 100 + slack
        high = np.abs(dy) > ticks_s * self._rules.vertical_m_s * 100 + slack
        self._blame(batch, batch.known & (far | high), FaultKind.TOO_FAST, "its own position jumped")

    def _check_inputs(self, batch: _Batch) -> None:
        acked = batch.column("input")
        before = self._before(batch, acked, self.input)
        sent = self.sent[batch.bots]
        self._blame(batch, acked < before, FaultKind.ACK_WENT_BACK, "an acknowledged input was taken back")
        self._blame(batch, acked > sent, FaultKind.ACK_NEVER_SENT, "an input was acknowledged that was never sent")
        self._measure_inputs(batch, before, np.minimum(acked, sent))
        self._check_unacknowledged(batch, acked, sent)

    def _measure_inputs(self, batch: _Batch, before: NDArray[np.int64], acked: NDArray[np.int64]) -> None:
        """The delay of each input from being sent to the first frame that acknowledges it or a later one."""
        oldest = np.maximum(before, self.sent[batch.bots] - RING)
        news = np.where(self.healthy[batch.bots], acked - oldest, 0)
        for step in range(1, int(news.max()) + 1):
            rows = np.flatnonzero(news >= step)
            sent_at = self.sent_at[batch.bots[rows], (oldest[rows] + step) % RING]
            self.input_ms.add(np.maximum(batch.whens[rows] - sent_at, 0) * 1000)

    def _check_unacknowledged(self, batch: _Batch, acked: NDArray[np.int64], sent: NDArray[np.int64]) -> None:
        """An input is missed once: when a frame arrives that is too long after it and still does not know of it."""
        waiting = acked + 1
        age_s = batch.whens - self.sent_at[batch.bots, waiting % RING]
        late = (waiting <= sent) & (sent - waiting < RING) & (age_s > self._rules.unacknowledged_s)
        late &= self._missed[batch.bots] < waiting
        # Several frames of one batch may complain of the same input: only the first complaint counts.
        rows = np.flatnonzero(late)
        _, firsts = np.unique(batch.bots[rows] << 32 | waiting[rows], return_index=True)
        guilty = np.zeros(len(late), np.bool_)
        guilty[rows[firsts]] = True
        self._blame(batch, guilty, FaultKind.INPUT_UNACKNOWLEDGED, "an input was not acknowledged in time")
        np.maximum.at(self._missed, batch.bots[rows], waiting[rows])

    def _remember(self, batch: _Batch) -> None:
        zones = batch.column("zone")
        self.crossings += int(np.count_nonzero(batch.known & (zones != self._before(batch, zones, self.zone))))
        self._came(batch, np.flatnonzero(~batch.known))
        last = np.append(batch.first[1:], True)
        bots = batch.bots[last]
        for name in ("tick", "input", "x", "y", "z", "zone", "shed"):
            getattr(self, name)[bots] = batch.column(name)[last]
        self.when[bots] = batch.whens[last]
        self.known[bots] = True
        self.frames += np.bincount(batch.bots, minlength=len(self.frames))

    def _came(self, batch: _Batch, rows: NDArray[np.int64]) -> None:
        """The first frame of a connection: somebody is here, or here again."""
        bots, whens = batch.bots[rows], batch.whens[rows]
        again = self.since[bots] > 0
        self.away_s[bots[again]] += (whens - self.when[bots])[again]
        self.since[bots[~again]] = whens[~again]
