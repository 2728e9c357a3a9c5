"""What it costs to settle, with an fsync for each group, on both databases: `python -m tests.bench.bench_ledger`.

Unlike the other benches this one takes real time, for a disk is waited for; what the loop is kept from
meanwhile is measured by somebody who looks at the clock as often as the loop lets them.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

import uvloop

from server.settings import StoreSettings
from server.store.durable import DurableStore, open_store
from server.store.records import Entry
from tests.bench.measuring import Figures, figures, machine, print_table, settle
from tests.postgres import PostgresServer
from world.event import HOUSE

GROUPS = 60
WARM_GROUPS = 5
SIZES = (1, 25, 256)
# As many as a full plaza has; every one of them picks up again and again.
PLAYERS = 2000


class Settled(NamedTuple):
    """Seconds that each group took, from asking to the answer, and the longest stretches without the loop."""

    group_s: list[float]
    blocked_s: list[float]


class Watcher:
    """Looks at the clock whenever the loop is free: the gaps between two looks are what it was kept from."""

    def __init__(self) -> None:
        self._worst_s = 0.0
        self._task = asyncio.create_task(self._watch())

    def worst_s(self) -> float:
        """The longest gap since this was last asked."""
        worst_s, self._worst_s = self._worst_s, 0.0
        return worst_s

    def stop(self) -> None:
        """No more of it."""
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(0)
            self._worst_s = max(self._worst_s, time.perf_counter() - before_s)


def groups(size: int, count: int) -> list[list[Entry]]:
    """Pick-ups, each of a crystal of its own."""
    return [
        [
            Entry(
                f"1.{size}.pick.{number}",
                "pick_up",
                ((HOUSE, -3), (f"player:{number % PLAYERS + 1}", 3)),
                first,
            )
            for number in range(first, first + size)
        ]
        for first in range(0, size * count, size)
    ]


async def settled(store: DurableStore, size: int, count: int, watched: bool) -> Settled:
    """One group after the other, as the settler asks for them."""
    watcher = Watcher() if watched else None
    taken = Settled([], [])
    for place, group in enumerate(groups(size, WARM_GROUPS + count)):
        begun_s = time.perf_counter()
        verdicts = await store.settle(group)
        ended_s = time.perf_counter()
        blocked_s = watcher.worst_s() if watcher else 0.0
        assert all(verdict.settled for verdict in verdicts)
        if place >= WARM_GROUPS:
            taken.group_s.append(ended_s - begun_s)
            taken.blocked_s.append(blocked_s)
    if watcher:
        watcher.stop()
    return taken


async def _on(url: str, size: int, count: int, watched: bool) -> Settled:
    store = await open_store(StoreSettings(url=url, connect_timeout_s=30, answer_timeout_s=30), 0)
    try:
        return await settled(store, size, count, watched)
    finally:
        await store.close()


def measure(name: str, urls: Iterator[str], size: int, count: int = GROUPS) -> list[Figures]:
    """A group of this size: how long it takes, how long it keeps the loop at most, and µs for each transaction."""
    settle()
    alone = uvloop.run(_on(next(urls), size, count, watched=False))
    settle()
    watched = uvloop.run(_on(next(urls), size, count, watched=True))
    return [
        figures(f"ledger, {name}", size, alone.group_s, size * count),
        figures(f"ledger, {name}, loop blocked", size, watched.blocked_s),
    ]


def run(sizes: tuple[int, ...] = SIZES, count: int = GROUPS) -> Iterator[Figures]:
    """Both databases, every size; each measurement on books of its own."""
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        files = (f"sqlite:///{directory}/{number}.db" for number in range(1000))
        for size in sizes:
            yield from measure("SQLite", files, size, count)
    with PostgresServer() as server:
        databases = _databases(server)
        for size in sizes:
            yield from measure("PostgreSQL", databases, size, count)


def _databases(server: PostgresServer) -> Iterator[str]:
    for number in range(1000):
        server.sql(f"CREATE DATABASE books_{number}")
        yield server.url(f"books_{number}")


if __name__ == "__main__":
    print(machine())
    print_table(run())
