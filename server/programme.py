"""What is on in the city, rains and shows of all zones, and who waits for a zone to answer what was asked of it.

Zones say how their events stand when that changes; here it is kept together. What an operator asks
goes to the zone of the event as a command of `OPERATOR`, and what the zone says to `OPERATOR` comes
back under the number of the request.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple

from protocol.codec import decode_server
from protocol.messages import Denied, Happened
from world.event import OPERATOR, Command, EventState
from world.events.announce import AnnouncementMade
from world.events.reload_content import ContentReloaded
from world.events.steer_event import EventSteered
from world.tick import Issued

# Operators are few and type slowly; more than this is a script gone wild, and each is a command to a zone. Whatever
# all zones are asked at once, of which there are 255 at most, finds room.
WAITING_MAX = 512


class Listed(NamedTuple):
    """An event of the programme, in the zone of this number."""

    zone: int
    state: EventState


# The events that say to the operator that something was done, each with the number of the request.
DONE = (EventSteered.name, AnnouncementMade.name, ContentReloaded.name)

# What the zone says of it: that it did it, or why not.
Answer = Callable[[Denied | Happened], None]
Post = Callable[[int, Issued], None]


class Programme:
    """All events by name, and the requests that are not answered yet. Names are unique in the city."""

    def __init__(self, post: Post, zones: Sequence[str]) -> None:
        self.zones = zones
        self._post = post
        self._listed: dict[str, Listed] = {}
        self._waiting: dict[int, Answer] = {}
        self._numbers = count(1)

    @property
    def events(self) -> list[Listed]:
        """Everything there is, in the order of zones and then as they have it."""
        return sorted(self._listed.values(), key=lambda listed: listed.zone)

    def find(self, name: str) -> Listed | None:
        """The event of this name."""
        return self._listed.get(name)

    def learn(self, zone: int, states: Sequence[EventState]) -> None:
        """How all events of a zone stand now."""
        self._listed = {name: listed for name, listed in self._listed.items() if listed.zone != zone}
        self._listed |= {state.name: Listed(zone, state) for state in states}

    @property
    def takes_all(self) -> bool:
        """Whether every zone could be asked something now."""
        return len(self._waiting) + len(self.zones) <= WAITING_MAX

    def ask(self, zone: int, wish: Command, answer: Answer) -> int | None:
        """Ask a zone to do something; the request's number, or None when too many wait already."""
        if len(self._waiting) >= WAITING_MAX:
            return None
        number = next(self._numbers)
        self._waiting[number] = answer
        self._post(zone, Issued(OPERATOR, number, wish))
        return number

    def forget(self, number: int) -> None:
        """Nobody waits for this answer any more."""
        self._waiting.pop(number, None)

    def hear(self, payload: bytes) -> None:
        """What a zone says to the operator: the answer to a request, unless nobody waits for it any more."""
        said = decode_server(payload)
        if isinstance(said, Denied):
            self._answer(said.number, said)
        elif isinstance(said, Happened) and said.event in DONE:
            self._answer(said.fields["number"], said)

    def _answer(self, number: int, said: Denied | Happened) -> None:
        if answer := self._waiting.pop(number, None):
            answer(said)
