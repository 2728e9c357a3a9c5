"""The people who live in the demo city: they come, they come back, and they go when they should."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from loadtest.demo import main
from protocol import messages as m
from protocol.crystals import CRYSTAL_ROW
from tests.loadtest.fake_city import FakeCity
from tests.loadtest.said import DEEDS

WAIT_S = 30
# Deeds that the demo's people like, beyond those that the small city knows.
LIKED: dict[str, Any] = {
    "emote": {"kind": {"type": "str", "one_of": ["bow"]}},
    "pick_up_crystal": {"crystal": {"type": "int", "ge": 0}},
    "light_firework": {"kind": {"type": "str"}, "colours": {"type": "list", "of": {"type": "str"}}},
}


@pytest.fixture(autouse=True)
def _deeds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, fields in LIKED.items():
        monkeypatch.setitem(DEEDS, name, fields)


@asynccontextmanager
async def demo(city: FakeCity, bots: int = 3) -> AsyncIterator[asyncio.subprocess.Process]:
    """The demo in a process of its own, once everybody is in."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest.demo", "--target", city.ws_url, "--bots", str(bots),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(WAIT_S):
        await present(city, bots)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def present(city: FakeCity, count: int) -> None:
    while len(city.people) != count:
        await ticked(city)


async def ticked(city: FakeCity) -> None:
    stepped = asyncio.Event()
    city.call_at(city.tick + 1, stepped.set)
    await stepped.wait()


async def test_they_go_quietly_on_a_signal() -> None:
    async with FakeCity() as city, demo(city) as process:
        process.send_signal(signal.SIGTERM)
        out, _ = await process.communicate()
        assert (process.returncode, out) == (0, b"")
        assert city.people == []


async def test_they_go_when_the_pipe_closes() -> None:
    async with FakeCity() as city, demo(city) as process:
        assert process.stdin is not None
        process.stdin.close()
        out, _ = await process.communicate()
        assert (process.returncode, out) == (0, b"")


async def test_they_go_when_whoever_started_them_is_gone() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        words = [sys.executable, "-m", "loadtest.demo", "--target", city.ws_url, "--bots", "2"]
        script = f"import subprocess, sys; subprocess.Popen({words!r}, stdin=subprocess.DEVNULL); sys.stdin.read()"
        parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdin=subprocess.PIPE)
        await present(city, 2)
        os.kill(parent.pid, signal.SIGKILL)
        await parent.wait()
        await present(city, 0)


async def test_they_come_back_when_they_are_cut() -> None:
    async with FakeCity() as city, demo(city):
        person = city.people[0]
        city.leave(person)
        person.hang_up()
        await present(city, 3)
        assert len(city.everybody) == 4


async def test_whoever_is_near_a_crystal_picks_it_up() -> None:
    async with FakeCity() as city:
        city.unanswered.add("pick_up_crystal")
        async with demo(city, 8):
            while not (asked := wishes(city, "pick_up_crystal")):
                for person in city.people:
                    lies = CRYSTAL_ROW.pack(person.entity, 100, 0, 100, 0, 1)
                    x, z = (round(axis) for axis in person.place)
                    person.say(m.Crystals(city.tick, x, 0, z, lies))
                await ticked(city)
        entity, wish = asked[0]
        assert msgspec.msgpack.decode(wish.fields) == {"crystal": entity}


def wishes(city: FakeCity, deed: str) -> list[tuple[int, m.Do]]:
    """Who has asked for a deed of this name, and how."""
    said = ((person.entity, message) for person in city.everybody for message in person.heard)
    return [(entity, message) for entity, message in said if isinstance(message, m.Do) and message.deed == deed]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--target", "ws://a", "--bots", "0"], "from 1 to 1000"),
        (["--target", "ws://a", "--bots", "1001"], "from 1 to 1000"),
        (["--bots", "5"], "--target"),
    ],
)
def test_wrong_flags_are_refused(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_wrong_address_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--target", "http://a", "--bots", "5"]) == 2
    assert "begins with ws://" in capsys.readouterr().err
