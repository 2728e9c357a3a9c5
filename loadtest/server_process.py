"""A server of our own in another process: started on free ports, waited for, and stopped whatever happens."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from loadtest.dial import home_of
from loadtest.ports import HOST, held_ports
from loadtest.target import Target

# `server serve` is ready within a second or two; a machine busy with tests may take ten times as long.
START_S = 30.0
# The server promises five seconds from the signal to its end.
STOP_S = 8.0
_LOG_LINES_SHOWN = 20


class ServerError(Exception):
    """The server did not start; the message holds the end of what it said."""


class ServerProcess:
    """`python -m server serve` for `bots` players, with its books at `store_url`. Use it as a context manager.

    `settings` go before what it would be started with, but for its places on the network, which it has once entered.
    """

    def __init__(
        self, bots: int, store_url: str, settings: Mapping[str, bool | int | float | str] | None = None
    ) -> None:
        self._ports = ExitStack()
        self._game = self._tcp = self._ops = 0
        self._bots = bots
        self._store_url = store_url
        self._settings = settings or {}
        # Nobody else on this machine can steer its events.
        self.ops_token = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def ops_url(self) -> str:
        """Where its metrics are."""
        return f"http://{HOST}:{self._ops}"

    @property
    def targets(self) -> dict[str, Target]:
        """Where bots find it, by transport."""
        return {"ws": Target("ws", HOST, self._game, "/play"), "tcp": Target("tcp", HOST, self._tcp, "")}

    @property
    def pid(self) -> int | None:
        """Its process, once it has been started; the tether becomes the server, so it is the server's own."""
        return self._process.pid if self._process else None

    @property
    def ended(self) -> int | None:
        """Its exit status, if it is no longer there."""
        return self._process.poll() if self._process else None

    def said(self) -> str:
        """The end of what it printed."""
        if self._log is None:
            return ""
        text = Path(self._log.name).read_text("utf-8", "replace")
        return "\n".join(text.splitlines()[-_LOG_LINES_SHOWN:])

    def __enter__(self) -> "ServerProcess":
        self._game, self._tcp, self._ops = self._ports.enter_context(held_ports(3))
        self._log = tempfile.NamedTemporaryFile(prefix="futurecity-server-", suffix=".log")
        # A session of its own: a Ctrl-C at the terminal is ours to handle, and the server's end ours to decide.
        # Not on the command line, which is for all to see.
        private = {"FUTURECITY_OPS__TOKEN": self.ops_token, "FUTURECITY_STORE__URL": self._store_url}
        self._process = subprocess.Popen(
            self._command(), env=os.environ | private, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._ports.close()
        if self._log is not None:
            self._log.close()

    def _command(self) -> list[str]:
        # A few more places than will come: bots that reconnect after a refusal may overlap with themselves.
        settings = {"game.players_max": self._bots + 100, "bots": 0, **self._settings}
        if home_of(0) is not None:
            # Every bot comes from an address of its own, so that the city guards itself as it would among strangers.
            settings |= {"game.local_exempt": False}
        settings |= {"game.host": HOST, "game.port": self._game, "game.tcp_port": self._tcp, "ops.port": self._ops}
        flags = [word for key, value in settings.items() for word in (f"--{key}", _spelt(value))]
        return [*self._tether(), sys.executable, "-m", "server", "serve", *flags]

    def _tether(self) -> list[str]:
        """What goes before a command that must not outlive us."""
        return [sys.executable, "-m", "loadtest.tether", str(os.getpid())]


def _spelt(value: bool | int | float | str) -> str:
    """A setting as a command line has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
