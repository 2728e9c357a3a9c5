"""What is in the air is counted up to the tick it ends in, and a digest stands for it."""

from hypothesis import given
from hypothesis import strategies as st

from world.sky import Sky

LIT = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 60)), max_size=40)


def test_a_firework_is_in_the_air_up_to_and_including_its_end() -> None:
    sky = Sky()
    sky.add(0, 5)
    sky.add(0, 7)
    assert [sky.in_air(tick) for tick in range(4, 9)] == [2, 2, 1, 1, 0]


def test_what_is_over_is_forgotten_though_nobody_asks() -> None:
    sky = Sky()
    for tick in range(1000):
        sky.add(tick, tick + 2)
    assert len(sky) == 3


@given(LIT)
def test_it_counts_what_has_not_ended(lit: list[tuple[int, int]]) -> None:
    sky, ends, tick = Sky(), [], 0
    for wait, lasts in lit:
        tick += wait
        sky.add(tick, tick + lasts)
        ends.append(tick + lasts)
        assert sky.in_air(tick) == sum(end >= tick for end in ends)


def test_the_digest_stands_for_what_was_lit_whether_anybody_counted_or_not() -> None:
    counted, uncounted, other = Sky(), Sky(), Sky()
    for sky, end in ((counted, 5), (uncounted, 5), (other, 6)):
        sky.add(0, end)
    assert counted.in_air(9) == 0
    assert counted.digest() == uncounted.digest() != other.digest()
    assert Sky().digest() != counted.digest()
