"""What is in the air of one zone: fireworks, from the tick they are lit in to the end of their burst."""

from heapq import heappop, heappush
from zlib import crc32

from world.parts import Part


class Sky(Part):
    """The fireworks in the air, as the ticks in which they end.

    Those that are over are forgotten with the next that is lit, or when somebody asks how many there are:
    over a zone that has shows and no players nobody ever asks. `digest` stands for all that were ever lit:
    with the tick, which a digest has anyway, that says what is in the air, whether somebody asked or not.
    No tick that is named is before one that was named earlier.
    """

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._sum = 0

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._ends)

    def add(self, tick: int, end_tick: int) -> None:
        """One more, lit in `tick`, up to and including `end_tick`."""
        self._forget(tick)
        heappush(self._ends, end_tick)
        self._sum = crc32(end_tick.to_bytes(8, "little"), self._sum)

    def in_air(self, tick: int) -> int:
        """How many are in the air in that tick."""
        self._forget(tick)
        return len(self._ends)

    def digest(self) -> int:
        """Stands for all of it."""
        return self._sum

    def _forget(self, tick: int) -> None:
        while self._ends and self._ends[0] < tick:
            heappop(self._ends)
