"""What must be true of a round in which the city was killed: the one place that says so, and itself tested."""

import signal
from typing import Any, NamedTuple

from tests.judging import faults_among

# From the first third of the lies on nothing may add up: a twentieth is what arenas and caches move by.
MEMORY_TIMES_MAX = 1.05
_NEVER_SAID = ("Traceback", "[error", "[critical", "never retrieved", "Exception ignored", "Fatal")
_SHOWN = 5


class Memory(NamedTuple):
    """What a guest knows of itself between two rounds.

    `balance` is what it was last told; `hoped` the worth of the crystals it asked for, and `owed` the price of the
    fireworks it lit, that it never heard of: each of those may have been stored, or not.
    """

    account: str
    balance: int
    hoped: int = 0
    owed: int = 0


class Tally(NamedTuple):
    """What was confirmed to the guests in one round."""

    picked: int
    lit: int


class Audited(NamedTuple):
    """How `futurecity audit --receipts` ended, and what it printed."""

    status: int
    figures: dict[str, Any]


class Besieged(NamedTuple):
    """What came of a siege: lies told and never answered, how the city closed, its memory, and what its log tells.

    Memory is in megabytes: when a third of the lies were told, and the most after that.
    """

    wanted: int
    told: int
    unanswered: int
    status: int
    memory_mb: tuple[float, float]
    log: list[str]
    witness: str | None
    # Why the lying ended early, if it did.
    gone: str | None = None


def faults_of_return(guest: str, memory: Memory, account: str, balance: int) -> list[str]:
    """What is wrong with how the city knows a guest who was here before."""
    faults = []
    if account != memory.account:
        faults.append(f"{guest} was {memory.account} and came back as {account}")
    low, high = memory.balance - memory.owed, memory.balance + memory.hoped
    if not low <= balance <= high:
        faults.append(
            f"{guest} was told of {memory.balance} crystals and came back with {balance}, not {low} to {high}"
        )
    return faults


def faults_of_books(audited: Audited, confirmed: int) -> list[str]:
    """What is wrong with the books, with `confirmed` receipts in the file they were held against."""
    wanted = {"confirmed": confirmed, "stored": confirmed, "lost": 0, "doubled": 0, "balanced": True, "first": None}
    figures = audited.figures
    faults = [
        f"audit: {name} is {figures.get(name)!r}, not {value!r}"
        for name, value in wanted.items()
        if figures.get(name) != value
    ]
    return faults + ([f"audit: exit status {audited.status}"] if audited.status else [])


def faults_of_tally(tally: Tally) -> list[str]:
    """A round in which nothing was confirmed proves nothing."""
    return [f"nothing was {what}" for what, count in tally._asdict().items() if count < 1]


def faults_of_end(end: signal.Signals, status: int, unheard: int) -> list[str]:
    """What is wrong with how the city went. Told to close, it answers everybody first: nothing stays unheard."""
    if end == signal.SIGKILL:
        return [] if status == -end else [f"it ended with status {status} before it was killed"]
    return faults_among(
        (status, f"it closed with exit status {status}"),
        (unheard, f"{unheard} deeds were stored and never told, with everybody there"),
    )


def faults_of_log(text: str) -> list[str]:
    """What a city may never have to say, whatever it was told: the first lines of it."""
    return [line.strip()[:200] for line in text.splitlines() if any(word in line for word in _NEVER_SAID)][:_SHOWN]


def faults_of_siege(siege: Besieged) -> list[str]:
    """What is wrong with a city that was lied to."""
    early, late = siege.memory_mb
    return [f"the log tells: {line}" for line in siege.log] + faults_among(
        (
            siege.told < siege.wanted,
            f"{siege.told} of {siege.wanted} lies were told: the city was gone ({siege.gone})",
        ),
        (siege.unanswered, f"{siege.unanswered} liars were never answered"),
        (siege.status, f"it closed with exit status {siege.status}"),
        (
            late > early * MEMORY_TIMES_MAX,
            f"memory: {early:.1f} MB became {late:.1f} MB, at most {MEMORY_TIMES_MAX:g} times is wanted",
        ),
        (siege.witness, f"a guest who did nothing wrong was {siege.witness}"),
    )
