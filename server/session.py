"""One connection seen from the city: legal messages become wishes, illegal ones an end, too many a delay.

A session knows its client's rights (how fast it may talk, what may come when) and no game rule. It
sees time only as ticks. What it wants done it asks of its `Desk`, the gateway behind it.
"""

from typing import Protocol

from protocol import messages as m
from protocol.codec import encode
from protocol.connection import Connection, Framing, Role, State
from protocol.errors import RETRY_AFTER_S, CloseCode, ProtocolError
from server.offences import OFFENCES
from server.outbox import Outbox
from server.players import Player
from server.rations import Rations
from server.settings import GameSettings
from server.wires import NONE
from world.config import TICK_RATE_HZ

# A client that is told "too fast" more often than this learns nothing new from it.
TICKS_BETWEEN_RATE_DENIALS = TICK_RATE_HZ


class Desk(Protocol):
    """What a session may ask of the gateway."""

    @property
    def tick(self) -> int:
        """The last tick done."""

    def knock(self, session: "Session", hello: m.Hello) -> None:
        """Somebody wants in, or back in."""

    def intend(self, player: Player, intent: bytes) -> None:
        """A player's packed intent to move."""

    def do(self, session: "Session", player: Player, wish: m.Do) -> None:
        """A player's deed by name."""

    def keep(self, player: Player, settings: bytes) -> None:
        """What a player wants kept until they come again, packed."""

    def pong(self, ping: m.Ping) -> m.Pong:
        """What time it is."""

    def deny(self, session: "Session", denied: m.Denied) -> None:
        """Tell a client what is not done, and count it."""

    def drop(self, count: int) -> None:
        """Count messages dropped unread."""

    def offended(self, session: "Session", code: CloseCode) -> float:
        """The session ends for what its client did: for how many seconds it is kept out now."""

    def ended(self, session: "Session", cause: CloseCode | None) -> None:
        """The session is over: for this reason, or (None) because the link was lost."""


class Session:
    """Between `receive` and the desk; ends exactly once, by `close` or `lost`."""

    __slots__ = (
        "_connection",
        "_denied_tick",
        "_desk",
        "_excess",
        "_limits",
        "_rations",
        "_unread",
        "_unread_tick",
        "address",
        "closed",
        "framing",
        "opened_tick",
        "outbox",
        "player",
        "ration",
        "watched",
    )

    def __init__(
        self,
        desk: Desk,
        outbox: Outbox,
        framing: Framing,
        address: str,
        limits: GameSettings,
        rations: Rations | None = None,
    ) -> None:
        self._connection = Connection(Role.SERVER, framing)
        self._desk = desk
        self._limits = limits
        self._rations = rations or Rations(limits)
        self.ration = self._rations.open(desk.tick)
        # The descriptor by which it is read past its transport, NONE while that reads (server/gateway/intake.py).
        self.watched = NONE
        self.opened_tick = self._unread_tick = desk.tick
        self._denied_tick = desk.tick - TICKS_BETWEEN_RATE_DENIALS
        self._excess = self._unread = 0
        self.address = address
        self.closed = False
        self.framing = framing
        self.outbox = outbox
        self.player: Player | None = None

    @property
    def greeted(self) -> bool:
        """Whether Hello has come."""
        return self._connection.state is not State.AWAIT_HELLO

    @property
    def welcomed(self) -> bool:
        """Whether the client is in the city."""
        return self._connection.state is State.OPEN

    @property
    def heard_tick(self) -> int:
        """When the last whole message came."""
        return self._rations.heard_tick(self.ration)

    @property
    def unfinished(self) -> bool:
        """Whether a part of a message is kept, to which the next bytes belong."""
        return self._connection.unfinished

    def move(self, intent: bytes) -> None:
        """What a Move says that was read whole, of a client who was welcomed: as if `receive` had found it."""
        if self.player is None or self.closed:
            return
        self._rations.hear(self.ration, self._desk.tick)
        if self._may_speak():
            self._desk.intend(self.player, intent)

    def receive(self, data: bytes) -> None:
        """Bytes from the client: any chunk of a stream, or one whole WebSocket message."""
        if self.closed:
            return
        if self.framing is Framing.MESSAGES and self._rations.spent(self.ration, self._desk.tick):
            # Nothing is left to spend in this tick: dropped unread, for a fifth of what it takes to read it.
            self._too_fast()
            return
        intent = self._connection.intent(data)
        if intent is not None and self.player:
            self.move(intent)
            return
        try:
            for message in self._connection.feed(data):
                # A whole message: whoever sends bytes of one for ever is silent.
                self._rations.hear(self.ration, self._desk.tick)
                # Bye costs nothing: unheard, it would leave a session that the protocol has closed already.
                if isinstance(message, m.Bye) or self._may_speak():
                    self._take(message)
                if self.closed:
                    return
        except ProtocolError as error:
            self.close(error.code, error.reason)

    def tell(self, message: m.AnyServerMessage) -> None:
        """Send a message that must arrive, in order."""
        self.outbox.write(self.outbox.frame(encode(message)))

    def welcome(self, welcome: m.Welcome) -> None:
        """The client is in: from now on it gets frames and may do deeds."""
        data = self._connection.send(welcome)
        self.outbox.write(data if self.framing is Framing.STREAM else self.outbox.frame(data))

    def close(self, code: CloseCode, reason: str, retry_after_s: float | None = None) -> None:
        """Say why, and end the connection; trying again makes sense when RETRY_AFTER_S says, if not later."""
        if self.closed:
            return
        self.closed = True
        self._own_up()
        if code is CloseCode.SLOW:
            self.outbox.cut()
        else:
            self.tell(m.Goodbye(code, reason, self._retry_after_s(code, retry_after_s)))
            self.outbox.part(code, reason)
        self._end(code)

    def _retry_after_s(self, code: CloseCode, said_s: float | None) -> float | None:
        """Whoever is refused for an earlier offence (`said_s`) has not committed another."""
        if said_s is not None:
            return said_s
        usual_s = RETRY_AFTER_S.get(code)
        if code not in OFFENCES:
            return usual_s
        out_s = self._desk.offended(self, code)
        # What was wrong once stays wrong: no time makes it right, but none is won by trying either.
        return None if usual_s is None else max(usual_s, out_s)

    def lost(self) -> None:
        """The transport is gone without a word."""
        self.outbox.wire.cut()
        if not self.closed:
            self.closed = True
            self._own_up()
            self._end(None)

    def _end(self, cause: CloseCode | None) -> None:
        self._desk.ended(self, cause)
        self._rations.close(self.ration)

    def _take(self, message: m.AnyMessage) -> None:
        player = self.player
        if isinstance(message, m.Move) and player:
            self._desk.intend(player, message.intent)
        elif isinstance(message, m.Do) and player:
            self._desk.do(self, player, message)
        elif isinstance(message, m.Keep) and player:
            self._desk.keep(player, bytes(message.settings))
        elif isinstance(message, m.Ping):
            self.tell(self._desk.pong(message))
        elif isinstance(message, m.Hello):
            self._desk.knock(self, message)
        elif isinstance(message, m.Bye):
            self.close(CloseCode.BYE, "goodbye")

    def _may_speak(self) -> bool:
        """Take one token from a bucket that fills with time; without one the message is dropped."""
        tick, rations = self._desk.tick, self._rations
        if self._unread and tick != self._unread_tick:
            self._own_up()
        if not rations.take(self.ration, tick):
            self._too_fast()
            return False
        if self._excess and rations.tokens(self.ration) > self._limits.messages_burst / 2:
            self._excess = 0
            rations.strain(self.ration, is_strained=False)
        return True

    def _too_fast(self) -> None:
        limits, tick = self._limits, self._desk.tick
        self._unread += 1
        self._excess += 1
        self._unread_tick = tick
        self._rations.strain(self.ration, is_strained=True)
        if self._excess > limits.flood_messages:
            self.close(CloseCode.FLOOD, f"more than {limits.messages_per_s} messages/s, for long")
        elif self.welcomed and tick - self._denied_tick >= TICKS_BETWEEN_RATE_DENIALS:
            self._denied_tick = tick
            allowed = f"at most {limits.messages_per_s} messages/s and {limits.messages_burst} at once"
            self._desk.deny(self, m.Denied(0, "", "rate", None, allowed))

    def _own_up(self) -> None:
        """Count what was dropped since the last time: one by one it would cost as much as to read it."""
        if self._unread:
            self._desk.drop(self._unread)
            self._unread = 0
