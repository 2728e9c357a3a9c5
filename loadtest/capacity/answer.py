"""What a search found, as it stands in `report.json`, and the sentences that say it."""

from pathlib import Path

import msgspec
from msgspec import Struct

from loadtest.capacity.demand import Demand, line_of
from loadtest.capacity.limiting import Limiting
from loadtest.capacity.search import LEAST, Outcome
from loadtest.capacity.step import Step
from loadtest.report import Machine


class Answer(Struct, frozen=True):
    """How many this machine holds, and everything that was run to find it.

    `fails` is the smallest crowd that did not hold and `why` what came of it: only if that is `failed` the answer is
    the city's, otherwise it holds at least so many. `settled`: a majority of `repeats` stands behind it.
    """

    scenario: str
    transport: str
    seed: int
    seconds: float
    repeats: int
    strict: bool
    holds: int
    settled: bool
    most: int
    steps: list[Step]
    fails: int | None = None
    why: Outcome | None = None
    limiting: Limiting | None = None
    machine: Machine | None = None
    # The largest crowd that was within all limits, those of what a player costs too, in most of its runs; or 0.
    holds_cheaply: int = 0
    # Which of those limits were broken at `holds`.
    dear: list[str] = []
    demand: Demand | None = None
    interrupted: bool = False


def sentences(answer: Answer) -> list[str]:
    """The answer for people, the most important first."""
    said = [_held(answer)]
    if answer.limiting is not None:
        said.append(f"What limits it: {answer.limiting.told}.")
    said += _price(answer)
    if answer.interrupted:
        said.append("It was stopped before its end: more is not known.")
    elif answer.holds and not answer.settled:
        said.append("The runs at this number did not agree with each other, and there were no more of them.")
    if answer.demand is not None:
        said += [f"{line_of(answer.demand)}.", f"Assumed: {'; '.join(answer.demand.assumptions)}."]
    return said


def _held(answer: Answer) -> str:
    what = f"bots in {answer.scenario} over {answer.transport}"
    if not answer.holds:
        least = min((step.bots for step in answer.steps), default=LEAST)
        return f"This machine holds no number of {what}: not even {least:,} were served within the limits."
    runs = [step for step in answer.steps if step.bots == answer.holds]
    held = sum(step.outcome is Outcome.HELD for step in runs)
    times = f"({held} of {len(runs)} runs)"
    if answer.fails is None:
        return f"This machine holds at least {answer.holds:,} {what} {times}; more were not tried."
    if answer.why is Outcome.FAILED:
        return f"This machine holds {answer.holds:,} {what} {times}; {answer.fails:,} it does not."
    reason = {
        Outcome.SATURATED: "the bots were saturated first, so that nothing is known of the city there",
        Outcome.UNUSABLE: "a run was not possible",
    }.get(answer.why or Outcome.UNUSABLE, "it is not known what came of it")
    return f"This machine holds at least {answer.holds:,} {what} {times}; with {answer.fails:,} {reason}."


def _price(answer: Answer) -> list[str]:
    """What a player costs: it decides only if that was asked for, and is told where it is too much."""
    if answer.strict:
        return ["All limits of the scenario decided, those about what a player costs too (--strict)."]
    if not answer.dear:
        return ["All limits of the scenario held there, those about what a player costs too."] if answer.holds else []
    told = f"That is by the limits that players feel. What a player costs is too much there ({'; '.join(answer.dear)})"
    if not answer.holds_cheaply:
        return [f"{told}, and no crowd that was run is within those limits, too."]
    return [f"{told}; the largest crowd that was run and is within those limits, too, is {answer.holds_cheaply:,}."]


def write_json(answer: Answer, directory: Path) -> Path:
    """`report.json` in `directory`, indented for people."""
    path = directory / "report.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n")
    return path
