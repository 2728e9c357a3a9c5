"""The hamlet with its books: deeds that cost or bring something, and their answers."""

from collections.abc import Iterable
from typing import TypeVar

from tests.world.books import Books
from tests.world.hamlet import Hamlet
from world.crystals import Crystal
from world.event import OPERATOR, Command, Event, EventState
from world.events.pick_up_crystal import PickUpCrystal
from world.events.reject import Reason
from world.events.steer_event import Action, SteerEvent
from world.state import World
from world.tick import Issued, Outcome

E = TypeVar("E", bound=Event)


class Market:
    """One zone of the hamlet and the books; every tick's outcome is remembered."""

    def __init__(self, zone: int = 0, seed: int = 1) -> None:
        self.hamlet = Hamlet(seed)
        self.zone = zone
        self.books = Books()
        self.outcomes: list[Outcome] = []

    @property
    def world(self) -> World:
        """The zone."""
        return self.hamlet.worlds[self.zone]

    def step(self, *issued: Issued) -> Outcome:
        """One tick; the books note what is asked and say nothing."""
        outcome = self.hamlet.step(*issued, zone=self.zone)[self.zone]
        self.books.take(outcome)
        self.outcomes.append(outcome)
        assert outcome.faults == []
        return outcome

    def steps(self, ticks: int) -> None:
        """So many ticks, and everything is stored at once."""
        for _ in range(ticks):
            self.step(*self.books.answer())

    def join(self, *entities: int, spawn: str = "well") -> None:
        """Let them appear."""
        for entity in entities:
            self.hamlet.join(entity, spawn, self.zone)

    def do(self, *wishes: tuple[int, Command]) -> Outcome:
        """Deeds of one tick, numbered by their place from 1."""
        return self.step(*(Issued(entity, number, command) for number, (entity, command) in enumerate(wishes, 1)))

    def reach(self, entity: int, crystal: Crystal) -> Outcome:
        """Somebody is put beside a crystal and asks for it."""
        row = self.world.here(entity)
        self.world.columns.x[row], self.world.columns.z[row] = crystal.x, crystal.z
        return self.do((entity, PickUpCrystal(crystal.crystal)))

    def store(self) -> Outcome:
        """What waits is stored."""
        return self.step(*self.books.answer())

    def refuse(self, reason: Reason = "refused") -> Outcome:
        """What waits is not stored."""
        return self.step(*self.books.refuse(reason))

    def steer(self, name: str, action: Action, seconds: int = 0) -> Outcome:
        """The operator wants something."""
        return self.step(Issued(OPERATOR, 5, SteerEvent(name, action, seconds, "test")))

    def state(self, name: str) -> EventState:
        """How an occasion stands, as gateways were told last."""
        told = [outcome.programme for outcome in self.outcomes if outcome.programme is not None][-1]
        return next(state for state in told if state.name == name)

    def lying(self) -> list[Crystal]:
        """What lies free."""
        crystals = self.world.crystals
        ids = [number for number in sorted(crystals.ids()) if crystals.is_free(number)]
        found = [crystals.find(number) for number in ids]
        return [crystal for crystal in found if crystal is not None]


def events(outcomes: Iterable[Outcome], kind: type[E]) -> list[E]:
    """Every event of a kind that was told."""
    return [told.event for outcome in outcomes for told in outcome.told if isinstance(told.event, kind)]


def reasons(outcome: Outcome) -> list[str]:
    """Why wishes were refused."""
    return [refusal.reason for refusal in outcome.refused]
