"""What a trouble is: it begins with the event, and whoever makes it behaves like everybody else until then."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from time import perf_counter
from typing import ClassVar, Protocol

from loadtest.bot import Bot, Ending
from loadtest.histogram import Histogram
from loadtest.target import Target

# A server that words each reason anew must not fill our memory: more kinds of endings than this count as one.
_ENDINGS_MAX = 64


class Crowd(Protocol):
    """What a trouble may do to the swarm."""

    @property
    def bots(self) -> Sequence[Bot | None]:
        """The bot in each seat, if one has ever been there."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """Where the city is."""

    def home_of(self, seat: int) -> str | None:
        """The address that this seat comes from; None: whichever the system takes."""

    def numb(self, seat: int) -> None:
        """Let the bot in this seat do nothing more of its own accord."""

    def quicken(self, seat: int, habits: dict[str, float]) -> None:
        """Give the bot in this seat other habits: mean seconds between two of each deed."""

    def cut(self, seat: int, back_after_s: float) -> None:
        """Cut this seat's link from our side, and come back after so long, with the way back it was given."""

    def disguise(self, seat: int, token: str | None, resume: str | None) -> None:
        """What this seat says at its next Hello of who it is."""


class Trouble(ABC):
    """One kind of trouble; `makers` are the seats of those who make it. All its chance comes from `rng`."""

    # Whether those it befalls still count as healthy guests.
    harmless: ClassVar[bool] = False
    # Whether its makers' sockets hold little: what they do not read is then soon the server's to keep.
    narrow: ClassVar[bool] = False
    # Whether it is made by connections of its own, one for each maker, and not by bots.
    apart: ClassVar[bool] = False

    def __init__(self, makers: Sequence[int], crowd: Crowd, rng: Random) -> None:
        self.makers = makers
        self.crowd = crowd
        self.rng = rng
        # How its makers' connections ended, how long each had lasted since it began or came again, what they sent.
        self.endings: Counter[str] = Counter()
        self.held_ms = Histogram()
        self.sent = 0

    @abstractmethod
    def begin(self) -> None:
        """The event begins."""

    def beat(self, number: int) -> None:  # noqa: B027 - most have nothing to do then
        """Every 10 ms from then on."""

    def back_after_s(self, seat: int, ending: Ending) -> float | None:
        """When a maker whose connection ended comes again; None: not at all."""
        return None

    def end(self) -> None:  # noqa: B027 - most hear that they may go
        """Everybody is about to leave: whoever would not notice is cut."""

    def note_ending(self, ending: Ending) -> None:
        """A maker's connection is over."""
        why = f"{ending.code} {ending.reason}"
        self.endings[why if why in self.endings or len(self.endings) < _ENDINGS_MAX else "other"] += 1

    def living(self) -> Iterator[Bot]:
        """The makers who are in the city now."""
        for seat in self.makers:
            bot = self.crowd.bots[seat]
            if bot is not None and bot.alive:
                yield bot


def now_s() -> float:
    """The clock that everything here is timed by."""
    return perf_counter()
