"""A deed waits for the books longer than anybody expects, and its player is told that nothing is lost."""

from typing import ClassVar

from world.event import NOTABLE, Event


class SettlementPending(Event, frozen=True):
    """Your deed of this number is still being stored; it will be confirmed or refused."""

    importance: ClassVar[int] = NOTABLE

    deed: str
    number: int
