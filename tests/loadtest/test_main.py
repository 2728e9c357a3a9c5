"""`python -m loadtest` from outside: what it refuses, what it writes and what its exit status says."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.__main__ import main
from tests.loadtest.fake_city import FakeCity

SCENARIO = """
about = "A test."
bots = 4
seconds = 1
zone = "crystal_plaza"
[behaviours]
gather = 1
[join]
over_s = 0
[settle]
seconds_min = 0
seconds_max = 0
[limits]
mean_hz_min = 1
# A machine that runs all tests at once may hold the generator up: that is not what is tested here.
generator_lag_p99_ms_max = 10000
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "quick.toml"
    path.write_text(SCENARIO, "utf-8")
    return str(path)


async def run(*words: str, interrupt: bool = False) -> tuple[int | None, str, str]:
    """Exit status and what it said, in a process of its own; `interrupt` sends a Ctrl-C once it is measuring."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest", *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = b""
    while interrupt and b"measuring" not in said:
        said += await process.stderr.readline()
    if interrupt:
        process.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    return process.returncode, out.decode(), (said + errors).decode()


async def test_a_good_city_passes_and_the_report_is_written(scenario: str, tmp_path: Path) -> None:
    async with FakeCity() as city:
        where = tmp_path / "deep" / "report"
        status, out, errors = await run(scenario, "--target", city.ws_url, "--report", str(where), "--seed", "7")
    assert (status, "PASSED" in out) == (0, True)
    assert "measuring" in errors
    report = json.loads((where / "report.json").read_text("utf-8"))
    assert (report["scenario"], report["seed"], report["verdict"]["passed"]) == ("quick", 7, True)
    assert "<svg" in (where / "report.html").read_text("utf-8")


async def test_ctrl_c_still_reports_and_fails(scenario: str, tmp_path: Path) -> None:
    async with FakeCity() as city:
        status, out, _ = await run(
            scenario, "--seconds", "600", "--target", city.tcp_url, "--transport", "tcp", "--report", str(tmp_path),
            interrupt=True,
        )  # fmt: skip
    assert (status, "interrupted" in out) == (1, True)
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["joined"] == 4


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["riot"], "no scenario 'riot': there are chat_storm, crystal_rain, demo"),
        (["plaza", "--target", "http://a"], "begins with ws://, wss://, tcp:// or tcps://"),
        (["plaza", "--transport", "mixed", "--target", "ws://127.0.0.1:1"], "needs a --target that begins with tcp://"),
        (["plaza", "--bots", "19990"], "--bots 19990"),
        (["plaza", "--store", "sqlite:////a.db"], "--store is for the books of a --target"),
        (["crystal_rain", "--target", "ws://127.0.0.1:1"], "needs --ops and the ops token in FUTURECITY_OPS__TOKEN"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda what: (1024, 1024))
    monkeypatch.setattr("resource.setrlimit", lambda what, limits: None)
    assert main(words if "--bots" not in words else [*words, "--target", "ws://127.0.0.1:1"]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["plaza", "--bots", "0"], ["plaza", "--seconds", "nan"], ["plaza", "--transport", "pigeon"]]
)
def test_wrong_flags_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage: loadtest" in capsys.readouterr().err
