"""What the store is asked and what it answers: plain records, and the promise behind each question.

Nothing here knows a database, so whoever talks to the store, and every fake of it, needs only this.

Whole crystals, always. An account is named "player:<number>", "pool:<name>" or "house"; the house
alone may be negative, for it is where crystals come from and where they go. The postings of an entry
sum to zero, so crystals move and are never made.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

# Two numbers and a key of the world's, which has at most 48 characters, with room for "refund." before it.
KEY_CHARS_MAX = 128
# "pool:", two numbers and the name of an event; short enough for "sweep.<epoch>.<name>" to be a key.
ACCOUNT_CHARS_MAX = 96
# More than any event gives away, and nine million of them are still a whole number in every client.
AMOUNT_MAX = 1_000_000_000
# Nothing in the city moves crystals between more than a few accounts at once.
POSTINGS_MAX = 16

# Why an entry was not settled. "refused": it is malformed (does not balance, no such account, out of bounds).
Reason = Literal["insufficient", "closed", "key_reused", "refused"]
# Why the store cannot answer, as a closed set for a metric's label.
Cause = Literal["unreachable", "locked", "full", "read_only", "lost", "timeout", "failed"]
CAUSES: tuple[Cause, ...] = ("unreachable", "locked", "full", "read_only", "lost", "timeout", "failed")


class Entry(NamedTuple):
    """A transaction to be: (account, amount) pairs that sum to zero, positive is into the account.

    `key` makes it happen once, `kind` says what it is for a person and the audit ("pick_up", "light",
    "fund" …), `tick` is when the world decided it.
    """

    key: str
    kind: str
    postings: tuple[tuple[str, int], ...]
    tick: int


class Verdict(NamedTuple):
    """What came of an entry: stored (now or before), or refused and then nothing of it was stored.

    `balances` has each account of the entry, as it is after this entry; for a repeated one and for a
    refused one, as it is at that point. A refusal that is "refused" or "key_reused" tells no balances.
    """

    key: str
    settled: bool
    reason: Reason | None
    balances: dict[str, int]


class Place(NamedTuple):
    """Where a player stood: centimetres of the city, and 256ths of a turn."""

    x: int
    z: int
    heading: int


class Arrival(NamedTuple):
    """Somebody at the door: with the subject of a good signed token, with a guest's secret, or with nothing.

    A subject counts more than a secret. `name` is for whoever is new.
    """

    subject: str | None
    guest: str | None
    name: str


class Saved(NamedTuple):
    """A player as the register has them; `token` is a guest's secret, None for those with a subject."""

    account: int
    name: str
    look: dict[str, int]
    place: Place | None
    settings: bytes
    balance: int
    token: str | None


class PlayerState(NamedTuple):
    """What is to be remembered of a player; `place` None leaves the last one standing."""

    account: int
    name: str
    look: dict[str, int]
    place: Place | None
    settings: bytes


class Operation(NamedTuple):
    """What an operator did or tried: who, which action on which event, and what came of it."""

    by: str
    action: str
    event: str
    result: str


class Logged(NamedTuple):
    """A row of the ops log: its number, when that was in Unix milliseconds, and the operation."""

    number: int
    at_ms: int
    operation: Operation


SanctionKind = Literal["ban", "mute"]


class Sanction(NamedTuple):
    """What an account may not do, from when until when in Unix milliseconds (None: for good), by whom and why.

    Banned is who may not come in, muted who may not speak. An account has at most one of each kind, the last one.
    """

    account: int
    kind: SanctionKind
    from_ms: int
    until_ms: int | None
    by: str
    reason: str


class StoreAway(Exception):  # noqa: N818 - it is an outage, not an error of whoever asked
    """The store cannot answer just now, and nothing is known of the fate of what was asked.

    It may have been stored or not: asking again with the same records is right, and harmless. The
    sentence is for an operator and has no secret in it.
    """

    def __init__(self, cause: Cause, sentence: str) -> None:
        super().__init__(sentence)
        self.cause: Cause = cause
        self.sentence = sentence


class Store(Protocol):
    """What is owned. Every method raises StoreAway, and nothing else, when the database is at fault.

    Calls may overlap; the store puts them in a line. Each method is one transaction: it is all there
    after it has answered, whatever is killed afterwards, and all or nothing of it before.
    """

    async def settle(self, entries: Sequence[Entry]) -> list[Verdict]:
        """Settles a group in its order and with one fsync: a verdict for each entry, in the same order.

        A refused entry leaves the others alone. One that would make a player negative is "insufficient",
        one that would make a pool negative is "closed"; the others' order counts, so a pool that is
        funded by an earlier entry of the group can be drawn on by a later one. A key that is stored
        already with the same postings is settled again with the same answer and no effect; with other
        postings it is "key_reused". Accounts are opened when they are first named.
        """

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        """Who these are, in the same order; None for a guest's secret that nobody has.

        A new subject, and whoever brings neither subject nor secret, becomes a new player, with the
        welcome gift already in the balance (transaction "welcome.<account>"). A guest's `token` is what
        to bring next time: it does not change. The same subject or secret twice in a batch is one player.
        """

    async def save(self, states: Sequence[PlayerState]) -> None:
        """Remembers these; the last of several for the same account wins, and unknown accounts are ignored."""

    async def log_operation(self, operation: Operation) -> None:
        """Writes down what an operator did, with the time."""

    async def operations(self, before: int | None, most: int) -> list[Logged]:
        """The ops log, newest first: at most so many rows, of those numbered below `before` if it is given."""

    async def impose(self, sanction: Sanction) -> bool:
        """Remembers this in place of one of the same kind; False, and nothing done, where nobody has this account."""

    async def lift(self, account: int, kind: SanctionKind) -> bool:
        """Forgets a sanction; whether there was one."""

    async def sanctions(self, now_ms: int, most: int) -> list[Sanction]:
        """Those in force then, the newest first, at most so many."""

    async def begin_run(self) -> int:
        """Numbers this run of the city, 1 for the first, never the same twice: its epoch.

        Crystals that earlier runs left in pools go back to the house ("sweep.<epoch>.<pool without pool:>").
        """

    async def close(self) -> None:
        """Lets the database go; nothing may be asked afterwards. Raises nothing."""
