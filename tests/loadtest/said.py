"""What a server says, as bytes, and the ends of a bot that a test holds: its transport and its listener."""

import asyncio
import struct
from collections.abc import Sequence

from loadtest.bot import Bot
from protocol.frames import FRAME_PREFIX, HEADER, RECORD
from protocol.messages import Limits, Queued, Welcome, Zone

PLAZA = Zone(0, "crystal_plaza", 0, 0, 10_000, 10_000)
STREET = Zone(1, "street", 10_000, 0, 10_000, 10_000)
PARK = Zone(2, "park", 20_000, 2_000, 5_000, 5_000)
ZONES = [PLAZA, STREET, PARK]
DEEDS = {
    "say": {"text": {"type": "str", "min_length": 1, "max_length": 200}},
    "wave": {"hand": {"type": "str", "one_of": ["left", "right"]}},
}


def welcome(entity: int = 1, name: str = "Ann", resumed: bool = False) -> Welcome:
    """Into a city of three zones in a row."""
    limits = Limits(4096, 40, 80, 30, 24, 64, 32)
    return Welcome(
        1, "session", entity, name, f"back-{entity}", resumed, 20, 10, 1, 0.0, ZONES, DEEDS, {}, limits, "fake/1"
    )


def frame(tick: int, acked: int = 0, at: tuple[int, int, int] = (500, 0, 500), records: Sequence[bytes] = ()) -> bytes:
    """A frame's payload; `at` is x, y, z."""
    x, y, z = at
    header = HEADER.pack(tick, acked, x, y, z, 0, 0, 0, 0, 0, 1, 0)
    return FRAME_PREFIX + header + b"\xc5" + struct.pack(">H", len(records) * RECORD.size) + b"".join(records)


def record(entity: int, dx: int = 100, dy: int = 0, dz: int = 0, animation: int = 0) -> bytes:
    """One avatar in a frame."""
    return RECORD.pack(entity, dx, dy, dz, 0, animation)


class HeldTransport(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.aborted = False
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def abort(self) -> None:
        """Note it."""
        self.aborted = True

    def close(self) -> None:
        """Note it."""
        self.closed = True


class HeldNews:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.queued: list[Queued] = []
        self.welcomes: list[Welcome] = []
        self.joined: list[Bot] = []
        self.lost: list[Bot] = []

    def bot_queued(self, bot: Bot, queued: Queued) -> None:
        """Keep it."""
        self.queued.append(queued)

    def bot_welcomed(self, bot: Bot, welcome: Welcome) -> None:
        """Keep it."""
        self.welcomes.append(welcome)

    def bot_joined(self, bot: Bot) -> None:
        """Keep it."""
        self.joined.append(bot)

    def bot_deaf(self, bot: Bot) -> None:
        """Nothing to keep."""

    def bot_lost(self, bot: Bot) -> None:
        """Keep it."""
        self.lost.append(bot)
