"""The peers' plaza walks like the city, forgets who left, and tells everybody in twelve bytes."""

import numpy as np
import pytest

from loadtest.peers.python.plaza import RECORD, SIDE_CM, Plaza


def told(plaza: Plaza) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    return np.frombuffer(plaza.packed(), RECORD)


def test_a_record_is_twelve_bytes() -> None:
    assert RECORD.itemsize == 12


@pytest.mark.parametrize(("steer", "x", "z"), [(0, 5000, 5180), (64, 5180, 5000), (128, 5000, 4820), (192, 4820, 5000)])
def test_a_walk_of_a_second_is_1_8_metres_clockwise_from_north(steer: int, x: int, z: int) -> None:
    plaza = Plaza()
    plaza.move(plaza.enter(5000, 5000), steer, 1)
    for _ in range(10):
        plaza.step(0.1)
    (body,) = told(plaza)
    assert (body["x"], body["z"], body["heading"], body["animation"]) == (x, z, steer, 1)


def test_nobody_leaves_the_plaza_on_foot() -> None:
    plaza = Plaza()
    plaza.move(plaza.enter(SIDE_CM + 50, 10), 64, 2)
    plaza.step(1)
    (body,) = told(plaza)
    assert body["x"] == SIDE_CM


def test_who_has_left_is_not_told_of_and_makes_room() -> None:
    plaza = Plaza()
    first, second = plaza.enter(1, 1), plaza.enter(2, 2)
    plaza.leave(first)
    assert told(plaza)["id"].tolist() == [second]
    assert plaza.enter(3, 3) == first


def test_a_place_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="centimetres"):
        Plaza().enter(float("nan"), 0)
