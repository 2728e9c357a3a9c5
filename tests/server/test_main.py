"""The `futurecity` command as a person or a script meets it: what it says, and its exit status."""

import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from protocol.codec import decode_server, encode, pack_fields
from protocol.errors import CloseCode
from protocol.framing import Splitter, tcp_frame
from protocol.limits import SERVER_MESSAGE_BYTES_MAX
from protocol.messages import (
    AnyClientMessage,
    AnyServerMessage,
    Closing,
    Goodbye,
    Hello,
    Keep,
    Ping,
    Pong,
    Profiles,
    Welcome,
)
from server import VERSION
from server.__main__ import FAILED, OK, WRONG, main
from server.preview import preview
from server.usage import usage
from tests.certificates import certificate
from tests.server.recording import record
from world.config import CONTENT_DIR, fingerprint, load_config

ROOT = Path(__file__).parent.parent.parent
ANY_PORTS = ("--game.host=127.0.0.1", "--game.port=0", "--game.tcp_port=0", "--ops.port=0")
# A city that is not ready or not gone by now is broken; it takes a second when the machine is idle.
PATIENCE_S = 60
# The promise: exit 0 within this of being told.
GONE_S = 5

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "server", *words]


@contextmanager
def city(*flags: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A city in a process of its own, and what it said until it was ready."""
    process = subprocess.Popen(
        command("serve", *ANY_PORTS, *flags), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith("ready:"):
                break
        try:
            yield process, said
        finally:
            if process.poll() is None:
                process.kill()


def finish(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Tells the city to close, and what it said to the end on standard error."""
    process.send_signal(number)
    _, complaints = process.communicate(timeout=GONE_S)
    return complaints


def test_the_version_is_the_packages(capsys: Output) -> None:
    assert main(["--version"]) == OK
    assert capsys.readouterr().out == f"futurecity {VERSION}\n"


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["serve", "--help"], ["check", "-h"]])
def test_help_is_a_success_wherever_it_is_asked_for(words: list[str], capsys: Output) -> None:
    assert main(words) == OK
    assert capsys.readouterr().out == usage() + "\n"


@pytest.mark.parametrize("words", [[], ["open"], ["--serve"], ["replay"], ["replay", "--world.seed=1"], ["preview"]])
def test_a_wrong_command_is_told_which_there_are(words: list[str], capsys: Output) -> None:
    assert main(words) == WRONG
    complaint = capsys.readouterr().err
    assert all(name in complaint for name in ("serve", "check", "loadtest", "replay"))


def test_check_says_what_it_looked_at(capsys: Output) -> None:
    assert main(["check", "--world.seed", "9"]) == OK
    config = load_config(None, 9)
    said = capsys.readouterr().out
    assert ", ".join(zone.name for zone in config.city.zone) in said
    assert f"{fingerprint(config)}, seed 9" in said
    assert str(CONTENT_DIR) in said


@pytest.mark.parametrize("name", ["check", "serve"])
def test_bad_settings_are_all_named_and_nothing_is_started(name: str, capsys: Output) -> None:
    assert main([name, "--game.port=x", "--gmae.port=1"]) == WRONG
    complaint = capsys.readouterr().err
    assert 'flag --game.port = "x": must be an integer from 0 to 65535' in complaint
    assert "flag --gmae.port: no such setting; game.port is" in complaint


@pytest.mark.parametrize("name", ["check", "serve"])
def test_bad_content_is_named_with_file_line_key_value_and_what_is_allowed(
    name: str, tmp_path: Path, capsys: Output
) -> None:
    for file in CONTENT_DIR.glob("*.toml"):
        text = file.read_text("utf-8")
        (tmp_path / file.name).write_text(re.sub(r"(?m)^run_m_s = .*$", "run_m_s = 700", text), "utf-8")
    assert main([name, "--world.content", str(tmp_path)]) == WRONG
    assert re.search(r"tuning\.toml:6: movement\.run_m_s is 700; allowed: .*9\.8", capsys.readouterr().err)


@pytest.mark.parametrize("flag", ["--auth.key=too short", "--auth.key_file=nowhere.pem"])
def test_a_key_that_cannot_be_used_is_named_and_not_shown(flag: str, capsys: Output) -> None:
    assert main(["check", flag]) == WRONG
    said = capsys.readouterr().err
    assert f"flag {flag.partition('=')[0]}: must be" in said
    assert "too short" not in said


@pytest.mark.parametrize("name", ["check", "serve"])
def test_a_certificate_that_cannot_be_used_is_named_and_nothing_is_started(
    name: str, tmp_path: Path, capsys: Output
) -> None:
    made, other = certificate(tmp_path), certificate(tmp_path, "other")
    assert main([name, f"--tls.cert_file={made.cert_file}", f"--tls.key_file={other.key_file}"]) == WRONG
    assert "flag --tls.key_file: must be the PEM of the certificate's own private key" in capsys.readouterr().err
    assert main([name, f"--tls.cert_file={made.cert_file}"]) == WRONG
    assert "tls.key_file = None: must be set where tls.cert_file is" in capsys.readouterr().err


def test_content_that_is_not_there_is_named(capsys: Output) -> None:
    assert main(["check", "--world.content", "nowhere"]) == WRONG
    assert "nowhere/city.toml" in capsys.readouterr().err


def test_a_preview_says_what_a_show_will_light_with_the_city_s_seed(capsys: Output) -> None:
    assert main(["preview", "bay_finale", "--world.seed=9"]) == OK
    assert capsys.readouterr().out.splitlines() == preview(load_config(None, 9), "bay_finale")


def test_a_preview_of_no_show_names_those_there_are(capsys: Output) -> None:
    assert main(["preview", "bay_finally"]) == WRONG
    shows = ", ".join(show.name for show in load_config().festival.show)
    assert capsys.readouterr().err == f"futurecity: bay_finally is not a show; there are {shows}\n"


def test_a_replay_that_comes_out_the_same_is_a_success(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "city.journal"
    record(path, ticks=3)
    assert main(["replay", str(path)]) == OK
    assert capsys.readouterr().out.endswith("the same, bit for bit\n")


def test_a_replay_that_differs_fails_and_says_where(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "city.journal"
    record(path, ticks=3)
    path.write_bytes(path.read_bytes().replace("Ü 7".encode(), "Ü 8".encode()))
    assert main(["replay", str(path)]) == FAILED
    assert "DIFFERS at tick 1, zone gate, profiles: was " in capsys.readouterr().out


def test_a_journal_that_cannot_be_replayed_is_not_called_different(capsys: Output) -> None:
    assert main(["replay", "nowhere.journal"]) == WRONG
    assert capsys.readouterr().err == "futurecity: nowhere.journal: cannot be read: No such file or directory\n"


@pytest.mark.parametrize(("command", "module"), [("loadtest", "loadtest"), ("capacity", "loadtest.capacity")])
def test_the_load_test_takes_the_commands_place(command: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def execv(path: str, words: list[str]) -> None:
        assert path == sys.executable
        assert words == [sys.executable, "-m", module, "plaza", "--help"]
        raise SystemExit  # execv does not come back either

    monkeypatch.setattr(os, "execv", execv)
    with pytest.raises(SystemExit):
        main([command, "plaza", "--help"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_city_opens_says_where_it_is_and_closes_when_told(number: signal.Signals) -> None:
    with city("--log.level=info") as (process, said):
        assert any(line == "  game.port = 0  (flag --game.port)" for line in said)
        places = [url for line in said for url in re.findall(r"http://\S+", line)]
        assert {url.rpartition("/")[2] for url in places} >= {"status", "metrics", "healthz", "readyz"}
        for url in places:
            with urlopen(url, timeout=PATIENCE_S) as answer:
                assert answer.status == 200
        assert "Traceback" not in finish(process, number)
        assert process.returncode == OK


def heard(link: socket.socket) -> Iterator[AnyServerMessage]:
    """What a client is told, as it comes."""
    splitter = Splitter(SERVER_MESSAGE_BYTES_MAX)
    while data := link.recv(65536):
        yield from map(decode_server, splitter.feed(data))


def say(link: socket.socket, *messages: AnyClientMessage) -> None:
    link.sendall(b"".join(tcp_frame(encode(message)) for message in messages))


def test_a_city_that_is_closed_has_written_down_who_was_there_and_what_they_had_kept() -> None:
    with city() as (process, said):
        (port,) = (int(line.rpartition(":")[2]) for line in said if "tcp://" in line)
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link:
            told = heard(link)
            say(link, Hello(1, "Ada"))
            welcome = next(message for message in told if isinstance(message, Welcome))
            say(link, Keep(pack_fields({"volume": 7})), Ping(1.0))
            assert any(isinstance(message, Pong) for message in told)
            assert "Traceback" not in finish(process, signal.SIGTERM)
    with closing(sqlite3.connect("data/futurecity.db")) as books:
        (row,) = books.execute("SELECT 'player:' || account, name, settings, x IS NOT NULL FROM players")
    assert row == (welcome.account, "Ada", bytes(pack_fields({"volume": 7})), 1)


def test_a_city_speaks_tls_with_its_demo_players_and_with_whoever_a_trusted_proxy_announces(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    files = f"--tls.cert_file={made.cert_file}", f"--tls.key_file={made.key_file}"
    with city("--bots=2", "--game.trusted_proxies=127.0.0.1", *files) as (process, said):
        assert any("wss://" in line for line in said)
        (port,) = (int(line.rpartition(":")[2]) for line in said if "tcps://" in line)
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        plain.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 7401\r\n")
        trust = ssl.create_default_context(cafile=made.cert_file)
        with trust.wrap_socket(plain, server_hostname="127.0.0.1") as link:
            say(link, Hello(1, "Ada"))
            names = (profile.name for told in heard(link) if isinstance(told, Profiles) for profile in told.profiles)
            assert next(name for name in names if name.startswith("Bot "))
        assert "Traceback" not in finish(process, signal.SIGTERM)


def test_a_second_signal_ends_the_countdown_that_the_first_began() -> None:
    with city("--game.drain_s=600") as (process, said):
        (port,) = (int(line.rpartition(":")[2]) for line in said if "tcp://" in line)
        (ready,) = (re.findall(r"http://[^/]+/", line)[0] + "readyz" for line in said if "readyz" in line)
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link:
            told = heard(link)
            say(link, Hello(1, "Ada"))
            assert any(isinstance(message, Welcome) for message in told)
            process.send_signal(signal.SIGTERM)
            assert next(message for message in told if isinstance(message, Closing)).in_s == 600
            with pytest.raises(HTTPError, match="503"):
                urlopen(ready, timeout=PATIENCE_S)
            process.send_signal(signal.SIGTERM)
            (goodbye,) = (message for message in told if isinstance(message, Goodbye))
            assert goodbye.code == CloseCode.GOING_AWAY
            assert goodbye.retry_after_s
        assert process.wait(GONE_S) == OK


def test_a_port_in_use_is_a_sentence_and_not_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            command("serve", *ANY_PORTS, f"--game.tcp_port={port}"),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert run.returncode == FAILED
    assert re.search(rf"futurecity: cannot open the city: .*{port}.*in use; --game\.port", run.stderr)
    assert "Traceback" not in run.stderr


def test_a_host_that_does_not_exist_is_a_sentence_and_not_a_traceback() -> None:
    run = subprocess.run(
        command("serve", *ANY_PORTS, "--game.host=no-such-host.invalid"),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == FAILED
    assert "futurecity: cannot open the city: no-such-host.invalid: " in run.stderr
    assert "Traceback" not in run.stderr


def test_a_city_does_not_overwrite_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "city.journal"
    path.write_bytes(b"evidence")
    run = subprocess.run(
        command("serve", *ANY_PORTS, "--journal", str(path)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (run.returncode, path.read_bytes()) == (WRONG, b"evidence")
    assert "is there already" in run.stderr
    assert "Traceback" not in run.stderr


def test_what_a_city_recorded_replays_the_same(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "city.journal"
    with city("--journal", str(path)) as (process, _):
        finish(process, signal.SIGTERM)
    assert main(["replay", str(path)]) == OK
    assert "breaks off" not in capsys.readouterr().out
