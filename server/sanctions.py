"""Whom operators have kept out or silenced, known without asking the store: it has them too, for the next start.

Accounts, not bodies: whoever is muted stays so in every zone and after every return. Time is Unix seconds, because
a ban outlasts the process.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import NamedTuple

from server.store.records import Sanction, SanctionKind
from world.events.emote import Emote
from world.events.say import Say

# 200 bytes each, and read at the start in a tenth of a second; the newest count.
SANCTIONS_MAX = 20_000
# What whoever is muted may not do: all that others hear or see of somebody on purpose.
MUTED = frozenset({Say.deed, Emote.deed})


class Left(NamedTuple):
    """A sanction in force: the seconds it still lasts (None: for good), and why, for whom it is about."""

    seconds: float | None
    reason: str

    @property
    def said(self) -> str:
        """For the person."""
        lasts = "" if self.seconds is None else f", for {max(1, round(self.seconds))} s more"
        return f"{self.reason}{lasts}"


class Sanctions:
    """Those in force, by kind and account; `now_s` is the wall clock."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._by_kind: dict[SanctionKind, dict[int, Sanction]] = {"ban": {}, "mute": {}}

    def __len__(self) -> int:
        return sum(len(accounts) for accounts in self._by_kind.values())

    @property
    def full(self) -> bool:
        """Whether no more are kept; those that are over are forgotten first."""
        if len(self) >= SANCTIONS_MAX:
            for kind, accounts in self._by_kind.items():
                self._by_kind[kind] = {of: each for of, each in accounts.items() if self._left(each) is not None}
        return len(self) >= SANCTIONS_MAX

    def load(self, sanctions: Iterable[Sanction]) -> None:
        """What the store has."""
        for sanction in sanctions:
            self.impose(sanction)

    def impose(self, sanction: Sanction) -> None:
        """From now on it counts, in place of one of the same kind."""
        self._by_kind[sanction.kind][sanction.account] = sanction

    def lift(self, account: int, kind: SanctionKind) -> None:
        """From now on it counts no more."""
        self._by_kind[kind].pop(account, None)

    def find(self, account: int, kind: SanctionKind) -> Left | None:
        """What is left of it; None for who has none, or had one that is over."""
        sanction = self._by_kind[kind].get(account)
        return None if sanction is None else self._left(sanction)

    def newest(self, most: int) -> list[Sanction]:
        """Those in force that came last, at most so many."""
        everything = [each for accounts in self._by_kind.values() for each in accounts.values()]
        lasting = (each for each in everything if self._left(each) is not None)
        return heapq.nlargest(most, lasting, key=lambda each: each.from_ms)

    def _left(self, sanction: Sanction) -> Left | None:
        if sanction.until_ms is None:
            return Left(None, sanction.reason)
        seconds = sanction.until_ms / 1000 - self._now_s()
        return Left(seconds, sanction.reason) if seconds > 0 else None
