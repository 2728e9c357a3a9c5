"""Everybody who has a body in the city, and the way back to it for those who lost their link."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from server.entities import SLOT_MASK
from server.mailbox import Mailbox
from world.event import PLAYER
from world.tick import ProfileRecord

# 24 random bytes: nobody guesses their way into somebody else's body.
RESUME_BYTES = 24
# An empty map, packed: nobody has had anything kept yet.
NOTHING_KEPT = b"\x80"


class Link(Protocol):
    """Whatever a player is connected through; the registry only compares it."""


def _resume_token() -> str:
    return secrets.token_urlsafe(RESUME_BYTES)


class Identity(NamedTuple):
    """What somebody proved who they are with: the subject of a signed token, or a guest's secret."""

    subject: str | None = None
    guest: str | None = None


NOBODY = Identity()


@dataclass(slots=True, eq=False)
class Player:
    """One body: its entity, the zone that moves it, and the secret that gives it back after a lost link.

    `account` is its number in the city's books, 0 for nobody's; `balance` is what the books said last,
    `settings` what its client has had kept, packed. `mailbox` holds what it alone is told, `heard` how much of that
    its coming link says to know.
    """

    entity: int
    name: str
    zone: int
    link: Link | None
    account: int = 0
    identity: Identity = NOBODY
    look: dict[str, int] = field(default_factory=dict)
    settings: bytes = NOTHING_KEPT
    balance: int = 0
    resume: str = field(default_factory=_resume_token)
    lost_tick: int = 0
    staff: bool = False
    returned: bool = False
    mailbox: Mailbox = field(default_factory=Mailbox)
    heard: int | None = None
    slot: int = field(init=False)
    entity_bytes: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.slot = self.entity & SLOT_MASK
        self.entity_bytes = self.entity.to_bytes(4, "little")


class Players:
    """Players by entity and by resume token; those whose link is lost are kept until their time is up."""

    def __init__(self) -> None:
        self._by_entity: dict[int, Player] = {}
        self._by_resume: dict[str, Player] = {}
        self._by_account: dict[int, Player] = {}
        self._by_identity: dict[Identity, Player] = {}

    def __len__(self) -> int:
        return len(self._by_entity)

    def __iter__(self) -> Iterator[Player]:
        return iter(self._by_entity.values())

    def __getitem__(self, entity: int) -> Player:
        return self._by_entity[entity]

    def find(self, entity: int) -> Player | None:
        """The player with this body, if it is one of ours."""
        return self._by_entity.get(entity)

    def add(self, player: Player) -> None:
        """A new body; its account must have none yet."""
        assert player.account not in self._by_account, "one body for one account"
        self._by_entity[player.entity] = player
        self._by_resume[player.resume] = player
        if player.account:
            self._by_account[player.account] = player
            self._by_identity[player.identity] = player

    def remove(self, player: Player) -> None:
        """The body is gone, and so is the way back."""
        del self._by_entity[player.entity]
        del self._by_resume[player.resume]
        if player.account:
            del self._by_account[player.account]
            del self._by_identity[player.identity]

    def owner(self, account: int) -> Player | None:
        """The player of this account, if they are here."""
        return self._by_account.get(account)

    def known(self, identity: Identity) -> Player | None:
        """The player who proved to be this when they came in, if they are here."""
        return None if identity == NOBODY else self._by_identity.get(identity)

    def own(self, balances: Mapping[str, int]) -> None:
        """What accounts have now, by name; those of players who are here are remembered for their next Welcome."""
        for name, balance in balances.items():
            if name.startswith(PLAYER) and (player := self._by_account.get(int(name.removeprefix(PLAYER)))):
                player.balance = balance

    def learn(self, records: Sequence[ProfileRecord]) -> list[Player]:
        """New or changed profiles, as the zones tell them; those of our players whose name or look is another now."""
        changed = []
        for record in records:
            player = self._by_entity.get(record.entity)
            if player is not None and (player.name, player.look) != (record.name, record.look):
                player.name, player.look = record.name, record.look
                changed.append(player)
        return changed

    def returning(self, resume: str | None) -> Player | None:
        """Whose token this is."""
        return self._by_resume.get(resume) if resume else None

    def renew(self, player: Player) -> None:
        """A token is good for one return; the next welcome carries a new one."""
        del self._by_resume[player.resume]
        player.resume = _resume_token()
        self._by_resume[player.resume] = player

    def lost_before(self, tick: int) -> list[Player]:
        """Players without a link since before this tick."""
        return [player for player in self._by_entity.values() if player.link is None and player.lost_tick < tick]
