"""The command: what it refuses, and that it goes on from the trials that are kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loadtest.peers import __main__ as command
from loadtest.peers.adapters import ADAPTERS
from loadtest.peers.adapters.base import Adapter, PeerError
from loadtest.peers.report import Trial, read_trials
from tests.loadtest.peers.said import broke, held


@pytest.fixture
def crowds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The crowds that were tried; 700 are held, and no server is started."""
    tried: list[int] = []

    async def play(make: Callable[[int], Adapter], players: int, seconds: float) -> Trial:
        tried.append(players)
        return held(players) if players <= 700 else broke(players)

    monkeypatch.setattr(command, "play", play)
    return tried


def test_it_ends_when_the_knee_is_known_and_says_so_in_a_table(
    crowds: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--only", "city", "--report", str(tmp_path)]) == command.DONE
    assert crowds == [500, 2000, 1000, 710, 600, 650]
    assert "| Future City | the nearest 64 | 650 |" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()


def test_it_goes_on_where_its_time_was_up(
    crowds: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--only", "city", "--report", str(tmp_path)]
    command.main([*words, "--quick"])
    assert command.main([*words, "--minutes", "1e-9"]) == command.DONE
    assert "goes on from here" in capsys.readouterr().err
    command.main(words)
    assert crowds[:3] == [500, 2000, 1000]
    assert len(read_trials(tmp_path)) == len(crowds)


def test_a_peer_that_is_not_installed_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> dict[str, str]:
        raise PeerError("build/peers is not there; make bench-peers builds it")

    monkeypatch.setattr(ADAPTERS["websockets"], "versions", missing)
    assert command.main(["--only", "websockets", "--report", str(tmp_path)]) == command.UNUSABLE
    assert capsys.readouterr().err == "peers: build/peers is not there; make bench-peers builds it\n"


@pytest.mark.parametrize("words", [["--only", "quake"], ["--seconds", "0"], ["--minutes", "601"]])
def test_what_it_cannot_do_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(words)
    assert refused.value.code == 2
