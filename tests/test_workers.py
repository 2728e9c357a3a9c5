"""Which tests run beside which, and what becomes of their garbage."""

import gc
import weakref
from pathlib import Path

import pytest

from tests.garbage import freeze, garbage_of_its_own
from tests.workers import IN_REAL_TIME, LAST, comes_last, kept_with

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("place", IN_REAL_TIME)
def test_what_is_in_real_time_is_there_and_never_beside_another_of_its_kind(place: str) -> None:
    assert (ROOT / place).exists()
    assert kept_with(f"{place}::test_a") == kept_with(f"{IN_REAL_TIME[0]}test_b.py::test_b")


def test_the_tests_of_a_file_stay_together_and_files_do_not() -> None:
    ours, others = "tests/world/test_motion.py", "tests/world/test_space.py"
    assert kept_with(f"{ours}::test_a[1::2]") == kept_with(f"{ours}::test_b") != kept_with(f"{others}::test_a")


@pytest.mark.parametrize("place", LAST)
def test_what_comes_last_is_there_and_nothing_else_does(place: str) -> None:
    assert (ROOT / place).exists()
    assert comes_last(f"{place}::test_a")
    assert not comes_last("tests/world/test_motion.py::test_a")


class Loop:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


def test_what_a_test_freezes_is_thawed_and_collected_after_it() -> None:
    with garbage_of_its_own():
        freeze()
        loop = Loop()
        found = weakref.ref(loop)
        gc.freeze()
        del loop
        gc.collect()
        assert found() is not None
    assert found() is None
    assert gc.get_freeze_count() > 0


def test_what_is_thawed_in_a_test_is_frozen_again_after_it() -> None:
    with garbage_of_its_own():
        gc.unfreeze()
    assert gc.get_freeze_count() > 0


def test_what_a_test_leaves_behind_is_collected_after_it_and_what_stays_is_not_looked_at() -> None:
    freeze()
    frozen = gc.get_freeze_count()
    with garbage_of_its_own():
        found = weakref.ref(Loop())
        assert found() is not None
    assert found() is None
    # Some of what was frozen may be gone by itself; none of it was thawed.
    assert frozen / 2 < gc.get_freeze_count() <= frozen


def test_a_city_that_sets_the_collector_up_for_itself_does_so_for_none_after_it() -> None:
    before = gc.get_threshold()
    with garbage_of_its_own():
        gc.set_threshold(20_000, 10, 10)
    assert gc.get_threshold() == before
