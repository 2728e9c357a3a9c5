"""The last moments of a city: nobody is let in any more, and everybody is told how long it is still open."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise

# When everybody is told again, in seconds before the end: early enough to finish something, and then to say goodbye.
WARNINGS_S = (30, 10, 5, 3, 2, 1)


class Stop:
    """What signals ask for: the first one that the city closes, the second one that it hurries."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._hurried = asyncio.Event()

    def ask(self) -> None:
        """A signal has come."""
        (self._hurried if self.asked.is_set() else self.asked).set()

    def hurry(self) -> None:
        """The city closes, and there is nothing to wait for."""
        self.asked.set()
        self._hurried.set()

    async def hurried_within(self, seconds: float) -> bool:
        """Wait so long, or until somebody hurries; whether somebody does."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurried.wait(), seconds)
        return self._hurried.is_set()


async def count_down(
    seconds: float, tell: Callable[[float], None], hurried_within: Callable[[float], Awaitable[bool]]
) -> None:
    """Tell everybody at once how many seconds are left, and again at every warning; then the time is up."""
    moments = [seconds, *(warning for warning in WARNINGS_S if warning < seconds), 0]
    for left, then in pairwise(moments):
        tell(left)
        if await hurried_within(left - then):
            return
