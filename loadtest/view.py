"""What one player knows of the city, kept current by the messages that arrive."""

from collections import deque
from typing import NamedTuple

from loadtest.crystals import Crystal, lying
from protocol import messages as m
from protocol.crystals import CRYSTAL_ROW
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
        # Those that lie near to be picked up, the nearest first.
        self.crystals: list[Crystal] = []
        # Fireworks beyond those we are told of, in the last second that had any; None before the first.
        self.sky: m.Sky | None = None
        # The serial of the last thing that we alone were told: what to join with beside `resume`.
        self.heard = 0
        # Our place in the queue, and when the city closes, as we were told last; None while neither is so.
        self.queued: m.Queued | None = None
        self.closing: m.Closing | None = None
        # What we own, in whole crystals, as far as we have been told.
        self.balance = 0
        # Deeds whose answer somebody waits for, by number, and the answers that have come.
        self._answers: dict[int, Event | None] = {}

    def take(self, message: m.AnyMessage) -> None:
        """Learn from a server's message; those about the connection itself are not for the view.

        Raises ProtocolError for a frame or for crystals that are not laid out as such.
        """
        match message:
            case m.Frame():
                self._see(message)
            case m.Profiles():
                self.profiles.update((profile.entity, profile) for profile in message.profiles)
            case m.Crowd():
                self.crowd = message
            case m.Crystals():
                self._look_down(message)
            case m.Sky():
                self.sky = message
            case m.Queued():
                self.queued = message
            case m.Closing():
                self.closing = message
            case m.Happened() | m.Denied():
                self.heard = message.serial or self.heard
                self._settle(message)
                self.events_missed += len(self._events) == EVENTS_MAX
                self._events.append(message)

    def _look_down(self, shown: m.Crystals) -> None:
        if len(shown.rows) % CRYSTAL_ROW.size:
            raise ProtocolError(CloseCode.INVALID, "Crystals: rows of 12 bytes are wanted")
        self.crystals = lying(shown)

    def _settle(self, event: Event) -> None:
        """Whether it changes what we own, or answers what we wait for. A Move that is Denied counts on its own."""
        if isinstance(event, m.Denied):
            number = event.number if event.deed != "move" else 0
        elif "receipt" in event.fields:
            self.balance, number = event.fields.get("balance", self.balance), event.fields.get("number", 0)
        else:
            return
        if number in self._answers:
            self._answers[number] = event

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
