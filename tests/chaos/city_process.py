"""The real city in a process of its own, on one database for all rounds, to be killed; and the audit of its books."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from aiohttp import ClientSession

from tests.chaos.judging import Audited

CONTENT = Path(__file__).parents[2] / "world" / "content"
# The rain that everybody runs for, and where it falls: newcomers begin right there instead of walking to it.
RAIN, ZONE = "crystal_rain", "crystal_plaza"
_TOKEN = "the operator of a city that is killed"
# A second or two on an idle machine.
_START_S = 60.0


class Ground:
    """What outlives every round: the database, the file of receipts, what the city says, and its content."""

    def __init__(self, where: Path) -> None:
        self.url = f"sqlite:///{where / 'books.db'}"
        self.receipts = where / "receipts.jsonl"
        self.log = where / "city.log"
        self.content = where / "content"
        shutil.copytree(CONTENT, self.content)
        plan = self.content / "city.toml"
        shipped = plan.read_text("utf-8")
        moved = shipped.replace('gate = "gate"', f'gate = "{ZONE}"')
        assert moved != shipped, f"{CONTENT / 'city.toml'} does not say where the gate is"
        plan.write_text(moved, "utf-8")
        self.receipts.touch()

    async def audit(self, receipts: Path | None = None) -> Audited:
        """Hold the books against everything that was ever confirmed, or against another file of receipts."""
        words = ["audit", "--receipts", str(receipts or self.receipts), "--json", "--store.url", self.url]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", *words, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        return Audited(await process.wait(), json.loads(said or "{}"))


class CityProcess:
    """`python -m server serve` on free ports. An async context manager: inside it is open, after it is gone.

    `flags` are settings beyond those that it needs.
    """

    def __init__(self, ground: Ground, flags: Sequence[str] = ()) -> None:
        self._ground = ground
        self._more = flags
        self._places: dict[str, str] = {}

    @property
    def targets(self) -> tuple[str, str]:
        """Where players come in, by either transport."""
        return self._places["game"], self._places["tcp"]

    @property
    def ops_url(self) -> str:
        """Where its metrics are."""
        return self._places["metrics"].removesuffix("/metrics")

    @property
    def status(self) -> int | None:
        """How it ended, if it has."""
        return self._process.returncode

    async def __aenter__(self) -> Self:
        self._log: IO[bytes] = self._ground.log.open("ab")
        # Tied to us by the kernel: a test that is killed itself leaves no city behind.
        tether = [sys.executable, "-m", "loadtest.tether", str(os.getpid())]
        self._process = await asyncio.create_subprocess_exec(
            *tether, sys.executable, "-m", "server", "serve", *self._flags(),
            env={**os.environ, "FUTURECITY_OPS__TOKEN": _TOKEN},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_START_S):
                await self._ready()
        except BaseException:
            await self._gone()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._gone()

    async def start_rain(self) -> None:
        """As an operator does."""
        url, headers = f"{self.ops_url}/events/{RAIN}/start", {"Authorization": f"Bearer {_TOKEN}"}
        async with ClientSession(headers=headers) as session, session.post(url) as answer:
            assert answer.status == 200, await answer.text()

    def send(self, number: signal.Signals) -> None:
        """End it, one way or another."""
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Its exit status, when it is gone."""
        return await self._process.wait()

    async def _ready(self) -> None:
        """Read where it can be reached, until it says that it can be."""
        assert self._process.stdout is not None
        while not (line := (await self._process.stdout.readline()).decode()).startswith("ready:"):
            if not line:
                raise RuntimeError(f"the city did not open:\n{self._ground.log.read_text('utf-8')[-2000:]}")
            name, _, place = line.strip().partition(" ")
            self._places[name] = place.strip()

    async def _gone(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()
        self._log.close()

    def _flags(self) -> list[str]:
        ground = self._ground
        return [
            "--game.host", "127.0.0.1", "--game.port", "0", "--game.tcp_port", "0", "--ops.port", "0", "--bots", "0",
            "--world.content", str(ground.content), "--store.url", ground.url, *self._more,
        ]  # fmt: skip
