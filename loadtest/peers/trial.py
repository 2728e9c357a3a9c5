"""One trial: a server is started, the crowd comes, everybody is measured for some seconds, and all go home."""

import asyncio
import gc
import time
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import aiohttp
import numpy as np
from msgspec import structs

from loadtest.peers.adapters.base import NEIGHBOURS, Adapter, PeerError
from loadtest.peers.crowd import Crowd
from loadtest.peers.judge import is_blind, shortcomings
from loadtest.peers.report import Trial
from loadtest.peers.usage import Usage, usage
from loadtest.report import rounded
from loadtest.server_process import START_S

# A crowd that needs longer to get in is one that the server does not hold.
COME_S = 45.0
# In our city people walk to the plaza from the gate: half a minute from the farthest.
WALK_S = 25.0
# Those few that a wall holds up are no reason to wait any longer.
_AT_PLACE_SHARE = 0.95
SETTLE_S = 2.0
_POLL_S = 0.1
_SEED = 1


class Moment(NamedTuple):
    """What had been used, and had come, at one moment."""

    when_s: float
    server: Usage
    bytes_down: int
    generator_cpu_s: float


async def play(make: Callable[[int], Adapter], players: int, seconds: float, walk_s: float = WALK_S) -> Trial:
    """Make one trial, for which people may walk so long before. Raises PeerError when the server does not start."""
    adapter = make(players)
    try:
        # One more place for the witness at Colyseus; connections are kept open between matches.
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=COME_S)) as session:
            with adapter.server:
                await _until_ready(adapter, session)
                crowd = Crowd(adapter, players, _SEED)
                try:
                    return await _measured(adapter, crowd, session, seconds, walk_s)
                finally:
                    await crowd.leave()
    finally:
        adapter.close()


async def _until_ready(adapter: Adapter, session: aiohttp.ClientSession) -> None:
    deadline_s = perf_counter() + START_S
    while not await adapter.is_ready(session):
        if adapter.server.ended is not None or perf_counter() > deadline_s:
            raise PeerError(f"{adapter.title} did not start; it said:\n{adapter.server.said()}")
        await asyncio.sleep(_POLL_S)


async def _measured(
    adapter: Adapter, crowd: Crowd, session: aiohttp.ClientSession, seconds: float, walk_s: float
) -> Trial:
    players = len(crowd.visitors)
    empty = _moment(adapter, crowd)
    witness = crowd.visitors[0]
    await crowd.come(session, COME_S)
    # Whoever has got in may leave again; who never came is counted apart from who was cut.
    entered, endings_before = crowd.entered, len(crowd.endings)
    await _until(lambda: crowd.at_place >= crowd.entered * _AT_PLACE_SHARE, walk_s)
    # Here, and not just before the measuring: nobody is read for meanwhile, and of eighty gaps one is over the p99.
    gc.collect()
    gc.freeze()
    witness.keeps = []
    await asyncio.sleep(SETTLE_S)
    sees, witness.keeps = await adapter.seen(witness), None
    crowd.pace.drain()
    crowd.tally.open()
    before = _moment(adapter, crowd)
    await asyncio.sleep(seconds)
    after = _moment(adapter, crowd)
    crowd.tally.close(after.when_s)
    gc.unfreeze()
    trial = _figures(adapter, crowd, sees, (empty, before, after))
    trial = structs.replace(trial, entered=entered, cut=len(crowd.endings) - endings_before)
    everybody = players - 1
    why = shortcomings(trial, everybody if adapter.tells_all else min(NEIGHBOURS, everybody))
    why += [f"first to go: {crowd.endings[0]}"] if crowd.endings else []
    return structs.replace(trial, why=why, blind=is_blind(trial))


def _figures(adapter: Adapter, crowd: Crowd, sees: int, moments: tuple[Moment, Moment, Moment]) -> Trial:
    empty, before, after = moments
    passed_s = after.when_s - before.when_s
    hz = np.sort(crowd.tally.updates / passed_s)
    updates = int(crowd.tally.updates.sum())
    cpu_s = after.server.cpu_s - before.server.cpu_s
    players = len(crowd.visitors)
    return Trial(
        system=adapter.name,
        players=players,
        seconds=round(passed_s, 2),
        entered=players,
        sees=sees,
        mean_hz=round(float(hz.mean()), 3),
        p01_hz=round(float(hz[len(hz) // 100]), 3),
        gap_p99_ms=rounded(crowd.tally.gap_ms.percentile(99), 1),
        cpu_percent=round(cpu_s / passed_s * 100, 1),
        cpu_us_per_update=round(cpu_s / updates * 1e6, 2) if updates else None,
        down_bytes_s=round((after.bytes_down - before.bytes_down) / passed_s / players, 1),
        rss_mb=round(after.server.rss_bytes / 1e6, 1),
        rss_kb_per_player=round((after.server.rss_bytes - empty.server.rss_bytes) / 1e3 / players, 1),
        cut=0,
        generator_cpu_percent=round((after.generator_cpu_s - before.generator_cpu_s) / passed_s * 100, 1),
        generator_lag_p99_ms=rounded(crowd.pace.drain().percentile(99)),
    )


def _moment(adapter: Adapter, crowd: Crowd) -> Moment:
    pid = adapter.server.pid
    used = usage(pid) if pid is not None else Usage(0.0, 0)
    return Moment(perf_counter(), used, crowd.bytes_down, time.process_time())


async def _until(reached: Callable[[], bool], seconds_max: float) -> None:
    deadline_s = perf_counter() + seconds_max
    while not reached() and perf_counter() < deadline_s:  # noqa: ASYNC110 - counted, not told
        await asyncio.sleep(_POLL_S)
