"""Threads beside the loop's own, for what needs no lock of Python's: a compiled loop that is `unlocked` runs in more.

What is shared out is done when `map` returns, so whoever calls it sees one thing after the other, as if it had done
all of it alone; nothing else of the loop runs meanwhile.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A, B = TypeVar("A"), TypeVar("B")


class Helpers:
    """So many threads, which begin when something is shared out for the first time."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="helper") if count else None

    def map(self, work: Callable[[A], B], parts: Sequence[A]) -> list[B]:
        """What comes of each part, in their order, done here or in a helper; raises what one of them raised.

        Whoever is free takes the next, so a helper that gets no processor keeps nobody waiting for more than its part.
        """
        done: dict[int, B] = {}
        # Taking the next number of a range is one step of the interpreter: no two get the same.
        numbers = iter(range(len(parts)))

        def take() -> None:
            for number in numbers:
                done[number] = work(parts[number])

        helping = [self._threads.submit(take) for _ in range(min(self._count, len(parts) - 1))] if self._threads else []
        try:
            take()
        finally:
            # One that has not begun by now has nothing left to do.
            for each in helping:
                if not each.cancel():
                    each.result()
        return [done[number] for number in range(len(parts))]

    def close(self) -> None:
        """Let the threads end."""
        if self._threads:
            self._threads.shutdown()


ALONE = Helpers(0)
