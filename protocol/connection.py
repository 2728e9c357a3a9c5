"""One connection's protocol without its socket: bytes in, typed messages out, and what may come when.

Both ends run the same machine and see the same four states. A message moves it on whether it was
sent or received, so the two ends agree as soon as the bytes in flight have landed::

    state           client may say          server may say                       leaves by
    AWAIT_HELLO     Hello                   Goodbye                              Hello -> AWAIT_WELCOME
    AWAIT_WELCOME   Ping Bye                Queued Closing Welcome Pong Goodbye  Welcome -> OPEN
    OPEN            Move Do Ping Keep Bye   everything but Queued, Welcome       Bye, Goodbye -> CLOSED
    CLOSED          nothing                 Goodbye, as its last word

Bye and Goodbye close from any state in which they are allowed, and so does a ProtocolError: a server
then says Goodbye, once. What the other side had in flight when *we* said the last word is dropped,
not held against it; what it says after *its own* last word is UNEXPECTED.

The receiving rules are the other side's faults (ProtocolError); breaking a sending rule is ours
(AssertionError).
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import NoReturn

from protocol import messages as m
from protocol.codec import SERVER_KINDS_FROM, decode_client, decode_server, encode, kind_of
from protocol.errors import CloseCode, ProtocolError
from protocol.frames import INTENT, MOVE_BYTES, MOVE_PREFIX
from protocol.framing import Splitter, tcp_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX, SERVER_MESSAGE_BYTES_MAX, TCP_PREFIX_BYTES


class Role(Enum):
    """Which end this is."""

    CLIENT = auto()
    SERVER = auto()


class Framing(Enum):
    """How the transport keeps messages apart: not at all (TCP), or one by one (WebSocket)."""

    STREAM = auto()
    MESSAGES = auto()


class State(Enum):
    """How far the two ends have come."""

    AWAIT_HELLO = auto()
    AWAIT_WELCOME = auto()
    OPEN = auto()
    CLOSED = auto()


SAYABLE: dict[State, frozenset[type[m.ClientMessage] | type[m.ServerMessage]]] = {
    State.AWAIT_HELLO: frozenset({m.Hello, m.Goodbye}),
    State.AWAIT_WELCOME: frozenset({m.Ping, m.Bye, m.Queued, m.Closing, m.Welcome, m.Pong, m.Goodbye}),
    State.OPEN: frozenset(
        {
            *(m.Move, m.Do, m.Ping, m.Keep, m.Bye),
            *(m.Frame, m.Profiles, m.Crowd, m.Crystals, m.Sky, m.Happened, m.Denied, m.Pong, m.Closing, m.Goodbye),
        }
    ),
    State.CLOSED: frozenset({m.Goodbye}),
}

LEADS_TO: dict[type[m.ClientMessage] | type[m.ServerMessage], State] = {
    m.Hello: State.AWAIT_WELCOME,
    m.Welcome: State.OPEN,
    m.Bye: State.CLOSED,
    m.Goodbye: State.CLOSED,
}

_WANTED = {
    State.AWAIT_HELLO: "the first message must be Hello",
    State.AWAIT_WELCOME: "only Ping and Bye may come before Welcome",
    State.OPEN: "Hello and Welcome come only once, and Queued before them",
    State.CLOSED: "nothing may come after the end",
}


# How a Move begins, and how long it is, in either framing.
_MOVES = {
    Framing.MESSAGES: (MOVE_PREFIX, MOVE_BYTES),
    Framing.STREAM: (MOVE_BYTES.to_bytes(TCP_PREFIX_BYTES) + MOVE_PREFIX, TCP_PREFIX_BYTES + MOVE_BYTES),
}
_INTENT_BYTES = INTENT.size


class Connection:
    """The protocol of one connection, for either end, over either transport."""

    __slots__ = (
        "_broken",
        "_deaf",
        "_decode",
        "_movable",
        "_move_bytes",
        "_move_prefix",
        "_role",
        "_sayable",
        "_splitter",
        "_state",
    )

    def __init__(self, role: Role, framing: Framing) -> None:
        bytes_max = CLIENT_MESSAGE_BYTES_MAX if role is Role.SERVER else SERVER_MESSAGE_BYTES_MAX
        self._role = role
        self._splitter = Splitter(bytes_max) if framing is Framing.STREAM else None
        self._move_prefix, self._move_bytes = _MOVES[framing]
        self._deaf = False  # we said the last word: what still arrives was in flight
        self._broken = False  # they broke the protocol: nothing that follows means anything
        self._decode: Callable[[bytes], m.AnyMessage | None] = decode_client if role is Role.SERVER else _known
        self._enter(State.AWAIT_HELLO)

    @property
    def state(self) -> State:
        """How far this end knows the two to have come."""
        return self._state

    @property
    def unfinished(self) -> bool:
        """Whether part of a message is kept: what comes next belongs to it."""
        return self._splitter is not None and self._splitter.held_bytes > 0

    def intent(self, data: bytes) -> bytes | None:
        """The eight bytes of a Move, if `data` is exactly one and may be said now; if not, `feed` says what it is.

        Nine of ten messages of a client are one, and need neither a decoder nor an object.
        """
        if len(data) != self._move_bytes or not self._movable or not data.startswith(self._move_prefix):
            return None
        if self.unfinished:
            return None
        return data[-_INTENT_BYTES:]

    def feed(self, data: bytes) -> Iterator[m.AnyMessage]:
        """The messages that `data` completes; run it to its end before the next call.

        `data` is any chunk of the stream (STREAM) or exactly one whole message (MESSAGES). Raises
        ProtocolError at the first bad message, after yielding the good ones before it.
        """
        try:
            for payload in self._payloads(data):
                if self._deaf:
                    return
                message = self._decode(payload)
                if message is None:
                    continue
                self._follow(message)
                yield message
        except ProtocolError:
            self._broken = True
            self._enter(State.CLOSED)
            raise

    def send(self, message: m.AnyMessage) -> bytes:
        """The bytes to put on the transport for `message`.

        Raises AssertionError when this end may not say it, or not now.
        """
        if isinstance(message, m.ClientMessage) is not (self._role is Role.CLIENT):
            raise AssertionError(f"a {self._role.name.lower()} does not say {type(message).__name__}")
        if self._deaf or type(message) not in self._sayable:
            raise AssertionError(f"{type(message).__name__} may not be said in {self._state.name}")
        self._follow(message)
        self._deaf = self._state is State.CLOSED
        payload = encode(message)
        return payload if self._splitter is None else tcp_frame(payload)

    def _payloads(self, data: bytes) -> Iterable[bytes]:
        if self._broken:
            _hear_nothing(data)
        return (data,) if self._splitter is None or self._deaf else self._splitter.feed(data)

    def _follow(self, message: m.AnyMessage) -> None:
        """Go where a message leads, whoever said it. Raises ProtocolError when it may not be said now."""
        said = type(message)
        if said not in self._sayable:
            raise ProtocolError(CloseCode.UNEXPECTED, _WANTED[self._state])
        if said in LEADS_TO:
            self._enter(LEADS_TO[said])

    def _enter(self, state: State) -> None:
        self._state = state
        self._sayable = SAYABLE[state]
        self._movable = m.Move in self._sayable
        if state is State.CLOSED:
            self._decode = _hear_nothing


def _hear_nothing(_: bytes) -> NoReturn:
    raise ProtocolError(CloseCode.UNEXPECTED, _WANTED[State.CLOSED])


def _known(payload: bytes) -> m.AnyServerMessage | None:
    """What a server said, or None for a kind that a later server may have and this client does not know."""
    try:
        return decode_server(payload)
    except ProtocolError as error:
        if error.code is CloseCode.UNKNOWN_KIND and kind_of(payload) >= SERVER_KINDS_FROM:
            return None
        raise
