"""One request at a time reads the content, every zone is asked at once, and one that does not answer is named."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.codec import encode
from protocol.messages import Denied, Happened
from server.ops import content
from server.programme import WAITING_MAX
from server.reading import Reading, Unread, read
from tests.server.ops_port import BEARER, PATIENCE_S, ZONES, OpsPort
from world.config import CONTENT_DIR, FESTIVAL_FILE, WorldConfig, load_config
from world.event import OPERATOR
from world.events.reload_content import ContentReloaded, ReloadContent
from world.events.steer_event import SteerEvent
from world.tick import Issued


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[OpsPort]:
    """Beside a directory in which a rain has one crystal more than in the running city."""
    directory = tmp_path / "content"
    shutil.copytree(CONTENT_DIR, directory)
    text = (directory / FESTIVAL_FILE).read_text("utf-8")
    (directory / FESTIVAL_FILE).write_text(text.replace("number = 300", "number = 301"), "utf-8")
    port = OpsPort()
    port.contents.content_dir = directory
    async with port.client:
        yield port


async def look(port: OpsPort) -> tuple[int, dict[str, Any]]:
    async with port.client.get("/content/difference", headers=BEARER) as answer:
        return answer.status, await answer.json()


async def applying(port: OpsPort) -> "asyncio.Task[tuple[int, dict[str, Any]]]":
    """Somebody has seen the difference, and wants it."""
    _, shown = await look(port)
    assert [change["key"] for change in shown["changes"]] == ["rain.plaza_shower.number"]
    return asyncio.create_task(port.post("/content/apply", {"digest": shown["digest"]}))


async def asked(port: OpsPort) -> list[Issued]:
    """What all zones are asked."""
    async with asyncio.timeout(PATIENCE_S):
        return [await port.asked.get() for _ in ZONES]


def agree(port: OpsPort, issued: Issued) -> None:
    done = ContentReloaded(issued.number, 1)
    port.programme.hear(encode(Happened(1, done.name, msgspec.structs.asdict(done))))


async def test_every_zone_is_asked_for_the_same_and_the_city_is_renewed_with_it(port: OpsPort) -> None:
    task = await applying(port)
    issued = await asked(port)
    (config,) = port.contents.renewed
    assert config == load_config(port.contents.content_dir, port.contents.config.seed)
    wish = ReloadContent(config.tuning, config.festival, "ada")
    assert [(each.entity, each.command) for each in issued] == [(OPERATOR, wish)] * len(ZONES)
    for each in issued:
        agree(port, each)
    assert await task == (200, {"ok": True, "changes": 1, "zones": 2})


async def test_a_zone_that_does_not_answer_is_named(port: OpsPort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.ops.asking.ANSWER_S", 0.2)
    task = await applying(port)
    agree(port, (await asked(port))[0])
    status, answer = await task
    assert (status, answer["zones"], answer["changes"]) == (504, 1, 1)
    assert answer["error"].startswith("plaza did not confirm it")


async def test_a_zone_in_which_the_rule_broke_is_named(port: OpsPort) -> None:
    task = await applying(port)
    first, second = await asked(port)
    agree(port, second)
    port.programme.hear(encode(Denied(first.number, "reload_content", "fault", None, "broken")))
    status, answer = await task
    assert (status, answer["error"].partition(" did")[0]) == (504, "gate")


async def test_while_the_content_is_read_nobody_else_has_it_read(
    port: OpsPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slow(directory: Path | None, running: WorldConfig) -> Reading:
        reading.set()
        await go_on.wait()
        return read(directory, running)

    monkeypatch.setattr(content, "read_aside", slow)
    first = asyncio.create_task(look(port))
    await reading.wait()
    busy = "the content is being read already"
    assert (await look(port))[1]["error"] == busy
    status, answer = await port.post("/content/apply", {"digest": "0" * 32})
    assert (status, answer["error"]) == (409, f"refused: {busy}")
    go_on.set()
    assert (await first)[0] == 200
    assert (await look(port))[0] == 200


async def test_where_not_all_zones_could_be_asked_none_is(port: OpsPort) -> None:
    for _ in range(WAITING_MAX - len(ZONES) + 1):
        port.programme.ask(0, SteerEvent("dawn", "start"), lambda _: None)
    status, answer = await (await applying(port))
    assert (status, answer["error"]) == (409, "refused: too many requests wait for an answer already")
    assert port.contents.renewed == []


async def test_where_nothing_could_be_read_the_answer_says_why(port: OpsPort, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(directory: Path | None, running: WorldConfig) -> Reading:
        raise Unread("the process is gone")

    monkeypatch.setattr(content, "read_aside", failing)
    status, answer = await look(port)
    assert (status, answer["error"]) == (503, "the process is gone")
    status, answer = await port.post("/content/apply", {"digest": "0" * 32})
    assert (status, answer["error"]) == (503, "the process is gone")
    assert port.written == [("reload", "asked"), ("reload", "the process is gone")]
