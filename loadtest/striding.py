"""Legs, compiled: the next half second of a way, for one bot or for all whose turn it is.

A mind that is asked nearly always wants what it wanted half a second ago: on to where it was going. Whoever is on its
way goes on here, some hundred at a time, and its mind is asked again when it is there, when it is stuck, when it comes
into another zone, or when it has something to do on the way.
"""

import math
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from world.compiled import B1, F8, F8_2, I8, NOTHING, NUMBER, REAL, compiled, group

# What is told in place of a direction: it is there or gives up, it hardly moves, its mind is to be asked.
STOPPED, STUCK, ASK = -1, -2, -3
# Within a metre is there: at a run, half a second carries three.
ARRIVED_CM = 100.0
# A quarter of the way it should have gone since it was last asked: sliding along a wall is more than that.
_STUCK_SHARE = 0.25
# Directions count 256 steps clockwise from north (loadtest/city.py; tests/loadtest/test_striding.py compares).
_TURN = 256


class Place(NamedTuple):
    """Where somebody stood, in centimetres, and when."""

    when_s: float
    x: float
    z: float


class Way(NamedTuple):
    """Where somebody goes, how fast, and when they give up; how far they turn aside, in 256ths, and until when."""

    x: float
    z: float
    speed_cm_s: float
    give_up_s: float
    aside: float = 0.0
    aside_until_s: float = 0.0


class Legs(Struct):
    """Somebody on their way, and where they stood when they were last asked, if they were since they set out."""

    way: Way
    last: Place | None = None


class Courses(NamedTuple):
    """By seat: a Way, the Place of the last turn, the zone it was asked in, and until when it need not be asked."""

    ways: NDArray[np.float64]
    lasts: NDArray[np.float64]
    zones: NDArray[np.int64]
    until_s: NDArray[np.float64]

    @classmethod
    def of(cls, seats: int) -> "Courses":
        """Nobody is on their way."""
        ways, lasts = np.zeros((seats, len(Way._fields))), np.zeros((seats, len(Place._fields)))
        return cls(ways, lasts, np.zeros(seats, np.int64), np.zeros(seats))


class Seen(NamedTuple):
    """By seat, as its last frame said: whether there was one, where it stands, in centimetres, and in which zone."""

    known: NDArray[np.bool_]
    x: NDArray[np.int64]
    z: NDArray[np.int64]
    zones: NDArray[np.int64]


_PLACE, _WAY = group(Place, REAL, REAL, REAL), group(Way, REAL, REAL, REAL, REAL, REAL, REAL)


@compiled(NUMBER, _PLACE, _PLACE, _WAY, borrowing=True)
def stride(now: Place, last: Place, way: Way) -> int:
    """Which way to go from where one stands, in 256ths of a turn; STOPPED, or STUCK since `last`."""
    across, along = way.x - now.x, way.z - now.z
    if math.hypot(across, along) < ARRIVED_CM or now.when_s > way.give_up_s:
        return STOPPED
    meant_cm = (now.when_s - last.when_s) * way.speed_cm_s
    if math.hypot(now.x - last.x, now.z - last.z) < meant_cm * _STUCK_SHARE:
        return STUCK
    aside = way.aside if now.when_s <= way.aside_until_s else 0.0
    return int(round(math.atan2(across, along) * _TURN / math.tau) + aside) % _TURN


@compiled(NOTHING, I8, REAL, group(Seen, B1, I8, I8, I8), group(Courses, F8_2, F8_2, I8, F8), I8, borrowing=True)
def go_on(seats: NDArray[np.int64], now_s: float, seen: Seen, courses: Courses, steers: NDArray[np.int64]) -> None:
    """Which way each of these seats goes on, in their order; ASK for those whose minds have to be asked."""
    ways, lasts = courses.ways, courses.lasts
    for i in range(seats.size):
        seat = seats[i]
        steers[i] = ASK
        if not seen.known[seat] or now_s >= courses.until_s[seat] or seen.zones[seat] != courses.zones[seat]:
            continue
        now = Place(now_s, float(seen.x[seat]), float(seen.z[seat]))
        last = Place(lasts[seat, 0], lasts[seat, 1], lasts[seat, 2])
        way = Way(ways[seat, 0], ways[seat, 1], ways[seat, 2], ways[seat, 3], ways[seat, 4], ways[seat, 5])
        steer = stride(now, last, way)
        if steer >= 0:
            steers[i] = steer
            lasts[seat, 0], lasts[seat, 1], lasts[seat, 2] = now_s, now.x, now.z
