"""A thread with an event loop of its own, for what must not wait for the city's ticks at every step.

A transaction is ten questions to the database and ten answers. In the loop that ticks each answer is heard when the
tick lets go of it, so a group took several ticks; here it takes what the database takes, and is heard of once.
"""

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Aside:
    """Does coroutines in its own loop, for callers in another one; `close` it in the end."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        # A database that hangs does not keep the process from its end.
        self._thread = Thread(target=self._live, name="store", daemon=True)
        self._thread.start()

    async def do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Its answer, or whatever it raises; to cancel this is to cancel the work."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def close(self) -> None:
        """End the thread; what it still does is cancelled."""
        self._loop.call_soon_threadsafe(self._closing.set)
        await asyncio.to_thread(self._thread.join)

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_closed())

    async def _until_closed(self) -> None:
        await self._closing.wait()
