"""Chance is the same everywhere and every time."""

from hypothesis import given
from hypothesis import strategies as st

from world.rng import Randomness, Stream

STATES = st.integers(0, 2**64 - 1)


def test_the_bits_are_those_of_splitmix64() -> None:
    # The test vector that implementations of the algorithm share.
    stream = Stream(1234567)
    assert [stream.bits() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_a_stream_is_its_seed_zone_and_name() -> None:
    firsts = {
        Randomness(seed, zone).stream(name).bits() for seed in (1, 11) for zone in (0, 1) for name in ("join", "hosts")
    }
    assert len(firsts) == 8
    assert Randomness(1, 0).stream("join").bits() == Randomness(1, 0).stream("join").bits()


def test_one_stream_does_not_shift_another() -> None:
    alone, both = Randomness(1, 0), Randomness(1, 0)
    both.stream("hosts").bits()
    assert alone.stream("join").bits() == both.stream("join").bits()


def test_a_stream_for_once_is_the_same_each_time_and_leaves_no_state() -> None:
    chance = Randomness(1, 0)
    assert chance.once("show.dawn.1").bits() == chance.once("show.dawn.1").bits()
    assert chance.states() == []
    assert chance.once("join").bits() == chance.stream("join").bits()


def test_the_states_are_listed_by_name() -> None:
    chance = Randomness(1, 0)
    chance.stream("join")
    before = chance.states()
    chance.stream("hosts").bits()
    assert [name for name, _ in chance.states()] == ["hosts", "join"]
    assert chance.states()[1:] == before


@given(STATES, st.integers(1, 2**32))
def test_a_number_is_below_its_bound(state: int, bound: int) -> None:
    assert 0 <= Stream(state).below(bound) < bound


@given(STATES, st.integers(-1000, 1000), st.integers(0, 1000))
def test_a_number_is_between_its_bounds(state: int, low: int, span: int) -> None:
    assert low <= Stream(state).between(low, low + span) <= low + span


def test_every_number_comes_up_about_as_often() -> None:
    stream = Stream(1)
    drawn = [stream.below(6) for _ in range(6000)]
    assert all(900 < drawn.count(face) < 1100 for face in range(6))
