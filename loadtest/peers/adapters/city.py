"""Our own city, visited by the same bot as the others.

People arrive at the gate and walk, so a bot here runs to its place in the plaza before it does as everybody does.
"""

import platform
import tempfile
from importlib.metadata import version
from random import Random
from time import perf_counter

import aiohttp

from loadtest import websocket as ws
from loadtest.arrivals import Rules
from loadtest.behaviours.base import Here
from loadtest.behaviours.walker import Traveller
from loadtest.city import City, Point
from loadtest.peers.adapters.base import NEIGHBOURS, Adapter, Spot
from loadtest.peers.tally import Tally
from loadtest.peers.visitor import Place, Visitor
from loadtest.server_process import ServerProcess
from protocol.codec import decode_server, encode, kind_of
from protocol.frames import (
    FRAME_PREFIX,
    GAIT_RUN,
    HEADER_BYTES,
    MOVE_PREFIX,
    PAYLOAD_HEADER_AT,
    RECORD_BYTES,
    pack_intent,
    read_header,
    read_records,
)
from protocol.limits import PROTOCOL_VERSION
from protocol.messages import Goodbye, Hello, Welcome

PLAZA = "crystal_plaza"
_WELCOME, _GOODBYE = 17, 23
_RECORDS_AT = PAYLOAD_HEADER_AT + HEADER_BYTES + 3
_RULES = Rules(run_m_s=6.0, walk_m_s=1.8)


class CityVisitor(Visitor):
    """Reads the header of a frame only as long as it is on its way."""

    __slots__ = ("_city", "_frame", "_legs", "_sent")

    def __init__(self, index: int, place: Place, tally: Tally, rng: Random) -> None:
        super().__init__(index, place, tally, rng)
        self.at_place = False
        self._city: City | None = None
        self._frame = b""
        self._legs: Traveller | None = None
        self._sent = 0

    def greet(self) -> None:
        """Hello, from a guest."""
        self.say(ws.BINARY, encode(Hello(PROTOCOL_VERSION, client="peers")))

    def is_update(self, opcode: int, glance: bytes) -> bool:
        """A frame is."""
        if not glance.startswith(FRAME_PREFIX):
            return False
        if not self.at_place:
            self._frame = glance
        return True

    def heed(self, opcode: int, payload: bytes) -> None:
        """Learn what city it is, and why one has to go."""
        kind = kind_of(payload)
        if kind in (_WELCOME, _GOODBYE):
            message = decode_server(payload)
            if isinstance(message, Welcome):
                self._city = City(message.zones)
                self._legs = Traveller(self._masks, self._city, _RULES)
            elif isinstance(message, Goodbye):
                self.ending = f"Goodbye {message.code}: {message.reason}"

    def step(self) -> None:
        """Run to the place first."""
        if self.at_place or not self.entered.is_set() or self.leaving:
            super().step()
        elif self._city is not None and self._legs is not None and self._frame:
            self._approach(self._city, self._legs)

    def _approach(self, city: City, legs: Traveller) -> None:
        header = read_header(self._frame)
        here = Here(perf_counter(), Point(header.x, header.z), city.named(header.zone))
        onward = legs.go(here, PLAZA, GAIT_RUN)
        if onward is None:
            if not legs.walker.walking:
                plaza = city.zones[PLAZA]
                legs.walker.set_out(here, Point(plaza.x + self.place.x, plaza.z + self.place.z), GAIT_RUN)
            onward = legs.walker.step(here)
            # Arrived, or given up before a wall: either is a place to stand.
            self.at_place = not legs.walker.walking
        self.walk(onward.steer, onward.gait)

    def walk(self, steer: int, gait: int) -> None:
        """An intent."""
        self._sent += 1
        self.say(ws.BINARY, MOVE_PREFIX + pack_intent(self._sent, steer, steer, gait))


def others_in(frames: list[bytes]) -> int:
    """How many different people these frames tell of."""
    others: set[int] = set()
    for frame in frames:
        count = int.from_bytes(frame[_RECORDS_AT - 2 : _RECORDS_AT]) // RECORD_BYTES
        records = read_records(frame[_RECORDS_AT : _RECORDS_AT + count * RECORD_BYTES])
        others.update(int(entity) for entity in records["entity"])
    return len(others)


class CityAdapter(Adapter):
    """`futurecity serve`, as the load test starts it."""

    name = "city"
    title = "Future City"

    def __init__(self, bots: int) -> None:
        """With books of its own, that go with it."""
        self._books = tempfile.TemporaryDirectory(prefix="futurecity-peers-")
        self.server = ServerProcess(bots, f"sqlite:///{self._books.name}/city.db")

    def visitor(self, index: int, place: Place, tally: Tally, rng: Random) -> Visitor:
        """Frames."""
        return CityVisitor(index, place, tally, rng)

    async def where(self, place: Place, session: aiohttp.ClientSession) -> Spot:
        """One address for all."""
        target = self.server.targets["ws"]
        return Spot(target.host, target.port, target.path)

    async def seen(self, witness: Visitor) -> int:
        """Those in its last frames: everybody in the set of NEIGHBOURS is in one of three."""
        frames = witness.keeps or []
        return min(NEIGHBOURS, others_in(frames[-4:]))

    async def is_ready(self, session: aiohttp.ClientSession) -> bool:
        """What its `/readyz` says."""
        try:
            async with session.get(f"{self.server.ops_url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def close(self) -> None:
        """Throw the books away."""
        self._books.cleanup()

    @classmethod
    def versions(cls) -> dict[str, str]:
        """Of what it stands on."""
        return {"Python": platform.python_version()} | {name: version(name) for name in ("aiohttp", "uvloop", "numpy")}
