"""Everybody who has a body in the city, and the way back to it for those who lost their link."""

import secrets
from dataclasses import dataclass, field
from typing import Protocol

from server.entities import SLOT_MASK

# 24 random bytes: nobody guesses their way into somebody else's body.
RESUME_BYTES = 24


class Link(Protocol):
    """Whatever a player is connected through; the registry only compares it."""


def _resume_token() -> str:
    return secrets.token_urlsafe(RESUME_BYTES)


@dataclass(slots=True, eq=False)
class Player:
    """One body: its entity, the zone that moves it, and the secret that gives it back after a lost link."""

    entity: int
    name: str
    zone: int
    link: Link | None
    resume: str = field(default_factory=_resume_token)
    lost_tick: int = 0
    returned: bool = False
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

    def __len__(self) -> int:
        return len(self._by_entity)

    def __getitem__(self, entity: int) -> Player:
        return self._by_entity[entity]

    def find(self, entity: int) -> Player | None:
        """The player with this body, if it is one of ours."""
        return self._by_entity.get(entity)

    def add(self, player: Player) -> None:
        """A new body."""
        self._by_entity[player.entity] = player
        self._by_resume[player.resume] = player

    def remove(self, player: Player) -> None:
        """The body is gone, and so is the way back."""
        del self._by_entity[player.entity]
        del self._by_resume[player.resume]

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
