"""Rounds of the same city on the same books: it opens, guests live there, it ends, the books are audited."""

import asyncio
import signal
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, NamedTuple

from loadtest.receipts import Receipts
from tests.chaos.city_process import CityProcess, Ground
from tests.chaos.guests import Guest, Stage
from tests.chaos.judging import Audited, Tally, faults_of_books, faults_of_end, faults_of_tally

GUESTS = 40
# A round takes some seconds; one that takes two minutes hangs.
_ROUND_S = 120.0
# How long after the first confirmations the end comes, at random: from the middle of the first to that of hundreds.
MOMENT_S = (0.5, 4.0)


class Round(NamedTuple):
    """What came of one round: tally and unheard are of this round, `figures` of all so far, `faults` what is wrong."""

    number: int
    end: signal.Signals
    status: int
    tally: Tally
    unheard: int
    figures: dict[str, Any]
    seconds: float
    faults: list[str]


class Rounds:
    """A series of rounds with the same guests; everything that is chance comes from `seed`."""

    def __init__(self, where: Path, seed: int, moment_s: tuple[float, float] = MOMENT_S) -> None:
        self.ground = Ground(where)
        self._rng = Random(f"{seed}:moments")
        self._moment_s = moment_s
        self._guests = [Guest(number, str(seed)) for number in range(GUESTS)]
        self._confirmed = 0
        self._receipts_bytes = 0
        self.played: list[Round] = []

    async def play(self, end: signal.Signals) -> Round:
        """Open the city, let the guests live there until a random moment, and end it so."""
        began_s = perf_counter()
        with Receipts(self.ground.receipts) as receipts:
            stage = Stage(len(self._guests), receipts)
            async with asyncio.timeout(_ROUND_S), CityProcess(self.ground) as city:
                async with asyncio.TaskGroup() as group:
                    for guest in self._guests:
                        group.create_task(guest.live(city.targets, stage))
                    await stage.all_in.wait()
                    await city.start_rain()
                    await stage.confirming.wait()
                    await asyncio.sleep(self._rng.uniform(*self._moment_s))
                    city.send(end)
                status = await city.ended()
        return await self._judged(end, status, stage, began_s)

    async def come_home(self) -> list[str]:
        """Open the city once more to see whether everybody has what they were told; what is wrong, if anything."""
        with Receipts(self.ground.receipts) as receipts:
            stage = Stage(len(self._guests), receipts)
            async with asyncio.timeout(_ROUND_S), CityProcess(self.ground) as city, asyncio.TaskGroup() as group:
                for guest in self._guests:
                    group.create_task(guest.visit(city.targets, stage))
        return stage.faults + self.faults_of(await self.ground.audit())

    def faults_of(self, audited: Audited) -> list[str]:
        """What is wrong with the books, with all that was confirmed so far."""
        return faults_of_books(audited, self._confirmed)

    async def _judged(self, end: signal.Signals, status: int, stage: Stage, began_s: float) -> Round:
        self._confirmed += sum(stage.tally)
        audited, alone = await asyncio.gather(self.ground.audit(), self.ground.audit(self._of_this_round()))
        # Among all receipts an account counts from its first one on, with what it did not hear in the rounds before.
        unheard = alone.figures.get("unheard", 0)
        faults = stage.faults + faults_of_tally(stage.tally) + self.faults_of(audited)
        faults += faults_of_end(end, status, unheard)
        seconds = perf_counter() - began_s
        ended = Round(len(self.played) + 1, end, status, stage.tally, unheard, audited.figures, seconds, faults)
        self.played.append(ended)
        return ended

    def _of_this_round(self) -> Path:
        """A file of the receipts that came since this was last asked."""
        lines = self.ground.receipts.read_bytes()
        alone = self.ground.receipts.with_name("round.jsonl")
        alone.write_bytes(lines[self._receipts_bytes :])
        self._receipts_bytes = len(lines)
        return alone


HEAD = "round  end      picked    lit  confirmed   stored  lost  doubled  unheard  seconds"


def line(ended: Round) -> str:
    """A row of the table under HEAD: what was picked up, lit and unheard in this round, the books of all so far."""
    figures = {name: ended.figures.get(name, "?") for name in ("confirmed", "stored", "lost", "doubled")}
    return (
        f"{ended.number:5}  {ended.end.name:7} {ended.tally.picked:7} {ended.tally.lit:6} {figures['confirmed']:>10}"
        f" {figures['stored']:>8} {figures['lost']:>5} {figures['doubled']:>8} {ended.unheard:8} {ended.seconds:8.1f}"
    )
