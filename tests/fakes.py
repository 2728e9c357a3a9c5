"""What tests put in the place of sockets, clients and zones: transports that remember, bodies that just stand there."""

from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from protocol.codec import decode_server
from protocol.errors import CloseCode
from protocol.framing import Splitter, tcp_frame, ws_frame
from protocol.limits import SERVER_MESSAGE_BYTES_MAX
from protocol.messages import AnyServerMessage, Denied, Do, Hello, Ping, Pong
from server.bus import Snapshot
from server.entities import SLOT_BITS
from server.outbox import Outbox
from server.players import Player
from server.scene import Scene
from server.session import Session
from server.store.judging import judge
from server.store.records import (
    Arrival,
    Entry,
    Logged,
    Operation,
    PlayerState,
    Sanction,
    SanctionKind,
    Saved,
    StoreAway,
    Verdict,
)
from world.city import Spawn, Zone
from world.event import HOUSE, PLAYER, POOL
from world.snapshot import MARGIN_CM
from world.state import FLAG_GROUNDED
from world.tick import SNAPSHOT_DTYPE, ProfileRecord

Answer = TypeVar("Answer")

FIRST_GENERATION = 1 << SLOT_BITS


class FakeTransport:
    """Takes everything at once and remembers it; `backlog` is what it claims to hold."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.backlog = 0
        self.closing = False
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return self.backlog

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.closing = self.aborted = True


class FakeClient(Outbox):
    """An outbox with a fake transport behind it, and everything that went through, decoded."""

    def __init__(self, websocket: bool = False) -> None:
        self.transport = FakeTransport()
        self.parted: list[CloseCode] = []
        super().__init__(self.transport, ws_frame if websocket else tcp_frame, self._parting, websocket)

    @property
    def heard(self) -> list[AnyServerMessage]:
        """Every message written so far."""
        return messages(b"".join(self.transport.written), self.websocket)

    def all(self, kind: type[AnyServerMessage]) -> list[AnyServerMessage]:
        """Every message of a kind."""
        return [message for message in self.heard if isinstance(message, kind)]

    def forget(self) -> None:
        """Count from here on."""
        self.transport.written.clear()

    def _parting(self, code: int, _: str) -> None:
        self.parted.append(CloseCode(code))
        self.transport.closing = True


def messages(data: bytes, websocket: bool) -> list[AnyServerMessage]:
    """The messages in a stream of whole ones, in either transport's framing."""
    payloads = _unframed(data) if websocket else list(Splitter(SERVER_MESSAGE_BYTES_MAX).feed(data))
    return [decode_server(payload) for payload in payloads]


def _unframed(data: bytes) -> Iterable[bytes]:
    """Unmasked, unfragmented WebSocket frames as the server writes them."""
    at = 0
    while at < len(data):
        assert data[at] == 0x82
        short = data[at + 1]
        wide = {126: 2, 127: 8}.get(short, 0)
        size = int.from_bytes(data[at + 2 : at + 2 + wide], "big") if wide else short
        at += 2 + wide + size
        yield data[at - size : at]


class Body(NamedTuple):
    """Somebody in a snapshot: a slot's first owner, at x and z (cm), doing nothing."""

    slot: int
    x: int = 0
    z: int = 0
    y: int = 0
    heading: int = 0
    animation: int = 0
    input: int = 0
    vy: int = 0
    flags: int = FLAG_GROUNDED
    layer: int = 0
    generation: int = 1

    @property
    def entity(self) -> int:
        """The whole id."""
        return self.generation << SLOT_BITS | self.slot


def field(number: int = 0, side_m: float = 400) -> Zone:
    """An empty square; the next one begins at its eastern border."""
    spawn = Spawn(name="middle", x_m=side_m / 2, z_m=side_m / 2, spread_m=0, facing_deg=0)
    return Zone(name=f"field{number}", x_m=number * side_m, z_m=0, width_m=side_m, depth_m=side_m, spawn=(spawn,))


def snapshot(bodies: Sequence[Body], zone: Zone | None = None, number: int = 0, tick: int = 1) -> Snapshot:
    """A zone's snapshot with these bodies, each introduced by its slot's number."""
    corner = (zone or field(number)).rect
    rows = np.zeros(len(bodies), SNAPSHOT_DTYPE)
    for name in ("entity", "y", "heading", "animation", "input", "vy", "flags", "layer"):
        rows[name] = [getattr(body, name) for body in bodies]
    rows["x"] = [body.x - corner.x + MARGIN_CM for body in bodies]
    rows["z"] = [body.z - corner.z + MARGIN_CM for body in bodies]
    profiles = [ProfileRecord(body.entity, 1, f"number {body.slot}", {}) for body in bodies]
    return Snapshot(number, tick, rows, [], profiles)


def scene_of(bodies: Sequence[Body]) -> Scene:
    """One field with these bodies in it."""
    scene = Scene([field()])
    scene.merge([snapshot(bodies)])
    return scene


class FakeDesk:
    """What a session asks for, written down; the tick is whatever the test says."""

    def __init__(self) -> None:
        self.tick = 1000
        self.knocked: list[Hello] = []
        self.intents: list[tuple[int, bytes]] = []
        self.wishes: list[Do] = []
        self.kept: list[tuple[int, bytes]] = []
        self.denied: list[Denied] = []
        self.dropped = 0
        self.ends: list[CloseCode | None] = []
        self.offences: list[CloseCode] = []
        self.out_s = 0.0

    def knock(self, session: Session, hello: Hello) -> None:
        self.knocked.append(hello)

    def intend(self, player: Player, intent: bytes) -> None:
        self.intents.append((player.entity, intent))

    def do(self, session: Session, player: Player, wish: Do) -> None:
        self.wishes.append(wish)

    def keep(self, player: Player, settings: bytes) -> None:
        self.kept.append((player.entity, settings))

    def pong(self, ping: Ping) -> Pong:
        return Pong(ping.sent, self.tick, 0.0)

    def deny(self, session: Session, denied: Denied) -> None:
        self.denied.append(denied)
        session.tell(denied)

    def drop(self, count: int) -> None:
        self.dropped += count

    def offended(self, session: Session, code: CloseCode) -> float:
        self.offences.append(code)
        return self.out_s

    def ended(self, session: Session, cause: CloseCode | None) -> None:
        self.ends.append(cause)


class Calm:
    """Always in best health: a city that does not measure itself."""

    busy = 0.0
    level = 0


class FakeStore:
    """What is owned, in memory, with everything that `server.store.records.Store` promises.

    `away` makes every question fail; `loses_answers` makes the store do what it is asked and then not say
    so, as when the line breaks in mid-commit. No method ever waits, so `driven` can call them.
    """

    def __init__(self, welcome_crystals: int = 100) -> None:
        self.away: StoreAway | None = None
        self.loses_answers = False
        self.closed = False
        self.entries: dict[str, Entry] = {}
        self.balances: Counter[str] = Counter()
        self.players: dict[int, FakePlayer] = {}
        self.logged: list[Operation] = []
        self.imposed: dict[tuple[int, SanctionKind], Sanction] = {}
        self.epoch = 0
        # Sizes of the groups that were settled and saved, those with a lost answer included.
        self.settled: list[int] = []
        self.saved: list[int] = []
        self._welcome_crystals = welcome_crystals

    async def settle(self, entries: Sequence[Entry]) -> list[Verdict]:
        self._asked()
        verdicts = [self._settle(entry) for entry in entries]
        self.settled.append(len(entries))
        self._answering()
        return verdicts

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        self._asked()
        found = [self._enter(arrival) for arrival in arrivals]
        self._answering()
        return found

    async def save(self, states: Sequence[PlayerState]) -> None:
        self._asked()
        for state in states:
            if player := self.players.get(state.account):
                player.state = state if state.place else state._replace(place=player.state.place)
        self.saved.append(len(states))
        self._answering()

    async def log_operation(self, operation: Operation) -> None:
        self._asked()
        self.logged.append(operation)
        self._answering()

    async def operations(self, before: int | None, most: int) -> list[Logged]:
        self._asked()
        rows = [Logged(number, 1000 * number, each) for number, each in enumerate(self.logged, 1)]
        return [row for row in reversed(rows) if before is None or row.number < before][:most]

    async def impose(self, sanction: Sanction) -> bool:
        self._asked()
        if sanction.account not in self.players:
            return False
        self.imposed[sanction.account, sanction.kind] = sanction
        return True

    async def lift(self, account: int, kind: SanctionKind) -> bool:
        self._asked()
        return self.imposed.pop((account, kind), None) is not None

    async def sanctions(self, now_ms: int, most: int) -> list[Sanction]:
        self._asked()
        lasting = [each for each in self.imposed.values() if each.until_ms is None or each.until_ms > now_ms]
        return sorted(lasting, key=lambda each: (-each.from_ms, each.account))[:most]

    async def begin_run(self) -> int:
        self._asked()
        self.epoch += 1
        for pool, left in [(name, left) for name, left in self.balances.items() if name.startswith(POOL) and left]:
            key = f"sweep.{self.epoch}.{pool.removeprefix(POOL)}"
            self._settle(Entry(key, "sweep", ((pool, -left), (HOUSE, left)), 0))
        self._answering()
        return self.epoch

    async def close(self) -> None:
        self.closed = True

    def _asked(self) -> None:
        assert not self.closed, "nothing may be asked of a store that is closed"
        if self.away:
            raise self.away

    def _answering(self) -> None:
        if self.loses_answers:
            raise StoreAway("lost", "the line broke before the answer came")

    def _settle(self, entry: Entry) -> Verdict:
        before = self.entries.get(entry.key)
        judgement = judge([entry], {entry.key: before.postings} if before else {}, self.balances)
        for accepted in judgement.accepted:
            self.entries[accepted.key] = accepted
            self.balances.update(dict(accepted.postings))
        return judgement.verdicts[0]

    def _enter(self, arrival: Arrival) -> Saved | None:
        player = self._known(arrival)
        if player is None and arrival.subject is None and arrival.guest is not None:
            return None
        if player is None:
            player = self._new(arrival)
        state, balance = player.state, self.balances[f"{PLAYER}{player.state.account}"]
        return Saved(state.account, state.name, dict(state.look), state.place, state.settings, balance, player.secret)

    def _known(self, arrival: Arrival) -> "FakePlayer | None":
        for player in self.players.values():
            if arrival.subject is not None and player.subject == arrival.subject:
                return player
            if arrival.subject is None and arrival.guest is not None and player.secret == arrival.guest:
                return player
        return None

    def _new(self, arrival: Arrival) -> "FakePlayer":
        account = len(self.players) + 1
        secret = None if arrival.subject is not None else f"secret-of-guest-{account}"
        player = FakePlayer(arrival.subject, secret, PlayerState(account, arrival.name, {}, None, b""))
        self.players[account] = player
        if gift := self._welcome_crystals:
            postings = ((HOUSE, -gift), (f"{PLAYER}{account}", gift))
            self._settle(Entry(f"welcome.{account}", "welcome", postings, 0))
        return player


@dataclass
class FakePlayer:
    """A row of the register; the secret is a guest's."""

    subject: str | None
    secret: str | None
    state: PlayerState


def driven(asked: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine returns that never waits for anything: no event loop is needed for that."""
    try:
        asked.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    asked.close()
    raise AssertionError("it waits for something")
