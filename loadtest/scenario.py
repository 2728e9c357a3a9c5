"""A scenario: who comes, how fast, what they do there, and what has to hold; read from `scenarios/NAME.toml`."""

import math
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from loadtest.arrivals import Rules
from loadtest.behaviours import BEHAVIOURS
from loadtest.behaviours.base import Firework
from loadtest.troubles import TROUBLES

Positive = Annotated[float, Meta(gt=0, le=1e6)]
Share = Annotated[float, Meta(ge=0, le=1)]
# One process and its port range hold no more (loadtest/room.py); an hour of seconds is all a report can plot.
BOTS_MAX = 20_000
Bots = Annotated[int, Meta(ge=1, le=BOTS_MAX)]
Seconds = Annotated[float, Meta(ge=1, le=3600)]


class ScenarioError(Exception):
    """A scenario file that cannot be used: the message names file, key and what is allowed."""


class Join(Struct, frozen=True, forbid_unknown_fields=True):
    """How bots arrive: the first at once, the last after `over_s`; whoever has no frame after `timeout_s` is out.

    `measured` says that joining is itself what the scenario is about: measuring begins with the first bot.
    """

    over_s: Annotated[float, Meta(ge=0, le=600)]
    timeout_s: Annotated[float, Meta(gt=0, le=600)] = 60.0
    measured: bool = False


class Settle(Struct, frozen=True, forbid_unknown_fields=True):
    """What to wait for after the last join: `share` of all bots in the scenario's zone, `seconds_max` at most.

    `seconds_min` is waited in any case. A share of 0 waits for nothing else.
    """

    seconds_min: Annotated[float, Meta(ge=0, le=600)] = 3.0
    seconds_max: Annotated[float, Meta(ge=0, le=600)] = 60.0
    share: Share = 0.0


class Event(Struct, frozen=True, forbid_unknown_fields=True):
    """What the scenario is about, if it is not there all the time: before it a calm of `calm_s` is measured, too.

    `name` is an event of the city that is started through the ops port; without one, behaviours begin by themselves.
    """

    calm_s: Seconds
    name: Annotated[str, Meta(min_length=1, max_length=32)] | None = None


class Trouble(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong once the event begins: a kind of loadtest/troubles, and the share of all bots that make it."""

    kind: Annotated[str, Meta(min_length=1, max_length=32)]
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0

    def makers(self, bots: int) -> int:
        """How many make it, among so many bots or beside them."""
        return max(1, round(self.share * bots))


class Visit(Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody stays for ever while others wait: stays are drawn, exponentially, with this mean."""

    mean_s: Annotated[float, Meta(gt=0, le=600)]


class Budget(Struct, frozen=True, forbid_unknown_fields=True):
    """In the event the city's loop may take no more of the processor than `of_calm` times what it took in the calm."""

    of_calm: Annotated[float, Meta(gt=0, le=10)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """What has to hold for a run to pass; a limit that is not given is not checked.

    CPU per frame is only checked from `cpu_us_per_frame_from_bots` bots on: with few, it is the fixed cost of a tick
    shared by few frames, and says nothing. That everybody joins, nobody healthy is cut, and no bot finds a fault is
    always checked, and so is that the books agree with what bots were told, where they can be looked into.
    """

    all_joined_s_max: Positive | None = None
    mean_hz_min: Positive | None = None
    p01_hz_min: Positive | None = None
    gap_p99_ms_max: Positive | None = None
    # As a multiple of what it was in the calm before the event.
    gap_p99_of_calm_max: Positive | None = None
    rss_of_calm_max: Positive | None = None
    input_p99_ms_max: Positive | None = None
    settle_p99_ms_max: Positive | None = None
    # From being cut to the first frame in the old body.
    back_s_max: Positive | None = None
    # Of the estimates that were told to people who wait, those that were neither half nor double of what it took.
    estimates_within_2x_min: Share | None = None
    ticks_skipped_max: Annotated[int, Meta(ge=0)] | None = None
    # A load beyond the budget has to be noticed, and to be forgotten when it is over.
    shed_level_min: Annotated[int, Meta(ge=0, le=4)] | None = None
    recovery_s_max: Positive | None = None
    down_bytes_s_max: Positive | None = None
    cpu_us_per_frame_max: Positive | None = None
    cpu_us_per_frame_from_bots: Bots = 1
    # Above these the load generator was late itself, and what it calls a gap may be its own.
    generator_cpu_percent_max: Positive = 85.0
    generator_lag_p99_ms_max: Positive = 50.0
    rss_kb_per_client_max: Positive | None = None


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything one run is made of, apart from the server."""

    about: str
    bots: Bots
    seconds: Seconds
    zone: str
    behaviours: dict[str, Positive]
    join: Join
    settle: Settle = Settle()
    event: Event | None = None
    trouble: Trouble | None = None
    budget: Budget | None = None
    visit: Visit | None = None
    # Settings of a server of our own, by section; the server says itself what it does not know.
    server: dict[str, dict[str, bool | int | float | str]] = {}
    # Whether it is one of those that `loadtest all` runs in turn.
    storm: bool = False
    firework: Firework | None = None
    clusters: Annotated[int, Meta(ge=1, le=100)] = 12
    habits: dict[str, Positive] = {}
    rules: Rules = Rules()
    limits: Limits = Limits()
    # In place of `limits` where more come than there are places.
    crowded: Limits | None = None

    @property
    def settings(self) -> dict[str, bool | int | float | str]:
        """The settings of a server of our own, by their dotted keys."""
        return {f"{section}.{name}": value for section, keys in self.server.items() for name, value in keys.items()}

    @property
    def places(self) -> float:
        """How many people fit into a server of our own; without a setting, as many as come."""
        return float(self.settings.get("game.players_max", math.inf))

    def limits_for(self, bots: int) -> Limits:
        """What has to hold for so many."""
        return self.crowded if self.crowded and bots > self.places else self.limits


def scenario_names() -> list[str]:
    """The scenarios that come with the load test."""
    files = resources.files("loadtest").joinpath("scenarios").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_scenario(name: str) -> Scenario:
    """The scenario of that name, or of that file if it ends in `.toml`. Raises ScenarioError."""
    if name.endswith(".toml"):
        return read_scenario(Path(name))
    if name not in scenario_names():
        raise ScenarioError(f"no scenario {name!r}: there are {', '.join(scenario_names())}, or a file ending in .toml")
    with resources.as_file(resources.files("loadtest").joinpath("scenarios", f"{name}.toml")) as path:
        return read_scenario(path)


def read_scenario(path: Path) -> Scenario:
    """A scenario from a file. Raises ScenarioError."""
    try:
        scenario = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from None
    fault = _fault_in(scenario)
    if fault is not None:
        raise ScenarioError(f"{path}: {fault}")
    return scenario


def _fault_in(scenario: Scenario) -> str | None:
    """What does not fit together in a scenario: the key, and what is wanted."""
    unknown = sorted(set(scenario.behaviours) - set(BEHAVIOURS))
    if unknown or not scenario.behaviours:
        return f"behaviours: {', '.join(unknown) or 'none given'}; there are {', '.join(BEHAVIOURS)}"
    if "light" in scenario.behaviours and scenario.firework is None:
        return "firework: wanted where bots light one: kind, colours and cost"
    if scenario.join.measured and scenario.event is not None:
        return "event: only where join.measured is false, because a calm comes before it"
    if scenario.settle.seconds_min > scenario.settle.seconds_max:
        return f"settle.seconds_min: at most settle.seconds_max ({scenario.settle.seconds_max})"
    return _fault_in_storm(scenario)


def _fault_in_storm(scenario: Scenario) -> str | None:
    trouble = scenario.trouble
    if trouble is not None and trouble.kind not in TROUBLES:
        return f"trouble.kind: no {trouble.kind!r}; there are {', '.join(TROUBLES)}"
    for name, part in (("trouble", trouble), ("budget", scenario.budget)):
        if part is not None and scenario.event is None:
            return f"{name}: only with an event, because it is compared with the calm before it"
    if scenario.crowded is not None and scenario.places == math.inf:
        return "crowded: only with server.game.players_max, because otherwise all fit"
    if scenario.visit is not None and not scenario.join.measured:
        return "visit: only where join.measured is true: who leaves for others is not there to be measured later"
    return None
