"""The page of the city over its real port: what is served, what is not, and who may connect from it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.gateway import page
from tests.flow.stages import LIBERAL, WebSocketStage, staged

INDEX = "<!doctype html><title>City</title>"
SCRIPT = "export const city = 1;" * 50


@asynccontextmanager
async def serving(directory: Path, origins: str | None = None) -> AsyncIterator[WebSocketStage]:
    (directory / "assets").mkdir()
    (directory / "index.html").write_text(INDEX, "utf-8")
    (directory / "assets" / "city-4f2a.js").write_text(SCRIPT, "utf-8")
    async with staged("ws", LIBERAL.model_copy(update={"page_dir": directory, "origins": origins})) as stage:
        assert isinstance(stage, WebSocketStage)
        yield stage


def at(stage: WebSocketStage, path: str = "/") -> str:
    return f"http://127.0.0.1:{stage.port}{path}"


def asked_raw(port: int, target: str) -> bytes:
    """The answer to a target as it stands: clients tidy paths up before they send them, attackers do not."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(f"GET {target} HTTP/1.1\r\nHost: city.example\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: link.recv(65_536), b""))


async def test_the_page_and_its_script_are_served(tmp_path: Path) -> None:
    async with serving(tmp_path) as stage:
        index = await stage.session.get(at(stage))
        script = await stage.session.get(at(stage, "/assets/city-4f2a.js"))
        assert (index.status, await index.text(), index.headers["Cache-Control"]) == (200, INDEX, "no-cache")
        assert index.headers["Content-Type"] == "text/html; charset=utf-8"
        assert (script.status, await script.text()) == (200, SCRIPT)
        assert script.headers["Content-Encoding"] == "gzip"
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_who_can_not_unpack_gets_it_plain(tmp_path: Path) -> None:
    async with serving(tmp_path) as stage:
        answer = await stage.session.get(at(stage, "/assets/city-4f2a.js"), headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in answer.headers
        assert await answer.text() == SCRIPT


async def test_who_has_the_page_already_is_told_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as stage:
        tag = (await stage.session.get(at(stage))).headers["ETag"]
        answer = await stage.session.get(at(stage), headers={"If-None-Match": tag})
        assert (answer.status, await answer.read()) == (304, b"")


async def test_head_tells_what_get_would_without_the_body(tmp_path: Path) -> None:
    async with serving(tmp_path) as stage:
        head, whole = await stage.session.head(at(stage)), await stage.session.get(at(stage))
        assert (head.status, await head.read()) == (200, b"")
        assert head.headers["ETag"] == whole.headers["ETag"]
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]


async def test_the_page_runs_nothing_but_its_own_scripts_and_talks_to_nobody_else(tmp_path: Path) -> None:
    async with serving(tmp_path) as stage:
        headers = (await stage.session.get(at(stage))).headers
        policy = headers["Content-Security-Policy"]
        own = f"127.0.0.1:{stage.port}"
        for word in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
            assert f"{word};" in policy
        assert f"connect-src 'self' ws://{own} wss://{own};" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "target",
    [
        "/../index.html", "/assets/../../pyproject.toml", "/assets/%2e%2e/%2e%2e/pyproject.toml", "//etc/passwd",
        "/..%2f..%2fpyproject.toml", "/assets/", "/assets", "/index.html", "/%00", "/assets/city-4f2a.js/..",
        "/metrics", "/console", "/console/", "/events", "/deeds", "/healthz", "/readyz",
    ],
)  # fmt: skip
async def test_nothing_outside_the_page_can_be_asked_for(tmp_path: Path, target: str) -> None:
    async with serving(tmp_path) as stage:
        answer = await asyncio.to_thread(asked_raw, stage.port, target)
        status = answer.split(b" ", 2)[1]
        assert status in (b"404", b"400"), answer
        assert len(answer) < 1000


async def test_our_own_page_may_connect_whatever_list_there_is_and_another_may_not(tmp_path: Path) -> None:
    async with serving(tmp_path, origins="https://city.example") as stage:
        play = f"ws://127.0.0.1:{stage.port}/play"
        ours = await stage.session.ws_connect(play, origin=f"http://127.0.0.1:{stage.port}")
        assert not ours.closed
        other = await stage.session.get(at(stage, "/play"), headers={"Origin": f"http://127.0.0.1:{stage.port + 1}"})
        assert other.status == 403


async def test_without_a_page_the_city_says_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "BUILT_PAGE", tmp_path / "nowhere")
    async with staged("ws", LIBERAL) as stage:
        assert isinstance(stage, WebSocketStage)
        answer = await stage.session.get(at(stage))
        text = await answer.text()
        assert answer.status == 200
        assert "make client" in text
        assert "/status" in text
