"""Says for thousands of bots at a time how they move: each one's next intent goes straight to its socket.

A transport takes a message by a dozen calls, each of which touches objects that the processor has forgotten since the
last one. A bot whose transport keeps nothing that has to go first is written to past it, in one compiled loop; what is
encrypted, and what a socket does not take, goes on through the transport.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from loadtest.bot import Bot, Desk
from world.compiled import B1, F8_2, I4, I8, NOTHING, NUMBER, REAL, U1_2, U4, YES, compiled, group

# A message ends with its payload, 92 02 c4 08 and an intent: the number, twice the direction, the gait and flags.
# Before that there is a length, or a WebSocket head with a mask (tests/loadtest/test_sender.py compares).
_MOVE_AT, _MOVE_BYTES, _NUMBER_BYTES = 6, 12, 4
_TCP_AT, _WS_AT, _MASK_AT = 2, 0, 2
_MESSAGE_BYTES = _MOVE_AT + _MOVE_BYTES
_WS_BINARY, _WS_MASKED = 0x82, 0x80

_send: Any = types.ExternalFunction("send", types.int64(types.int32, types.int64, types.int64, types.int32))


class Moves(NamedTuple):
    """Who moves next, by seat, and how: in 256ths of a turn, with which gait, and an intent's flags."""

    seats: NDArray[np.int64]
    steers: NDArray[np.int64]
    gaits: NDArray[np.int64]
    flags: NDArray[np.int64]


class Outlets(NamedTuple):
    """By seat: its socket's descriptor, and whether it may be written to; whether what is sent there is masked.

    `sent` is the number of its last input, `sent_at` when each of the last ones was sent, `up` are bytes.
    """

    wires: NDArray[np.int32]
    direct: NDArray[np.bool_]
    masked: NDArray[np.bool_]
    sent: NDArray[np.int64]
    sent_at: NDArray[np.float64]
    up: NDArray[np.int64]


class Letters(NamedTuple):
    """For each move a row that ends with a message, where that begins, how much of it was taken, and a mask.

    `rows_at` is the address of the first row.
    """

    rows: NDArray[np.uint8]
    rows_at: int
    begins: NDArray[np.int64]
    taken: NDArray[np.int64]
    masks: NDArray[np.uint32]

    @classmethod
    def of(cls, masks: NDArray[np.uint32]) -> "Letters":
        """Nothing is written yet, and nothing taken."""
        rows = np.zeros((masks.size, _MESSAGE_BYTES), np.uint8)
        begins, taken = np.zeros((2, masks.size), np.int64)
        return cls(rows, rows.ctypes.data, begins, taken, masks)

    def left(self, row: int) -> bytes:
        """What was not taken of one."""
        return self.rows[row, self.begins[row] + self.taken[row] :].tobytes()


class Sender:
    """Sends for the bots in these seats; whoever it cannot send for does so itself."""

    def __init__(self, bots: Sequence[Bot | None], desk: Desk, seed: int) -> None:
        self._bots = bots
        self._masks = np.random.default_rng(seed)
        seats, arrivals = len(bots), desk.arrivals
        # Bytes of what was sent from here, by seat; of everything else bots count them themselves.
        self.up = np.zeros(seats, np.int64)
        masked = np.zeros(seats, np.bool_)
        wires = np.zeros(seats, np.int32)
        self._outlets = Outlets(wires, desk.direct, masked, arrivals.sent, arrivals.sent_at, self.up)

    def send(self, moves: Moves) -> None:
        """Send each one's next intent, under the next number."""
        for seat in moves.seats[~self._outlets.direct[moves.seats]].tolist():
            self._look_at(seat)
        letters = Letters.of(self._masks.integers(2**32, size=moves.seats.size, dtype=np.uint32))
        _send_each(moves, perf_counter(), self._outlets, letters)
        for row in np.flatnonzero(letters.taken < _MESSAGE_BYTES - letters.begins).tolist():
            bot = self._bots[moves.seats.item(row)]
            if bot is not None and letters.taken[row]:
                bot.shout(letters.left(row))
            elif bot is not None:
                bot.move(moves.steers.item(row), moves.gaits.item(row), bool(moves.flags[row]))

    def _look_at(self, seat: int) -> None:
        """Write to this seat's socket from now on, if its bot is in the city and nothing of it has to go first."""
        bot, outlets = self._bots[seat], self._outlets
        if bot is not None and bot.alive and bot.has_said_all and (wire := bot.descriptor) is not None:
            outlets.wires[seat], outlets.masked[seat], outlets.direct[seat] = wire, bot.masks, True


_LETTERS = group(Letters, U1_2, NUMBER, I8, I8, U4)


@compiled(NOTHING, _LETTERS, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, borrowing=True)
def _write_move(letters: Letters, i: int, number: int, steer: int, gait: int, flags: int) -> None:
    """The payload."""
    rows, at = letters.rows, _MOVE_AT
    rows[i, at], rows[i, at + 1], rows[i, at + 2], rows[i, at + 3] = 0x92, 0x02, 0xC4, 0x08
    at += 4
    for k in range(_NUMBER_BYTES):
        rows[i, at + k] = number >> 8 * k & 0xFF
    at += _NUMBER_BYTES
    rows[i, at], rows[i, at + 1], rows[i, at + 2], rows[i, at + 3] = steer, steer, gait, flags


@compiled(NOTHING, _LETTERS, NUMBER, YES, borrowing=True)
def _frame(letters: Letters, i: int, masked: bool) -> None:
    """What goes before the payload; `masked`, as WebSocket wants it."""
    rows = letters.rows
    if not masked:
        letters.begins[i] = _TCP_AT
        rows[i, _MOVE_AT - 1] = _MOVE_BYTES
        return
    letters.begins[i] = _WS_AT
    rows[i, _WS_AT], rows[i, _WS_AT + 1] = _WS_BINARY, _WS_MASKED | _MOVE_BYTES
    for k in range(4):
        rows[i, _MASK_AT + k] = letters.masks[i] >> 8 * k & 0xFF
    for k in range(_MOVE_BYTES):
        rows[i, _MOVE_AT + k] ^= rows[i, _MASK_AT + k % 4]


@compiled(
    NOTHING, group(Moves, I8, I8, I8, I8), REAL, group(Outlets, I4, B1, B1, I8, F8_2, I8), _LETTERS, borrowing=True
)
def _send_each(moves: Moves, when_s: float, outlets: Outlets, letters: Letters) -> None:
    """Send to those to whom that may be; note what was sent, if any of it was taken."""
    sent, sent_at = outlets.sent, outlets.sent_at
    for i in range(moves.seats.size):
        seat = moves.seats[i]
        if not outlets.direct[seat]:
            continue
        number = sent[seat] + 1
        _write_move(letters, i, number, moves.steers[i], moves.gaits[i], moves.flags[i])
        _frame(letters, i, outlets.masked[seat])
        begin = letters.begins[i]
        # What fails or is full says -1; its transport finds out why.
        address = letters.rows_at + i * _MESSAGE_BYTES + begin
        taken = max(0, _send(outlets.wires[seat], address, _MESSAGE_BYTES - begin, 0))
        if taken > 0:
            sent[seat], sent_at[seat, number % sent_at.shape[1]] = number, when_s
            outlets.up[seat] += taken
        letters.taken[i] = taken
