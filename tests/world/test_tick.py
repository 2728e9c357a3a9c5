"""One tick: the order of things, what happens to mistakes, and that everybody moves exactly once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.hamlet import EAST, RUN, SPAWN_NAMES, WEST, Hamlet, config, intent, packed, space
from world import catalogue
from world.digest import digest
from world.event import Command, Event, Only, Refused, Telling
from world.events.arrive import Arrive
from world.events.join import Join
from world.events.leave import Leave
from world.events.say import Said, Say
from world.events.sit import Sit
from world.events.wave import Wave
from world.state import World
from world.tick import Batch, Issued, step

ME = 5


class Break(Command, frozen=True):
    """A deed whose rule is broken."""

    when: str


class Broken(Event, frozen=True):
    """What a broken rule told before it broke."""


def break_down(world: World, actor: int, command: Break) -> Telling:
    if command.when == "before":
        raise ZeroDivisionError
    yield Only(actor), Broken()
    raise Refused("too_late") if command.when == "late" else ZeroDivisionError


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue with one more deed in it: the broken one."""
    command: type[Command] = Break
    monkeypatch.setitem(catalogue.RULES, command, catalogue.Deed("break", Break, break_down, False))


def test_commands_come_before_moves_and_moves_before_the_step() -> None:
    world = World(config(), 0, space())
    outcome = step(world, 1, Batch([Issued(ME, 0, Join("Ada", spawn="well"))], packed([intent(ME, 1, EAST)])))
    mine = outcome.snapshot[outcome.snapshot["entity"] == ME][0]
    assert (mine["x"] - 1000, mine["input"]) == (430, 1)


def test_commands_are_obeyed_in_order_of_arrival() -> None:
    hamlet = Hamlet()
    outcome = hamlet.step(
        Issued(ME, 1, Say("before")),
        Issued(ME, 2, Join("Ada")),
        Issued(ME, 3, Say("here")),
        Issued(ME, 4, Leave()),
        Issued(ME, 5, Say("after")),
    )[0]
    assert [told.event for told in outcome.told] == [Said(ME, "here")]
    assert [(no.number, no.deed, no.reason) for no in outcome.refused] == [
        (1, "say", "not_here"),
        (5, "say", "not_here"),
    ]
    assert ME not in outcome.snapshot["entity"]


@pytest.mark.usefixtures("breaking")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_rule_costs_its_command_and_nothing_else(when: str) -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    issued = Issued(ME, 2, Break(when))
    outcome = hamlet.step(Issued(ME, 1, Say("one")), issued, Issued(ME, 3, Say("two")))[0]
    assert [told.event for told in outcome.told] == [Said(ME, "one"), Said(ME, "two")]
    assert [(fault.position, fault.issued, type(fault.error)) for fault in outcome.faults] == [
        (1, issued, ZeroDivisionError)
    ]
    assert ME in outcome.snapshot["entity"]


@pytest.mark.usefixtures("breaking")
def test_what_a_refused_rule_wanted_to_tell_is_not_told() -> None:
    outcome = Hamlet().do(ME, Break("late"))
    assert outcome.told == []
    assert [no.reason for no in outcome.refused] == ["too_late"]


def test_a_command_that_is_in_no_catalogue_is_our_fault() -> None:
    outcome = Hamlet().do(ME, Break("before"))
    assert [fault.position for fault in outcome.faults] == [0]


@pytest.mark.parametrize(
    "command",
    [
        Join("Ada"),
        Join("Ada", spawn="nowhere"),
        Say("\n"),
        Say(" "),
        Say("too often"),
        Wave("left"),
        Sit(),
        Arrive(b"", 1, "Ada", {}),
    ],
    ids=repr,
)
def test_a_refused_rule_has_changed_nothing(command: Command) -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.step(*(Issued(ME, 0, Say("hi")) for _ in range(8)), Issued(ME, 0, Sit()))
    hamlet.step(Issued(ME, 0, Wave("left")), Issued(ME, 0, Wave("left")))
    hamlet.west.tick += 1
    before = digest(hamlet.west)
    with pytest.raises(Refused):
        list(catalogue.RULES[type(command)].apply(hamlet.west, ME, command))
    assert digest(hamlet.west) == before


def test_a_tick_never_goes_back() -> None:
    world = World(config(), 0, space())
    step(world, 10, Batch())
    with pytest.raises(AssertionError):
        step(world, 10, Batch())
    assert step(world, 20, Batch()).tick == world.tick == 20


def test_profiles_of_newcomers_are_in_the_outcome_once() -> None:
    hamlet = Hamlet()
    assert [each.name for each in hamlet.do(ME, Join("Ada")).profiles] == ["Ada", "Crier"]
    assert hamlet.step()[0].profiles == []


def test_who_crosses_the_border_is_in_exactly_one_snapshot_of_every_tick() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "border")
    zones, xs = [], []
    for number in range(1, 31):
        outcomes = hamlet.step(moves=[intent(ME, number, EAST, RUN)])
        seen = [
            (outcome_zone, int(row["x"]) - 1000 + 4000 * outcome_zone)
            for outcome_zone, outcome in enumerate(outcomes)
            for row in outcome.snapshot
            if row["entity"] == ME
        ]
        assert len(seen) == 1
        zones.append(seen[0][0])
        xs.append(seen[0][1])
    assert xs == [3800 + 30 * number for number in range(1, 31)]
    assert zones == [0] * 7 + [1] * 23


def test_who_has_left_the_zone_is_nobody_here_any_more() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "border")
    hamlet.go(ME, EAST, 7)
    assert [no.reason for no in hamlet.do(ME, Say("hi")).refused] == ["not_here"]
    assert ME not in hamlet.west.profiles
    assert ME in hamlet.east.profiles


def test_many_cross_at_once_in_both_directions() -> None:
    hamlet = Hamlet()
    eastwards, westwards = range(10, 40), range(50, 80)
    for entity in eastwards:
        hamlet.join(entity, "border")
    for entity in westwards:
        hamlet.join(entity, "pond", zone=1)
    moves = [intent(entity, 1, EAST) for entity in eastwards] + [intent(entity, 1, WEST) for entity in westwards]
    hamlet.step(moves=moves)
    for _ in range(20):
        hamlet.step()
    assert all(hamlet.east.row(entity) is not None for entity in eastwards)
    assert all(hamlet.west.row(entity) is not None for entity in westwards)
    assert hamlet.west.count == 30 + 1


ENTITIES = st.integers(1, 6)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(Join, st.just("Ada"), st.just({}), st.sampled_from([None, *SPAWN_NAMES])),
    st.just(Leave()),
    st.builds(Say, st.text(min_size=1, max_size=3)),
    st.builds(Wave, st.just("left")),
    st.just(Sit()),
)
MOVES = st.tuples(
    ENTITIES, st.integers(0, 3), st.integers(0, 255), st.integers(0, 255), st.integers(0, 3), st.integers(0, 2)
)
TICKS = st.lists(
    st.tuples(st.integers(0, 1), st.lists(st.builds(Issued, ENTITIES, st.integers(0, 9), COMMANDS)), st.lists(MOVES)),
    max_size=12,
)


@given(TICKS)
@settings(max_examples=50)
def test_whatever_is_wished_the_tick_goes_on_and_can_be_replayed(
    ticks: list[tuple[int, list[Issued], list[tuple[int, ...]]]],
) -> None:
    hamlets = [Hamlet(), Hamlet()]
    for zone, issued, moves in ticks:
        outcomes = [hamlet.step(*issued, moves=moves, zone=zone) for hamlet in hamlets]
        for outcome in outcomes[0]:
            assert outcome.faults == []
            assert len(set(outcome.snapshot["entity"].tolist())) == len(outcome.snapshot)
        assert [digest(world) for world in hamlets[0].worlds] == [digest(world) for world in hamlets[1].worlds]
