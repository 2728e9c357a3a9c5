"""A rain or a show begins, pauses, goes on or ends, and its zone hears of it."""

from typing import ClassVar

from world.event import NOTABLE, Event


class EventChanged(Event, frozen=True):
    """The rain or show of this name is `idle`, `running`, `paused` or `ending` now; `kind` is `rain` or `show`."""

    importance: ClassVar[int] = NOTABLE

    event: str
    kind: str
    state: str
