"""Announcements: everybody they are for is told by letter, whatever caps there are, so many people in a tick.

A letter is kept for whoever has just lost the link and comes in order for whoever reads slowly. It costs 10 µs with
its write, so a whole city told in one tick would be a tick left out: five thousand are told in a second and a quarter.
"""

from collections import deque
from collections.abc import Callable, Iterable

# Two milliseconds of a tick.
TOLD_PER_TICK = 200
# Announcements under way; a person types one in ten seconds, and a zone is told in one or two.
UNDER_WAY_MAX = 64

Tell = Callable[[int, bytes], None]


class Crier:
    """`tell(entity, payload)` writes one letter. Who hears is settled when an announcement comes, not when told."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._under_way: deque[tuple[bytes, deque[int]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether so much is under way that no more is taken."""
        return len(self._under_way) >= UNDER_WAY_MAX

    def cry(self, payload: bytes, entities: Iterable[int]) -> None:
        """Tell these, in the order in which announcements came."""
        self._under_way.append((payload, deque(entities)))

    def turn(self) -> None:
        """Once a tick: tell the next ones."""
        left = TOLD_PER_TICK
        while self._under_way and left:
            payload, entities = self._under_way[0]
            for _ in range(min(left, len(entities))):
                self._tell(entities.popleft(), payload)
                left -= 1
            if not entities:
                self._under_way.popleft()
