"""One bot's connection: raw bytes in, headers to `Arrivals`, samples to the audit, intents and deeds out.

At 10 frames a second and 10,000 bots a microsecond more here is a tenth of a core, so the common case, a whole frame in
one read, is a `struct` of eight bytes, a slice and four appends. What is cut, fragmented or odd takes `_slow_pieces`,
which is careful instead of fast. How messages are framed is the subclasses' (`TcpBot`, `WebSocketBot` in
loadtest/links.py).
"""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto
from time import perf_counter
from typing import Any, ClassVar, NamedTuple, Protocol, cast

import numpy as np

from loadtest.arrivals import Arrivals
from loadtest.audit import Audit
from loadtest.crystals import Crystal, Lying
from loadtest.cutting import DECODE_EVERY
from loadtest.faults import FaultKind, Faults
from loadtest.purses import Purses, is_of_books
from loadtest.websocket import FramingError
from loadtest.wire import Wire
from protocol import messages as m
from protocol.codec import SERVER_KINDS, decode_server, encode, kind_of, pack_fields
from protocol.errors import ProtocolError
from protocol.frames import FRAME_PREFIX, HEADER_BYTES, MOVE_PREFIX, PAYLOAD_HEADER_AT, is_frame, pack_intent
from protocol.limits import PROTOCOL_VERSION

FRAME_MARK = int.from_bytes(FRAME_PREFIX)
HEADER_STOP = PAYLOAD_HEADER_AT + HEADER_BYTES
# A connection that ended without a word (RFC 6455, section 7.1.5).
ABNORMAL = 1006
# Welcome, Denied, Goodbye, Queued and Closing are what a bot lives by; Profiles only matter to a witness.
_HEEDED = frozenset({17, 21, 23, 26, 27})
# Who waits to be let in says that it is still there; half of the silence after which it would not be.
PING_S = 15.0
_PROFILES = 18
# What happens to others is counted, what happens to one's purse is read; crystals matter to who hunts them.
HAPPENED, CRYSTALS = 20, 24
# Those that most bots have no use for: profiles, crowd maps, what happens, crystals, skies.
IDLE = frozenset({_PROFILES, 19, HAPPENED, CRYSTALS, 25})
# What a newer server may say; all of it counts as one kind.
_UNKNOWN = 0
# A server that invents reasons must not fill our memory: more kinds of denial than this count as one.
_DENIALS_MAX = 64


class Stage(Enum):
    """How far a bot has come."""

    CONNECTING = auto()
    GREETING = auto()
    WAITING = auto()
    WELCOMED = auto()
    LIVING = auto()
    LEAVING = auto()
    GONE = auto()


class Ending(NamedTuple):
    """Why a connection is over; `code` is a close code of the wire, or ABNORMAL."""

    code: int
    reason: str
    retry_after_s: float | None = None


class Listener(Protocol):
    """Who is told of what becomes of a bot."""

    def bot_queued(self, bot: "Bot", queued: m.Queued) -> None:
        """The bot was told to wait, or how long it still has to."""

    def bot_welcomed(self, bot: "Bot", welcome: m.Welcome) -> None:
        """The server let the bot in."""

    def bot_joined(self, bot: "Bot") -> None:
        """The bot's first frame arrived."""

    def bot_deaf(self, bot: "Bot") -> None:
        """The bot reads nothing any more."""

    def bot_lost(self, bot: "Bot") -> None:
        """The connection is over; `bot.ending` says why."""


class Desk:
    """What all bots of a swarm share: where headers, confirmations, faults, counts and news go."""

    __slots__ = ("arrivals", "denied", "direct", "faults", "kinds", "listener", "purses")

    def __init__(self, arrivals: Arrivals, purses: Purses, faults: Faults, listener: Listener) -> None:
        self.arrivals = arrivals
        self.purses = purses
        self.faults = faults
        self.listener = listener
        # By seat: whether a bot's socket may be written to past its transport (loadtest/sender.py).
        self.direct = np.zeros(arrivals.known.size, np.bool_)
        # Messages other than frames by kind, and refused deeds by deed and reason.
        self.kinds: Counter[int] = Counter()
        self.denied: Counter[str] = Counter()

    def note_denied(self, denied: m.Denied) -> None:
        """Count a refused deed."""
        key = f"{denied.deed}: {denied.reason}"
        self.denied[key if key in self.denied or len(self.denied) < _DENIALS_MAX else "other"] += 1


class Bot(Wire, ABC):
    """One stranger on the wire. `index` is its row in `Arrivals` and its purse in `Purses`."""

    __slots__ = (
        "_arrivals", "_check_at", "_desk", "_rest", "audit", "began_s", "bytes_down", "closing", "crystals", "ending",
        "frames", "hunts", "index", "joined_s", "name", "queued", "stage", "welcomed",
    )  # fmt: skip

    def __init__(self, index: int, name: str, desk: Desk, audit: Audit) -> None:
        super().__init__()
        self.index = index
        self.name = name
        self._desk = desk
        self._arrivals = desk.arrivals
        # What looks at its frames closely, and what that goes by.
        self.audit = audit
        self._rest = b""
        self._check_at = 1
        # The crystals it was shown last, if it hunts them.
        self.hunts = False
        self.crystals: Iterable[Crystal] = ()
        self.stage = Stage.CONNECTING
        self.welcomed = False
        self.ending: Ending | None = None
        # What it was told last of its place in the queue, and of the city's end.
        self.queued: m.Queued | None = None
        self.closing: m.Closing | None = None
        self.began_s = perf_counter()
        self.joined_s: float | None = None
        self.frames = self.bytes_down = 0

    # ---- what the framing has to know ------------------------------------------------------------

    @abstractmethod
    def _open(self) -> None:
        """Say what the transport needs before the first message, then call `_greet`."""

    @abstractmethod
    def _framed(self, payload: bytes) -> bytes:
        """The bytes that carry `payload` to the server."""

    @abstractmethod
    def _quick_pieces(self, data: bytes) -> int:
        """Take whole plain messages from the start of `data` and return where the first other piece begins.

        Raises ProtocolError.
        """

    @abstractmethod
    def _slow_pieces(self, data: bytes, at: int) -> bytes:
        """Take every whole piece of `data` from `at` and return what is left. Raises FramingError, ProtocolError."""

    # ---- what whoever reads or sends for it has to know (loadtest/reader.py, loadtest/sender.py) ------

    # The two bytes before the size of a frame; whether what it says is masked.
    frames_begin_with: ClassVar[bytes]
    masks: ClassVar[bool]

    @property
    def unfinished(self) -> bool:
        """Whether it keeps part of a message until the rest comes."""
        return bool(self._rest)

    def look_at(self, payload: bytes) -> None:
        """Look at a frame closely, or see that a message can be decoded that is of no other use."""
        try:
            self.audit.check_frame(payload) if is_frame(payload) else self._decode(payload)
        except ProtocolError as error:
            self._break(FaultKind.BAD_MESSAGE, str(error))

    @property
    def alive(self) -> bool:
        """Whether it is in the city."""
        return self.stage is Stage.LIVING

    # ---- what a bot does ---------------------------------------------------------------------------

    def move(self, steer: int, gait: int, jump: bool = False) -> None:
        """Send the next intent, facing where it goes; `steer` in 256ths of a turn."""
        if self.holding or self.stage is not Stage.LIVING:
            return
        number = self._arrivals.sent.item(self.index) + 1
        self._arrivals.note_sent(self.index, number, perf_counter())
        self._write(self._framed(MOVE_PREFIX + pack_intent(number, steer, steer, gait, jump)))

    def do(self, deed: str, fields: dict[str, Any]) -> None:
        """Ask for a deed by name."""
        if self.holding or self.stage is not Stage.LIVING:
            return
        number = self._desk.purses.ask(self.index, deed)
        self._say(m.Do(number, deed, pack_fields(fields)))

    def leave(self) -> None:
        """Say goodbye, and let the server close; `abort` cuts whoever is not let go."""
        if self.stage in (Stage.WELCOMED, Stage.LIVING):
            self.stage = Stage.LEAVING
            self._say(m.Bye())

    def abort(self) -> None:
        """Cut the connection now."""
        if self.stage is not Stage.GONE:
            self.stage = Stage.LEAVING
            self._desk.direct[self.index] = False
            self._cut()

    # ---- how it misbehaves (loadtest/troubles) -------------------------------------------------------

    def deafen(self) -> None:
        """Read nothing any more, and let the system's buffers fill."""
        self._desk.listener.bot_deaf(self)
        self.stop_reading()

    def packed(self, payloads: Iterable[bytes]) -> bytes:
        """These payloads, legal or not, in this transport's framing."""
        return b"".join(self._framed(payload) for payload in payloads)

    def shout(self, data: bytes) -> bool:
        """Send bytes as they are; False, and nothing is sent, while the server does not read."""
        if self.holding or self._transport is None:
            return False
        self._write(data)
        return True

    # ---- what asyncio tells it ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.Transport, transport)
        self.stage = Stage.GREETING
        self._open()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by either side."""
        why = f"connection lost: {exc}" if exc else "closed without a word"
        self.ending = self.ending or Ending(ABNORMAL, why)
        self.stage = Stage.GONE
        self._transport = None
        self._desk.direct[self.index] = False
        self._desk.listener.bot_lost(self)

    # ---- what arrives ------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes came: usually exactly one frame, sometimes with a message or two behind it.

        A server that breaks the rules loses the bot.
        """
        self.bytes_down += len(data)
        if self._rest:
            data = self._rest + data
            self._rest = b""
        try:
            at = self._quick_pieces(data)
            if at < len(data):
                self._rest = self._slow_pieces(data, at)
        except FramingError as error:
            self._break(FaultKind.BAD_FRAMING, str(error))
        except ProtocolError as error:
            self._break(FaultKind.BAD_MESSAGE, str(error))

    def _take(self, payload: bytes) -> None:
        """One whole message of any kind."""
        if is_frame(payload) and len(payload) >= HEADER_STOP:
            self._saw_frame(payload, 0, len(payload))
            return
        # `9x kk`: an array of up to fifteen whose first element is a small number, as every message but Welcome is.
        kind = payload[1] if len(payload) > 1 and payload[0] & 0xF0 == 0x90 else kind_of(payload)
        kinds = self._desk.kinds
        kinds[kind if kind in SERVER_KINDS else _UNKNOWN] += 1
        if kind in _HEEDED or self._matters(kind, payload):
            self._heed(decode_server(payload))
        elif kind in SERVER_KINDS and kinds[kind] % DECODE_EVERY == 1:
            self._decode(payload)

    def _decode(self, payload: bytes) -> None:
        """See that a message can be decoded that is of no other use. Raises ProtocolError."""
        message = decode_server(payload)
        if isinstance(message, m.Crystals):
            self.audit.check_crystals(message)

    def _matters(self, kind: int, payload: bytes) -> bool:
        """Whether a message of a kind that others may leave unread is for this bot to read."""
        if kind == HAPPENED:
            return is_of_books(payload)
        return (kind == CRYSTALS and self.hunts) or (self.audit.remembers and kind in (_PROFILES, CRYSTALS))

    def _saw_frame(self, data: bytes, start: int, stop: int) -> None:
        """A frame's payload is `data[start:stop]`. The hot path: see the top of the module."""
        log = self._arrivals
        log.whens.append(perf_counter())
        log.heads.append(data[start + PAYLOAD_HEADER_AT : start + HEADER_STOP])
        log.sizes.append(stop - start)
        log.whose.append(self.index)
        self.frames = frames = self.frames + 1
        if frames >= self._check_at:
            self._look_closer(data[start:stop])

    def _look_closer(self, payload: bytes) -> None:
        if self.stage is Stage.WELCOMED:
            self.stage = Stage.LIVING
            self.joined_s = perf_counter() - self.began_s
            self._desk.listener.bot_joined(self)
        elif self.stage in (Stage.GREETING, Stage.WAITING):
            self._break(FaultKind.BAD_MESSAGE, "a frame came before Welcome")
            return
        self._check_at = self.frames + self.audit.every
        self.look_at(payload)

    def _heed(self, message: m.AnyServerMessage) -> None:
        match message:
            case m.Welcome():
                self._welcomed(message)
            case m.Profiles():
                self.audit.learn(message)
            case m.Crystals():
                self.crystals = Lying(message)
                if self.audit.remembers:
                    self.audit.check_crystals(message)
            case m.Happened():
                self._desk.purses.heard(self.index, message.serial)
                self._told(message)
            case m.Denied():
                self._desk.purses.heard(self.index, message.serial)
                self._desk.note_denied(message)
                self._desk.purses.denied(self.index, message.number, message.deed)
            case m.Goodbye():
                self.ending = Ending(message.code, message.reason, message.retry_after_s)
            case m.Queued():
                self._wait(message)
            case m.Closing():
                self.closing = message

    def _wait(self, queued: m.Queued) -> None:
        """A place in the queue, or a better one; `queued.ticket` is the way back to it."""
        if self.stage not in (Stage.GREETING, Stage.WAITING):
            self._break(FaultKind.BAD_MESSAGE, "a place in the queue for somebody who is in")
            return
        if self.stage is Stage.GREETING:
            asyncio.get_running_loop().call_later(PING_S, self._ping)
        self.stage = Stage.WAITING
        self.queued = queued
        self._desk.purses.queued(self.index, queued.ticket)
        self._desk.listener.bot_queued(self, queued)

    def _ping(self) -> None:
        """Still here, and waiting."""
        if self.stage is Stage.WAITING:
            self._say(m.Ping(perf_counter()))
            asyncio.get_running_loop().call_later(PING_S, self._ping)

    def _welcomed(self, welcome: m.Welcome) -> None:
        if self.stage not in (Stage.GREETING, Stage.WAITING):
            self._break(FaultKind.BAD_MESSAGE, "a second Welcome")
            return
        self.stage = Stage.WELCOMED
        self.welcomed = True
        self.audit.entity = welcome.entity
        self._desk.purses.welcomed(self.index, welcome)
        self._desk.listener.bot_welcomed(self, welcome)

    def _told(self, event: m.Happened) -> None:
        try:
            self._desk.purses.told(self.index, event)
        except (KeyError, TypeError, ValueError) as error:
            self._break(FaultKind.BAD_MESSAGE, f"{event.event} without what its catalogue promises: {error!r}")

    # ---- what goes out -----------------------------------------------------------------------------

    def _greet(self) -> None:
        """Say who it is, and who it was if this seat was in the city before."""
        purse = self._desk.purses[self.index]
        client, heard = "futurecity-loadtest", purse.heard or 0
        self._say(m.Hello(PROTOCOL_VERSION, self.name, purse.token, purse.resume, client, heard))

    def _write(self, data: bytes) -> None:
        """Through the transport, behind which nobody else may write until all of it is taken."""
        self._desk.direct[self.index] = False
        super()._write(data)

    def _say(self, message: m.AnyClientMessage) -> None:
        self._write(self._framed(encode(message)))

    def _break(self, kind: FaultKind, what: str) -> None:
        """The server broke the wire: note it, and hang up as any client would."""
        self._desk.faults.note(kind, self.index, what)
        self.ending = Ending(ABNORMAL, f"{kind.value}: {what}")
        self._rest = b""
        self._cut()
