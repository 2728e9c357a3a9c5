"""A copy of a zone misses nothing and shares nothing that changes, whatever is added to the world."""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.world import rerun
from tests.world.hamlet import Hamlet
from world.digest import digest
from world.parts import Part, copied, is_record
from world.state import World
from world.tick import Batch, Outcome, step

SEED, TICKS = 4, 200
IN_THE_MIDST = 30


class Bag(Part):
    """Whatever a test puts in."""

    def __init__(self, **things: Any) -> None:
        self.__dict__ |= things


class Slotted(Part):
    """Like a stream of chance."""

    __slots__ = ("state",)

    def __init__(self, state: list[int]) -> None:
        self.state = state


class Mutable(msgspec.Struct):
    """A record that is none."""

    x: int


def lively(monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The hamlet in the midst of a rain, with deeds that wait for the books."""
    hamlets: list[Hamlet] = []

    def remembered(seed: int, comfortable: int) -> Hamlet:
        hamlets.append(Hamlet(seed, comfortable))
        return hamlets[0]

    monkeypatch.setattr(rerun, "Hamlet", remembered)
    rerun.run(SEED, IN_THE_MIDST)
    (hamlet,) = hamlets
    assert len(hamlet.west.pending)
    assert len(hamlet.west.crystals)
    return hamlet


def shared(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    """Everything that both have and either could change."""
    if is_record(type(ours)):
        return
    if ours is theirs or (isinstance(ours, np.ndarray) and np.shares_memory(ours, theirs)):
        yield path
        return
    if isinstance(ours, Part):
        names = vars(ours) if hasattr(ours, "__dict__") else ours.__slots__
        pairs = {name: (getattr(ours, name), getattr(theirs, name)) for name in names if name not in ours.SHARED}
    elif isinstance(ours, dict):
        pairs = {str(key): (value, theirs[key]) for key, value in ours.items()}
    else:
        pairs = {str(place): pair for place, pair in enumerate(zip(ours, theirs, strict=True))}
    for name, pair in pairs.items():
        yield from shared(f"{path}.{name}", *pair)


def told(outcome: Outcome) -> list[object]:
    return [part.tobytes() if isinstance(part, np.ndarray) else part for part in outcome]


def test_a_copy_of_any_moment_goes_on_as_the_original_and_leaves_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = rerun.run(SEED, TICKS)

    def both(world: World, tick: int, batch: Batch) -> Outcome:
        twin = world.copy()
        theirs = step(twin, tick, batch)
        ours = step(world, tick, batch)
        assert told(theirs) == told(ours)
        assert digest(twin) == digest(world)
        return ours

    monkeypatch.setattr("tests.world.hamlet.step", both)
    assert rerun.run(SEED, TICKS) == alone


def test_a_copy_shares_nothing_with_the_original_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    for world in lively(monkeypatch).worlds:
        assert list(shared("world", world, world.copy())) == []


def test_a_copy_shares_what_never_changes() -> None:
    world = Hamlet().west
    twin = world.copy()
    assert all(getattr(twin, name) is getattr(world, name) for name in World.SHARED)


def test_whatever_holds_other_things_is_copied_with_them() -> None:
    bag = Bag(
        of={1: [1, 2], 2: {3}},
        sides=deque([np.zeros(2)]),
        counts=Counter(a=1),
        inner=Bag(names=["a"]),
        number=7,
        pair=(1, "x"),
    )
    twin = bag.copy()
    assert list(shared("bag", bag, twin)) == []
    twin.__dict__["of"][1].append(3)
    twin.__dict__["counts"]["b"] += 1
    assert vars(bag)["of"] == {1: [1, 2], 2: {3}}
    assert isinstance(vars(twin)["counts"], Counter)
    assert (vars(twin)["number"], vars(twin)["pair"]) == (7, (1, "x"))


def test_the_search_for_what_is_shared_finds_it() -> None:
    array = np.zeros(4)
    assert list(shared("bag", Bag(at=[array]), Bag(at=[array[1:]]))) == ["bag.at.0"]


def test_a_part_with_slots_is_copied_by_its_slots() -> None:
    part = Slotted([5])
    twin = part.copy()
    twin.state.append(6)
    assert part.state == [5]


@pytest.mark.parametrize("unknown", [object(), Mutable(1), [object()], {1: Mutable(1)}, iter(())])
def test_a_kind_that_nobody_knows_how_to_copy_is_an_error_at_once(unknown: Any) -> None:
    with pytest.raises(TypeError, match=r"say in world\.parts how to copy"):
        copied(unknown)
