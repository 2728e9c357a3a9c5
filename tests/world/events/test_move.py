"""Intents: the last fresh one of a tick counts, whatever else arrives."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import frames
from tests.world.hamlet import EAST, RUN, STAND, WALK, Hamlet, intent, packed
from world.event import Refusal
from world.events.halt import Halt
from world.events.move import JUMP, MOVE_DTYPE, Move, MoveTally, apply_all
from world.motion import STAND as STAND_GAIT
from world.tick import Batch, Issued, step

ME, OTHER = 5, 6
LAST = 2**32 - 1


def joined() -> Hamlet:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.join(OTHER)
    return hamlet


def test_the_layout_is_an_entity_and_the_wire_s_intent() -> None:
    assert MOVE_DTYPE.itemsize == 4 + frames.INTENT.size
    move = np.frombuffer((9).to_bytes(4, "little") + frames.pack_intent(7, 64, 65, frames.GAIT_RUN, True), MOVE_DTYPE)
    assert move[0].tolist() == (9, 7, 64, 65, RUN, JUMP)
    assert (STAND_GAIT, frames.INTENT_JUMP) == (frames.GAIT_STAND, JUMP)


def test_the_last_intent_of_a_tick_wins_and_a_jump_is_kept() -> None:
    hamlet = joined()
    moves = [intent(ME, 1, EAST, RUN, JUMP), intent(OTHER, 1), intent(ME, 2, 3, WALK)]
    outcome = hamlet.step(moves=moves)[0]
    assert outcome.moves == MoveTally(applied=3, unknown=0, stale=0, refused=0)
    assert [hamlet.state(ME, name) for name in ("input", "steer", "heading", "gait")] == [2, 3, 3, WALK]
    assert hamlet.state(ME, "grounded") == 0


def test_an_unknown_entity_is_counted_and_ignored() -> None:
    hamlet = joined()
    same_slot = (3 << 17) | ME
    tally, refusals = apply_all(hamlet.west, packed([intent(99, 1), intent(same_slot, 1), intent(0, 1)]))
    assert tally == MoveTally(applied=0, unknown=3, stale=0, refused=0)
    assert refusals == []


def test_a_stale_intent_changes_nothing() -> None:
    hamlet = joined()
    hamlet.step(moves=[intent(ME, 10, EAST, WALK)])
    outcome = hamlet.step(moves=[intent(ME, 10, 1, RUN, JUMP), intent(ME, 9, 2, RUN)])[0]
    assert outcome.moves == MoveTally(applied=0, unknown=0, stale=2, refused=0)
    assert [hamlet.state(ME, name) for name in ("input", "steer", "gait", "grounded")] == [10, EAST, WALK, 1]


def test_input_numbers_wrap() -> None:
    hamlet = joined()
    hamlet.step(moves=[intent(ME, LAST)])
    assert hamlet.step(moves=[intent(ME, 0), intent(ME, LAST)])[0].moves == MoveTally(1, 0, 1, 0)
    assert hamlet.state(ME, "input") == 0


@pytest.mark.parametrize("first", [0, 1, 2**31, LAST])
def test_the_first_intent_may_bear_any_number(first: int) -> None:
    hamlet = joined()
    assert hamlet.step(moves=[intent(ME, first)])[0].moves.applied == 1
    assert hamlet.state(ME, "input") == first


def test_after_a_halt_the_numbers_may_start_anew() -> None:
    hamlet = joined()
    hamlet.step(moves=[intent(ME, 500)])
    hamlet.do(ME, Halt())
    assert hamlet.step(moves=[intent(ME, 1)])[0].moves.applied == 1


def test_a_senseless_intent_is_refused_once_a_tick_with_its_field() -> None:
    hamlet = joined()
    moves = [intent(ME, 1, gait=3), intent(OTHER, 4, flags=2), intent(ME, 2, gait=9), intent(ME, 3, gait=WALK)]
    outcome = hamlet.step(moves=moves)[0]
    assert outcome.refused == [
        Refusal(ME, 1, "move", "out_of_range", "gait", "0 to 2"),
        Refusal(OTHER, 4, "move", "out_of_range", "flags", "0 or 1"),
    ]
    assert outcome.moves == MoveTally(applied=1, unknown=0, stale=0, refused=3)
    assert hamlet.state(ME, "gait") == WALK
    assert hamlet.state(OTHER, "gait") == STAND


def test_a_move_by_name_does_the_same() -> None:
    hamlet = joined()
    assert hamlet.do(ME, Move(input=3, steer=EAST, heading=9, gait=WALK, jump=True)).refused == []
    assert [hamlet.state(ME, name) for name in ("input", "steer", "heading", "gait")] == [3, EAST, 9, WALK]
    assert hamlet.state(ME, "grounded") == 0


def test_a_move_by_name_of_nobody_is_refused() -> None:
    assert [no.reason for no in joined().do(99, Move(1, 0, 0, WALK)).refused] == ["not_here"]


@pytest.mark.parametrize("field", [{"gait": 3}, {"steer": 256}, {"heading": -1}, {"input": 2**32}, {"jump": 1}])
def test_the_schema_refuses_what_is_out_of_range(field: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"input": 1, "steer": 0, "heading": 0, "gait": 1, **field}, Move)


NUMBERS = st.one_of(st.integers(0, 6), st.integers(LAST - 3, LAST), st.integers(0, LAST))
ROWS = st.tuples(
    st.sampled_from((ME, OTHER, 77)),
    NUMBERS,
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 4),
    st.integers(0, 3),
)


class OneByOne:
    """The rule for a single entity, taken literally: one intent after the other."""

    def __init__(self) -> None:
        self.last: int | None = None  # of the ticks before
        self.seen = [0, EAST, EAST, STAND]  # input, steer, heading, gait
        self.jump = False

    def tick(self, moves: list[tuple[int, ...]]) -> None:
        self.jump, ahead = False, 0
        for number, steer, heading, gait, flags in moves:
            if gait > RUN or flags > JUMP:
                continue
            base = self.last = number - 1 if self.last is None else self.last
            if not ahead < (number - base) % 2**32 < 2**31:
                continue
            ahead = (number - base) % 2**32
            self.seen = [number, steer, heading, gait]
            self.jump |= flags == JUMP
        if ahead:
            self.last = self.seen[0]


@given(st.lists(st.lists(ROWS, max_size=12), max_size=4))
def test_all_rows_at_once_is_the_same_as_one_by_one(ticks: list[list[tuple[int, ...]]]) -> None:
    hamlet = joined()
    models = {ME: OneByOne(), OTHER: OneByOne()}
    for moves in ticks:
        hamlet.west.tick += 1
        tally, refusals = apply_all(hamlet.west, packed(moves))
        assert sum(tally) == len(moves)
        assert len({no.entity for no in refusals}) == len(refusals) <= tally.refused
        for entity, model in models.items():
            model.tick([move[1:] for move in moves if move[0] == entity])
            assert [hamlet.state(entity, name) for name in ("input", "steer", "heading", "gait")] == model.seen
            assert hamlet.state(entity, "jump") == model.jump
            hamlet.west.columns.jump[hamlet.west.here(entity)] = 0


def test_a_batch_of_moves_for_an_empty_world_is_harmless() -> None:
    hamlet = Hamlet()
    outcome = step(hamlet.east, 1, Batch([Issued(2, 1, Halt())], packed([intent(1, 1)])))
    assert outcome.moves.unknown == 1
