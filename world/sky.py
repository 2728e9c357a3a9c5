"""What is in the air of one zone: fireworks, from the tick they are lit in to the end of their burst."""

from heapq import heappop, heappush
from zlib import crc32

from world.parts import Part


class Sky(Part):
    """The fireworks in the air, as the ticks in which they end.

    Those that are over are forgotten when somebody asks how many there are. `digest` stands for all that
    were ever lit: with the tick, which a digest has anyway, that says what is in the air, whether
    somebody asked or not.
    """

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._sum = 0

    def add(self, end_tick: int) -> None:
        """One more, up to and including that tick."""
        heappush(self._ends, end_tick)
        self._sum = crc32(end_tick.to_bytes(8, "little"), self._sum)

    def in_air(self, tick: int) -> int:
        """How many are in the air in that tick, which is never before one asked for earlier."""
        while self._ends and self._ends[0] < tick:
            heappop(self._ends)
        return len(self._ends)

    def digest(self) -> int:
        """Stands for all of it."""
        return self._sum
