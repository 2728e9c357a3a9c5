"""Threads beside the loop's own, for what needs no lock of Python's: a compiled loop that is `unlocked` runs in more.

What is shared out is done when `map` returns, so whoever calls it sees one thing after the other, as if it had done
all of it alone; nothing else of the loop runs meanwhile.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


class Threads:
    """So many of them beside the one that calls; they begin when something is shared out for the first time."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="beside") if count else None

    def map(self, work: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
        """What comes of each part, in their order, done in whatever thread; raises what one of them raised.

        Whoever is free takes the next, so a thread that gets no processor keeps nobody waiting for more than its part.
        """
        done: dict[int, Made] = {}
        # Taking the next number of a range is one step of the interpreter: no two get the same.
        numbers = iter(range(len(parts)))

        def take() -> None:
            for number in numbers:
                done[number] = work(parts[number])

        others = [self._pool.submit(take) for _ in range(min(self._count, len(parts) - 1))] if self._pool else []
        try:
            take()
        finally:
            # One that has not begun by now has nothing left to do.
            for other in others:
                if not other.cancel():
                    other.result()
        return [done[number] for number in range(len(parts))]

    def close(self) -> None:
        """Let them end."""
        if self._pool:
            self._pool.shutdown()


ALONE = Threads(0)
