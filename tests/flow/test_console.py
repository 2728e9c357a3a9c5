"""The page: from the ops port alone, allowed no more than it needs, and without a way for a name to become markup."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.ops.pages import FILES
from tests.flow.stages import WebSocketStage, staged
from tests.office import Office

SCRIPTS = sorted(FILES.glob("*.js"))
PAGE = (FILES / "index.html").read_text("utf-8")
# Every way from a text to markup or to code that a browser has.
UNSAFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|srcdoc"
    r"|\beval\b|new Function|setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]|javascript:|import\("
)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    async with office.client:
        yield office


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_markup_or_code(path: Path) -> None:
    assert UNSAFE.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "row.innerHTML = name",
        "x.insertAdjacentHTML('beforeend', name)",
        "eval(name)",
        "setTimeout('go()', 1)",
        "new Function(name)",
    ],
)
def test_the_search_for_unsafe_scripts_finds_them(line: str) -> None:
    assert UNSAFE.search(line)


def test_the_page_has_no_inline_script_or_style_and_nothing_from_elsewhere() -> None:
    assert re.findall(r"<style|\sstyle=|\son\w+=|https?://", PAGE) == []
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", PAGE, re.S)
    assert [(attributes.split(), body) for attributes, body in scripts] == [
        (['type="module"', 'src="/console/console.js"'], "")
    ]


def test_everything_that_a_person_can_use_has_a_name() -> None:
    for field in re.findall(r"<(?:input|textarea|select)[^>]*\bid=\"([\w-]+)\"", PAGE):
        assert f'<label for="{field}">' in PAGE, field
    assert len(re.findall(r"<svg ", PAGE)) == len(re.findall(r"<svg [^>]*aria-label=", PAGE))
    assert len(re.findall(r"<table ", PAGE)) == len(re.findall(r"<caption", PAGE))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_ask_for_elements_that_the_page_has(script: Path) -> None:
    asked = set(re.findall(r"byId\(\"([\w-]+)\"\)|new Plot\(\"([\w-]+)\"", script.read_text("utf-8")))
    ids = set(re.findall(r"\bid=\"([\w-]+)\"", PAGE))
    assert {name for pair in asked for name in pair if name} <= ids


async def test_every_answer_of_the_ops_port_forbids_what_the_page_does_not_need(office: Office) -> None:
    for path in ("/console", "/console/console.js", "/console/console.css", "/console/icon.svg", "/events", "/nothing"):
        async with office.client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
    async with office.client.get("/console") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        wanted = {"script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:"}
        assert wanted <= set(answer.headers["Content-Security-Policy"].split("; "))


@pytest.mark.parametrize(
    "path", ["/console/", "/console/../operators.py", "/console/index.py", "/console/%2e%2e/guard.py"]
)
async def test_nothing_else_is_served_beside_the_page(office: Office, path: str) -> None:
    async with office.client.get(path, allow_redirects=False) as answer:
        assert answer.status == 404


async def test_the_port_of_players_knows_no_console_and_no_api() -> None:
    async with staged("ws") as stage:
        assert isinstance(stage, WebSocketStage)
        for path in ("/console", "/console/console.js", "/api/live", "/api/openapi.json", "/events", "/metrics"):
            async with stage.session.get(f"http://127.0.0.1:{stage.port}{path}") as answer:
                assert answer.status == 404, path
        async with stage.session.post(f"http://127.0.0.1:{stage.port}/api/drain") as answer:
            assert answer.status == 404
