"""Rows come, go and move, and every entity keeps its own fields."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from world.columns import HANDOVER_DTYPE, HANDOVER_NAMES, SLOTS, Columns

# A few slots and generations, so that they meet; enough entities to grow past the first capacity.
ENTITIES = st.builds(lambda slot, generation: (generation << 17) | slot, st.integers(1, 150), st.integers(0, 2))


class AgainstADict(RuleBasedStateMachine):
    """Columns must do what a dict of records does, whatever is added and removed in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = Columns()
        self.model: dict[int, tuple[int, int]] = {}

    @rule(entities=st.lists(ENTITIES, max_size=60), x=st.integers(-(2**31), 2**31 - 1), heading=st.integers(0, 255))
    def add(self, entities: list[int], x: int, heading: int) -> None:
        for entity in entities:
            taken = entity % SLOTS in {known % SLOTS for known in self.model}
            assert self.columns.taken(entity) == taken
            if not taken:
                row = self.columns.add(entity)
                self.columns.x[row], self.columns.heading[row] = x, heading
                self.model[entity] = x, heading

    @rule(which=st.lists(st.integers(0, 10_000), max_size=40))
    def remove(self, which: list[int]) -> None:
        for number in which:
            if self.model:
                entity = list(self.model)[number % len(self.model)]
                row = self.columns.row(entity)
                assert row is not None
                self.columns.remove(row)
                del self.model[entity]

    @rule(entities=st.lists(ENTITIES, max_size=20))
    def look_up(self, entities: list[int]) -> None:
        rows = self.columns.rows(np.array(entities, np.uint32))
        assert [row >= 0 for row in rows] == [entity in self.model for entity in entities]
        assert all(self.columns.entity[row] == entity for row, entity in zip(rows, entities, strict=True) if row >= 0)

    @invariant()
    def everybody_is_there(self) -> None:
        columns = self.columns
        assert columns.count == len(self.model) <= columns.capacity
        assert sorted(columns.array("entity").tolist()) == sorted(self.model)
        for entity, (x, heading) in self.model.items():
            row = columns.row(entity)
            assert row is not None
            assert (columns.x[row], columns.heading[row], columns.say_debt[row]) == (x, heading, 0)


TestAgainstADict = AgainstADict.TestCase
TestAgainstADict.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def test_a_new_row_is_all_zeros_whoever_had_it_before() -> None:
    columns = Columns()
    row = columns.add(1)
    for name in columns.NAMES[1:]:
        columns.array(name)[row] = 1
    columns.remove(row)
    row = columns.add(2)
    assert [int(columns.array(name)[row]) for name in columns.NAMES] == [2] + [0] * (len(columns.NAMES) - 1)


def test_a_handover_carries_all_but_what_is_derived() -> None:
    assert set(Columns.NAMES) - set(HANDOVER_NAMES) == {"animation"}
    assert HANDOVER_DTYPE.names == HANDOVER_NAMES


def test_a_packed_row_is_written_back_the_same() -> None:
    here, there = Columns(), Columns()
    row = here.add(5)
    for number, name in enumerate(HANDOVER_NAMES[1:], 3):
        here.array(name)[row] = number
    packed = here.packed(row)
    assert len(packed) == HANDOVER_DTYPE.itemsize
    there.add(9)
    to = there.add(5)
    there.write(to, np.frombuffer(packed, HANDOVER_DTYPE)[0])
    assert there.packed(to) == packed


def test_the_row_of_another_generation_is_not_found() -> None:
    columns = Columns()
    columns.add(5)
    assert columns.row((1 << 17) | 5) is None
    assert columns.rows(np.array([(1 << 17) | 5, 5, 6], np.uint32)).tolist() == [-1, 0, -1]


@pytest.mark.parametrize("entity", [0, 5, (1 << 17) | 5])
def test_a_mistake_of_ours_is_caught(entity: int) -> None:
    columns = Columns()
    columns.add(5)
    with pytest.raises(AssertionError):
        columns.add(entity)
