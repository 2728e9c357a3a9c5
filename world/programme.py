"""What can happen in a zone and how it stands: rains and shows are started, paused, resumed, extended and cancelled.

    idle ── start, rehearse ──► running ◄── pause, resume ──► paused
      ▲                            │ the end, or cancel          │ cancel
      └──── tidied ────────────── ending ◄───────────────────────┘

The time of an occasion counts only while it runs. What an occasion *does* is a system's business
(world/systems); here is only how it stands, so that the world can hold it.

A rehearsal is the turn to come, for staff alone: it has the number of that turn, and so its seeds, and gives it
back when it is over.
"""

from dataclasses import dataclass, field

from world.config import FOREVER
from world.event import EventState, OccasionKind, OccasionState, Refused, ShownState
from world.festival import Scheduled
from world.parts import Part


@dataclass(slots=True)
class Occasion(Part):
    """How one rain or show stands; `plan` is what the content says of it, or said when this turn began.

    `elapsed` are the ticks it has run, `lasts` how many it is to run, `turn` which time it is, from 1.
    `detail` are numbers for people. `rehearsal`: only staff see it and take part in it.
    """

    kind: OccasionKind
    plan: Scheduled
    next_start: int
    state: OccasionState = "idle"
    rehearsal: bool = False
    turn: int = 0
    elapsed: int = 0
    lasts: int = 0
    detail: dict[str, int] = field(default_factory=dict)
    # What the content says by now, for the turns after this one; None: it is in the content no more.
    coming: Scheduled | None = field(init=False)

    def __post_init__(self) -> None:
        self.coming = self.plan

    @property
    def name(self) -> str:
        """What it is called; no two of the city are called the same."""
        return self.plan.name

    @property
    def shown(self) -> ShownState:
        """How it stands, as people are told."""
        return "rehearsal" if self.rehearsal and self.state == "running" else self.state

    def state_at(self, tick: int) -> EventState:
        """As gateways and operators get it."""
        until = tick + self.lasts - self.elapsed if self.state in ("running", "paused") else 0
        return EventState(self.name, self.kind, self.shown, until, dict(self.detail), self.rehearsal)


def _clock(plan: Scheduled) -> tuple[float, float]:
    return plan.first_s, plan.every_s


class Programme(Part):
    """All occasions of a zone, by name; `changed` since the states were last taken."""

    def __init__(self, occasions: list[Occasion]) -> None:
        self.occasions = {occasion.name: occasion for occasion in occasions}
        self.changed = True

    def find(self, name: str) -> Occasion:
        """The occasion of this name; raises Refused if this zone has none."""
        if name not in self.occasions:
            known = ", ".join(self.occasions) or "none"
            raise Refused("no_such_event", "name", f"this zone has {known}")
        return self.occasions[name]

    def of_kind(self, kind: OccasionKind) -> list[Occasion]:
        """Those of a kind, in the content's order."""
        return [occasion for occasion in self.occasions.values() if occasion.kind == kind]

    def renew(self, planned: list[Occasion]) -> None:
        """The content says this by now. What is on goes on as it began; a clock that stays the same goes on."""
        before = self.occasions
        self.occasions = {fresh.name: before.get(fresh.name, fresh) for fresh in planned}
        for fresh in planned:
            known = self.occasions[fresh.name]
            if known.coming is None or _clock(known.coming) != _clock(fresh.plan):
                known.next_start = fresh.next_start
            known.coming = fresh.plan
        for known in [known for name, known in before.items() if name not in self.occasions]:
            known.coming, known.next_start = None, FOREVER
            self.occasions[known.name] = known
        for known in [known for known in self.occasions.values() if known.state == "idle"]:
            self.rest(known)
        self.changed = True

    def rest(self, occasion: Occasion) -> None:
        """Its turn is over: from now on it is what the content says by now."""
        if occasion.rehearsal:
            occasion.rehearsal = False
            occasion.turn -= 1
        if occasion.coming is None:
            del self.occasions[occasion.name]
        else:
            occasion.plan = occasion.coming

    def take_states(self, tick: int) -> list[EventState] | None:
        """How everything stands, or None if nothing has changed."""
        if not self.changed:
            return None
        self.changed = False
        return [occasion.state_at(tick) for occasion in self.occasions.values()]

    def digest(self) -> str:
        """Stands for all of it."""
        return repr(
            [
                (
                    each.name,
                    each.state,
                    each.rehearsal,
                    each.turn,
                    each.elapsed,
                    each.lasts,
                    each.next_start,
                    sorted(each.detail.items()),
                )
                for each in self.occasions.values()
            ]
        )
