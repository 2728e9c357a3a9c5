"""What one player knows of the city, kept current by the messages that arrive."""

from collections import deque
from typing import NamedTuple

from protocol import messages as m
from protocol.errors import CloseCode, ProtocolError
from protocol.frames import HEADER, HEADER_BYTES, RECORD, RECORD_BYTES, FrameHeader

# Frames without an entity after which it has left (protocol/README.md, "Show the people near you").
FORGOTTEN_FRAMES = 10
# Five minutes of the three events a frame may bring; who reads none for so long does not want them.
EVENTS_MAX = 9000

Event = m.Happened | m.Denied


class Neighbour(NamedTuple):
    """Where somebody was at `tick`: world centimetres, 256ths of a turn, an index into the animations."""

    entity: int
    x: int
    y: int
    z: int
    heading: int
    animation: int
    tick: int
    frame: int


class View:
    """The last of everything. Events wait in order; when nobody takes them the oldest go, and are counted."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=EVENTS_MAX)
        self.events_missed = 0
        # Our own place and what of ours the server has applied, as the last frame said; None before the first.
        self.state: FrameHeader | None = None
        self.frames = 0
        # By entity. A neighbour goes when ten frames have not shown it; a profile stays until the connection ends.
        self.neighbours: dict[int, Neighbour] = {}
        self.profiles: dict[int, m.Profile] = {}
        self.crowd: m.Crowd | None = None

    def take(self, message: m.AnyMessage) -> None:
        """Learn from a server's message; those about the connection itself are not for the view.

        Raises ProtocolError for a frame that is not laid out as a frame.
        """
        match message:
            case m.Frame():
                self._see(message)
            case m.Profiles():
                self.profiles.update((profile.entity, profile) for profile in message.profiles)
            case m.Crowd():
                self.crowd = message
            case m.Happened() | m.Denied():
                self.events_missed += len(self._events) == EVENTS_MAX
                self._events.append(message)

    def _see(self, frame: m.Frame) -> None:
        """Frames may be missing, never out of order; each record is relative to our own place in the same frame."""
        if len(frame.header) != HEADER_BYTES or len(frame.records) % RECORD_BYTES:
            raise ProtocolError(CloseCode.INVALID, "Frame: a header of 28 bytes and records of 12 are wanted")
        head = FrameHeader._make(HEADER.unpack(frame.header))
        self.state = head
        self.frames += 1
        for entity, dx, dy, dz, heading, animation in RECORD.iter_unpack(frame.records):
            place = (head.x + dx, head.y + dy, head.z + dz)
            self.neighbours[entity] = Neighbour(entity, *place, heading, animation, head.tick, self.frames)
        oldest = self.frames - FORGOTTEN_FRAMES
        for gone in [entity for entity, seen in self.neighbours.items() if seen.frame <= oldest]:
            del self.neighbours[gone]
