"""A crowd that strolls through a busy city of its own for long, with a look at the server every second."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from loadtest.books import Books
from loadtest.faults import told
from loadtest.pace import pause
from loadtest.room import make_room
from loadtest.run import until_ready
from loadtest.scenario import load_scenario
from loadtest.scrape import Metrics, Reading
from loadtest.server_process import ServerProcess
from loadtest.swarm import Plan, Swarm
from tests.soak.calendar import filled
from tests.soak.judging import Held, Look, Soaked
from tests.soak.memory import memory_of
from tests.soak.slope import Slope, slope_of

LOOK_S = 1.0
# Connections and tasks end within a second of the last goodbye; a scrape of ours is one of each.
EMPTY_S = 15.0
# Rooms fill, caches warm, and arenas reach their size: five minutes, or a third where there is less time.
WARM_SHARE, WARM_S = 1 / 3, 300.0

Say = Callable[[str], None]


async def stay(bots: int, seconds: float, say: Say) -> Soaked:
    """Let so many bots stroll for so long, take them home, and say what came of it."""
    scenario = load_scenario("stroll")
    with TemporaryDirectory() as directory, Books() as books, _city(bots, books, Path(directory)) as server:
        targets = (server.targets["ws"], server.targets["tcp"])
        make_room(bots, targets)
        async with Metrics(server.ops_url) as metrics:
            await until_ready(server, metrics, asyncio.Event())
            before = await _read(metrics)
            swarm = Swarm(Plan(scenario, bots, 1, targets, homes=True), books.receipts)
            swarm.start()
            looks = await _watch(server, metrics, swarm, seconds, say)
            await swarm.stop()
            after = await _emptied(metrics, _held(before))
    warm = [look for look in looks if look.at_s >= min(WARM_S, seconds * WARM_SHARE)]
    own, files = _slope(warm, lambda look: look.memory.own_mb), _slope(warm, lambda look: look.memory.files_mb)
    broken = told(swarm.faults.counts, swarm.faults.examples)
    return Soaked(looks, own, files, _held(before), after, bots, swarm.joined, swarm.disconnected, broken)


def _city(bots: int, books: Books, directory: Path) -> ServerProcess:
    return ServerProcess(bots, books.store_url, {"world.content": str(filled(directory / "content"))})


def _slope(looks: list[Look], value: Callable[[Look], float]) -> Slope:
    return slope_of([look.at_s for look in looks], [value(look) for look in looks])


async def _watch(server: ServerProcess, metrics: Metrics, swarm: Swarm, seconds: float, say: Say) -> list[Look]:
    """What the server has in memory, second by second."""
    assert server.pid is not None
    looks: list[Look] = []
    never, began_s, told = asyncio.Event(), perf_counter(), 0
    while (at_s := perf_counter() - began_s) < seconds:
        reading = await _read(metrics)
        memory = memory_of(server.pid)
        looks.append(Look(at_s, memory))
        if at_s >= 60 * told:
            told += 1
            say(
                f"{at_s / 60:5.1f} min  {swarm.present} here, {memory.own_mb:.1f} MB + {memory.files_mb:.1f} of files, "
                f"{reading.tasks:.0f} tasks, {reading.open_files:.0f} open files"
            )
        _forget(swarm)
        await pause(never, LOOK_S)
    return looks


def _forget(swarm: Swarm) -> None:
    """Figures of a second that nobody asks for."""
    swarm.arrivals.gap_ms.clear()
    swarm.arrivals.input_ms.clear()
    swarm.pace.drain()
    swarm.purses.drain()


async def _emptied(metrics: Metrics, before: Held) -> Held:
    """What is held once everybody has left, or after a while."""
    never, began_s = asyncio.Event(), perf_counter()
    while True:
        now = _held(await _read(metrics))
        if (now.tasks <= before.tasks and now.open_files <= before.open_files) or perf_counter() - began_s > EMPTY_S:
            return now
        await pause(never, LOOK_S)


async def _read(metrics: Metrics) -> Reading:
    """A look at the server. Raises RuntimeError when it shows nothing three times in a row."""
    for _ in range(3):
        reading = await metrics.read(perf_counter())
        if reading is not None:
            return reading
    raise RuntimeError("the server shows no metrics any more")


def _held(reading: Reading) -> Held:
    return Held(reading.tasks, reading.open_files)
