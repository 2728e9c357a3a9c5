"""What waits for the books: deeds that have been granted, but have not happened before they are stored."""

from collections import deque
from typing import Annotated, Any, NamedTuple
from zlib import crc32

from msgspec import Meta

from world.event import PLAYER, POOL, Posting, Refused, Settle
from world.parts import Part
from world.tuning import SettlingTuning

# As `Settle.key` promises.
Key = Annotated[str, Meta(min_length=1, max_length=48, pattern=r"^[a-z0-9_.:-]+\Z")]


class Asker(NamedTuple):
    """Whose deed it is: the entity, its account, and the deed with the client's number for it.

    All zeros when the city itself asks.
    """

    entity: int = 0
    account: int = 0
    deed: str = ""
    number: int = 0


class Waiting(NamedTuple):
    """What was asked of the books in tick `since`; `about` is what the deed needs to know when the answer comes."""

    settle: Settle
    asker: Asker
    since: int
    about: Any = None


class Stored(NamedTuple):
    """The books' yes: the `receipt` for it, and the player's balance afterwards."""

    receipt: str
    balance: int


class Pending(Part):
    """Everything in one zone that waits for the books, by key, with a running digest.

    `digest` is a sum of checksums, in which the order does not matter. What came since it was last read
    is added when it is read, so that a city that keeps no journal does not pay for it.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, Waiting] = {}
        self._checksums: dict[str, int] = {}
        self._unsummed: set[str] = set()
        self._of_account: dict[int, int] = {}
        self._untold: deque[tuple[int, str]] = deque()
        self._serial = 0
        self._sum = 0

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def __getitem__(self, key: str) -> Waiting:
        return self._by_key[key]

    @property
    def digest(self) -> tuple[int, int]:
        """Stands for all that waits, and for the keys given out so far."""
        for key in self._unsummed:
            checksum = self._checksums[key] = crc32(repr(self._by_key[key]).encode())
            self._sum = (self._sum + checksum) & 0xFFFFFFFF
        self._unsummed.clear()
        return self._serial, self._sum

    def admit(self, account: int, tuning: SettlingTuning) -> None:
        """Raises Refused if nothing more may wait for this account, or at all."""
        if not account:
            raise Refused("no_account", message="whoever has no account owns nothing")
        if self._of_account.get(account, 0) >= tuning.pending_per_player_max:
            raise Refused("busy", message=f"{tuning.pending_per_player_max} of yours are being stored already")
        if len(self._by_key) >= tuning.pending_max:
            raise Refused("busy", message="the books are behind; try again in a moment")

    def serial(self) -> int:
        """A number that no key of this zone has had."""
        self._serial += 1
        return self._serial

    def ask(self, waiting: Waiting) -> Settle:
        """Let `waiting` wait; whoever calls yields what is returned, as the last thing a rule does."""
        key, account = waiting.settle.key, waiting.asker.account
        assert key not in self._by_key, f"{key} waits already"
        assert sum([posting.amount for posting in waiting.settle.postings]) == 0, waiting.settle
        self._by_key[key] = waiting
        self._unsummed.add(key)
        if account:
            self._of_account[account] = self._of_account.get(account, 0) + 1
            self._untold.append((waiting.since, key))
        return waiting.settle

    def take(self, key: str) -> Waiting | None:
        """The answer has come: what waited under `key` waits no more. None if nothing did."""
        waiting = self._by_key.pop(key, None)
        if waiting is None:
            return None
        self._unsummed.discard(key)
        self._sum = (self._sum - self._checksums.pop(key, 0)) & 0xFFFFFFFF
        account = waiting.asker.account
        if account:
            self._of_account[account] -= 1
            if not self._of_account[account]:
                del self._of_account[account]
        return waiting

    def oldest_untold(self) -> int | None:
        """Since which tick that waits whose player was not told so yet; answered ones are forgotten here."""
        while self._untold:
            since, key = self._untold[0]
            if key in self._by_key and self[key].since == since:
                return since
            self._untold.popleft()
        return None

    def take_untold(self, before: int) -> list[Waiting]:
        """What has waited since before that tick, once only."""
        told = []
        while (since := self.oldest_untold()) is not None and since < before:
            told.append(self[self._untold.popleft()[1]])
        return told


def move(source: str, target: str, amount: int) -> tuple[Posting, ...]:
    """The postings that take `amount` crystals from one account to another."""
    return Posting(source, -amount), Posting(target, amount)


def player(account: int) -> str:
    """What a player's account is called."""
    return f"{PLAYER}{account}"


def pool(name: str) -> str:
    """What the account of an event's crystals is called."""
    return f"{POOL}{name}"
