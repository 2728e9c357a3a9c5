"""The search finds the knee of a machine, believes no single run, and always ends."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.capacity.search import LEAST, RUNS_MAX, WITHIN, Bounds, Outcome, Search
from tests.loadtest.capacity.machines import searched, up_to

HELD, FAILED, SATURATED, UNUSABLE = Outcome.HELD, Outcome.FAILED, Outcome.SATURATED, Outcome.UNUSABLE


@pytest.mark.parametrize("knee", [10, 57, 499, 500, 501, 2_000, 3_950, 9_999, 19_999])
def test_the_knee_is_found_within_a_twentieth_and_both_sides_of_it_are_run_again(knee: int) -> None:
    search = Search(Bounds(500, 20_000))
    runs = Counter(searched(search, up_to(knee)))
    fails = search.fails
    assert fails is not None
    assert search.holds <= knee < fails
    assert fails - search.holds <= max(1, WITHIN * search.holds)
    assert (runs[search.holds], runs[fails], search.settled) == (2, 2, True)
    assert search.why(fails) is FAILED


def test_it_goes_up_by_doubling_and_in_by_halves() -> None:
    crowds = searched(Search(Bounds(500, 20_000, repeats=1)), up_to(3_900))
    assert crowds == [500, 1_000, 2_000, 4_000, 3_000, 3_500, 3_750, 3_870]


def test_a_machine_that_holds_all_that_was_asked_for_is_run_again_at_that() -> None:
    search = Search(Bounds(500, 1_500))
    assert searched(search, up_to(10**6)) == [500, 1_000, 1_500, 1_500]
    assert (search.holds, search.fails, search.settled) == (1_500, None, True)


def test_a_machine_that_holds_nobody_is_asked_for_fewer_until_there_is_no_crowd() -> None:
    search = Search(Bounds(500, 20_000))
    crowds = searched(search, up_to(0))
    assert crowds == [500, 250, 125, 62, 31, 15, 10, 10]
    assert (search.holds, search.settled) == (0, False)
    assert min(crowds) >= LEAST


def test_a_single_unlucky_run_does_not_lower_the_answer() -> None:
    search = Search(Bounds(500, 20_000))
    searched(search, lambda bots, attempt: FAILED if (bots, attempt) == (2_000, 1) else up_to(3_900)(bots, attempt))
    assert search.holds > 3_700
    assert search.attempts(2_000) == 3


def test_a_single_lucky_run_does_not_raise_it() -> None:
    search = Search(Bounds(500, 20_000))
    searched(search, lambda bots, attempt: HELD if (bots, attempt) == (4_000, 1) else up_to(3_500)(bots, attempt))
    assert 3_300 < search.holds <= 3_500


def test_bots_that_ran_out_of_processor_first_are_told_apart_from_a_city_that_did() -> None:
    search = Search(Bounds(500, 20_000))
    searched(search, lambda bots, _: HELD if bots <= 2_600 else SATURATED)
    assert search.fails is not None
    assert search.why(search.fails) is SATURATED


def test_what_could_not_be_run_is_not_tried_again() -> None:
    search = Search(Bounds(500, 20_000, repeats=9))
    runs = Counter(searched(search, lambda bots, _: HELD if bots <= 5_000 else UNUSABLE))
    assert max(count for bots, count in runs.items() if bots > 5_000) == 1


@given(
    st.integers(LEAST, 20_000),
    st.integers(0, 25_000),
    st.integers(1, 9),
    st.lists(st.sampled_from(Outcome), max_size=40),
)
def test_it_always_ends_whatever_the_machine_does(start: int, knee: int, repeats: int, noise: list[Outcome]) -> None:
    search, left = Search(Bounds(start, 20_000, repeats)), iter(noise)
    crowds = searched(search, lambda bots, attempt: next(left, up_to(knee)(bots, attempt)))
    assert 1 <= len(crowds) <= RUNS_MAX
    assert all(LEAST <= bots <= 20_000 for bots in crowds)
    assert search.fails is None or search.holds < search.fails
