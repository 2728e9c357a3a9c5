"""A plaza of bodies that walk, for peers that tell everybody everything.

Lengths are centimetres, directions 256ths of a turn clockwise from north, as everywhere in the city.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

UPDATES_PER_S = 10
SIDE_CM = 10_000
# By gait: stand, walk, run; what the city's own tuning says.
SPEED_CM_S = np.array([0.0, 180.0, 600.0])
TURN = 256
# As much as one avatar takes in a frame of the city.
RECORD = np.dtype([("id", "<u4"), ("x", "<i2"), ("y", "<i2"), ("z", "<i2"), ("heading", "u1"), ("animation", "u1")])
# Twice what any of these servers holds on one core.
BODIES_MAX = 20_000


class FullError(Exception):
    """There is no place left for another body."""


class Plaza:
    """Up to BODIES_MAX bodies, one row each; a row is used again when somebody has left."""

    def __init__(self) -> None:
        self._at = np.zeros((BODIES_MAX, 2))
        self._steer = np.zeros(BODIES_MAX, np.uint8)
        self._gait = np.zeros(BODIES_MAX, np.uint8)
        self._here = np.zeros(BODIES_MAX, bool)
        self._free = list(range(BODIES_MAX - 1, -1, -1))

    def enter(self, x: float, z: float) -> int:
        """Somebody comes to stand there; their row. Raises FullError, or ValueError for no number."""
        if not (math.isfinite(x) and math.isfinite(z)):
            raise ValueError("x and z are centimetres from the south-west corner")
        if not self._free:
            raise FullError(f"{BODIES_MAX} bodies are here already")
        row = self._free.pop()
        self._at[row] = min(max(x, 0), SIDE_CM), min(max(z, 0), SIDE_CM)
        self._steer[row] = self._gait[row] = 0
        self._here[row] = True
        return row

    def leave(self, row: int) -> None:
        """Somebody goes."""
        self._here[row] = False
        self._free.append(row)

    def move(self, row: int, steer: int, gait: int) -> None:
        """Somebody walks that way from now on; a gait that there is not is standing still."""
        self._steer[row] = steer % TURN
        self._gait[row] = gait if 0 <= gait < len(SPEED_CM_S) else 0

    def step(self, seconds: float) -> None:
        """Everybody goes on for so long."""
        angle = self._steer * (math.tau / TURN)
        way = SPEED_CM_S[self._gait] * seconds
        self._at += np.stack([np.sin(angle) * way, np.cos(angle) * way], axis=1)
        np.clip(self._at, 0, SIDE_CM, out=self._at)

    def packed(self) -> bytes:
        """Everybody who is here, as RECORDs one behind the other."""
        rows: NDArray[np.intp] = np.flatnonzero(self._here)
        records = np.zeros(len(rows), RECORD)
        records["id"] = rows
        records["x"], records["z"] = np.rint(self._at[rows]).astype(np.int16).T
        records["heading"], records["animation"] = self._steer[rows], self._gait[rows]
        return records.tobytes()


async def live(plaza: Plaza, tell: Callable[[bytes], Awaitable[None]]) -> None:
    """Step and tell everybody, ten times a second; an update that comes late is not caught up."""
    due_s = perf_counter()
    while True:
        plaza.step(1 / UPDATES_PER_S)
        await tell(plaza.packed())
        due_s = max(due_s + 1 / UPDATES_PER_S, perf_counter())
        await asyncio.sleep(due_s - perf_counter())
