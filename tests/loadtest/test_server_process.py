"""A server of our own: it is there while it is wanted, and never longer."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from loadtest import server_process
from loadtest.dial import home_of
from loadtest.server_process import ServerProcess

STORE = "sqlite:////nowhere/city.db"


class Sleeper(ServerProcess):
    """A process that only waits for its end."""

    def __init__(self, bots: int = 1, settings: Mapping[str, bool | int] | None = None) -> None:
        super().__init__(bots, STORE, settings)

    script = "import signal; print('here', flush=True); signal.pause()"

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "loadtest.tether", str(os.getpid()), sys.executable, "-c", self.script]


class Stubborn(Sleeper):
    """A process that does not heed a SIGTERM."""

    script = f"import signal; signal.signal(15, signal.SIG_IGN); {Sleeper.script}"


def fail(server: ServerProcess) -> None:
    heard(server, "here")
    raise RuntimeError


def heard(server: ServerProcess, word: str) -> None:
    """Wait until it has said so."""
    while word not in server.said():
        assert server.ended is None


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text("ascii").split()[2] != "Z"


def told(server: ServerProcess) -> dict[str, str]:
    """The flags on the command line of a real server in its place."""
    words = ServerProcess._command(server)
    return dict(zip(words[words.index("serve") + 1 :: 2], words[words.index("serve") + 2 :: 2], strict=True))


def test_the_server_is_told_everything_on_its_command_line() -> None:
    with Sleeper(2000) as server:
        flags = told(server)
    assert flags["--game.host"] == "127.0.0.1"
    assert int(flags["--game.players_max"]) >= 2000
    assert flags["--bots"] == "0"
    assert flags.get("--game.local_exempt") == (None if home_of(0) is None else "false")
    assert server.ops_url == f"http://127.0.0.1:{flags['--ops.port']}"
    assert {str(target.port) for target in server.targets.values()} == {flags["--game.port"], flags["--game.tcp_port"]}


def test_settings_of_a_scenario_come_before_what_it_would_be_started_with_but_not_before_its_places() -> None:
    with Sleeper(2000, {"game.players_max": 7, "auth.guests": True, "game.port": 1}) as server:
        flags = told(server)
    assert (flags["--game.players_max"], flags["--auth.guests"]) == ("7", "true")
    assert flags["--game.port"] != "1"


class Teller(Sleeper):
    """A process that says what it was told in private."""

    script = (
        f"import os; print(*map(os.environ.get, ('FUTURECITY_STORE__URL', 'FUTURECITY_OPS__TOKEN'))); {Sleeper.script}"
    )


def test_books_and_token_are_its_own_and_told_in_private() -> None:
    with Teller() as server:
        heard(server, STORE)
        heard(server, server.ops_token)
    assert len(server.ops_token) >= 16
    assert not {STORE, server.ops_token}.intersection(server._command())


def test_it_is_stopped_when_the_run_is_over() -> None:
    with Sleeper() as server:
        heard(server, "here")
        assert server.ended is None
    assert server.ended == -15


def test_it_is_stopped_when_the_run_fails() -> None:
    server = Sleeper()
    with pytest.raises(RuntimeError), server:
        fail(server)
    assert server.ended is not None


def test_one_that_does_not_heed_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_process, "STOP_S", 0.2)
    with Stubborn() as server:
        heard(server, "here")
    assert server.ended == -9


def test_it_ends_when_the_load_test_is_killed_and_cannot_stop_it() -> None:
    script = (
        "import os, sys; sys.path.insert(0, os.getcwd());"
        "from tests.loadtest.test_server_process import Sleeper, heard;"
        "server = Sleeper().__enter__(); heard(server, 'here'); print(server._process.pid, flush=True);"
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False, timeout=30)
    pid = int(killed.stdout)
    assert killed.returncode == -9
    while alive(pid):
        os.sched_yield()


def test_a_command_whose_parent_is_gone_already_is_not_begun() -> None:
    gone = subprocess.run(
        [sys.executable, "-m", "loadtest.tether", "1", sys.executable, "-c", "print('here')"],
        stdout=subprocess.PIPE, check=True, timeout=30,
    )  # fmt: skip
    assert gone.stdout == b""
