"""A city that is lied to for as long as it takes, with one guest in it who does nothing wrong and must not notice."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from loadtest.client import Closed, Player
from loadtest.scrape import Metrics
from tests.chaos.city_process import CityProcess, Ground
from tests.chaos.hostile import FLAGS, Liars, Told
from tests.chaos.judging import Besieged, faults_of_log

LOOK_S = 1.0
# Nothing to hear for so long, at ten frames a second, is as good as being cut.
SILENCE_S = 15.0
# What memory is measured from.
WARM_SHARE = 1 / 3

Say = Callable[[Told, float], None]


async def besiege(where: Path, count: int, seed: int, say: Say) -> Besieged:
    """Tell one city so many lies, and close it. `say` is told once a second how far it has come, and its memory."""
    ground = Ground(where)
    async with CityProcess(ground, FLAGS) as city, Metrics(city.ops_url) as metrics:
        liars = Liars(city.targets, count, seed)
        guest = asyncio.create_task(_witness(city.targets[0]))
        watch = asyncio.create_task(_watch(metrics, liars, count, say))
        gone = await _told_all(liars)
        watch.cancel()
        memory = await watch
        witness = guest.result() if guest.done() else None
        guest.cancel()
        with suppress(ProcessLookupError):
            city.send(signal.SIGTERM)
        status = await city.ended()
    log = faults_of_log(ground.log.read_text("utf-8", "replace"))
    return Besieged(count, liars.told.messages, liars.told.unanswered, status, memory, log, witness, gone)


async def _told_all(liars: Liars) -> str | None:
    """Tell all lies, or say why nobody listens any more."""
    why = None
    try:
        await liars.lie()
    except* OSError as errors:
        why = repr(errors.exceptions[0])
    return why


async def _witness(url: str) -> str:
    """Stay, wave now and then, and say how it ended, if it does."""
    try:
        async with Player.join(url, name="Witness") as me:
            while True:
                async with asyncio.timeout(SILENCE_S):
                    await me.next_frame()
                if me.frames % 50 == 0:
                    await me.do("wave", hand="left")
    except TimeoutError:
        return "shown nothing any more"
    except Closed as end:
        return f"cut: {end}"


async def _watch(metrics: Metrics, liars: Liars, count: int, say: Say) -> tuple[float, float]:
    """Resident memory in megabytes when the first third was told, and the most after it; ends by being cancelled."""
    early = late = 0.0
    with suppress(asyncio.CancelledError):
        while True:
            reading = await metrics.read(perf_counter())
            if reading is not None:
                mb = reading.rss_bytes / 1e6
                if liars.told.messages < count * WARM_SHARE or not early:
                    early = max(early, mb)
                late = max(late, mb)
                say(liars.told, mb)
            await asyncio.sleep(LOOK_S)
    return early, late
