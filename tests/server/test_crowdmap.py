"""The crowd map: heads per ten metres around a viewer, at the city's corners as in its middle."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import decode_server
from protocol.messages import Crowd
from server.crowdmap import BLOCK_CELLS, CELL_CM, FULL, WINDOW_CELLS, CrowdMap
from server.scene import Scene
from tests.fakes import Body, field, scene_of, snapshot

SIDE_CM = field().rect.width
CORNERS = [(0, 0), (0, SIDE_CM - 1), (SIDE_CM - 1, 0), (SIDE_CM - 1, SIDE_CM - 1), (SIDE_CM // 2, SIDE_CM // 2)]
places = st.tuples(st.integers(-900, SIDE_CM + 900), st.integers(-900, SIDE_CM + 900))


def crowd_map(bodies: list[Body], slot: int) -> Crowd:
    message = decode_server(CrowdMap(scene_of(bodies), tick=77).payloads_for(np.array([slot]))[0])
    assert isinstance(message, Crowd)
    assert (message.tick, message.cell, message.columns, message.rows) == (77, CELL_CM, WINDOW_CELLS, WINDOW_CELLS)
    return message


def cells(message: Crowd) -> dict[tuple[int, int], int]:
    """City cell -> heads, where there are any."""
    counts = np.frombuffer(message.counts, np.uint8).reshape(message.rows, message.columns)
    rows, columns = np.nonzero(counts)
    first = message.x // CELL_CM, message.z // CELL_CM
    return {
        (first[0] + column, first[1] + row): int(counts[row, column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    }


@given(others=st.lists(places, max_size=60), corner=st.sampled_from(CORNERS))
@settings(max_examples=60)
def test_every_cell_of_the_window_counts_who_stands_in_it_wherever_the_window_is(
    others: list[tuple[int, int]], corner: tuple[int, int]
) -> None:
    bodies = [Body(slot, x, z) for slot, (x, z) in enumerate([corner, *others], 1)]
    message = crowd_map(bodies, 1)
    truth = Counter((body.x // CELL_CM, body.z // CELL_CM) for body in bodies)
    inside = {
        cell: heads
        for cell, heads in truth.items()
        if message.x <= cell[0] * CELL_CM < message.x + WINDOW_CELLS * CELL_CM
        and message.z <= cell[1] * CELL_CM < message.z + WINDOW_CELLS * CELL_CM
    }
    assert cells(message) == inside


@given(place=places)
def test_a_window_reaches_at_least_sixty_metres_to_every_side_of_its_viewer(place: tuple[int, int]) -> None:
    message = crowd_map([Body(1, *place)], 1)
    reach = (WINDOW_CELLS - BLOCK_CELLS) // 2 * CELL_CM
    for at, low in zip(place, (message.x, message.z), strict=True):
        assert low + reach <= at < low + WINDOW_CELLS * CELL_CM - reach


def test_a_full_cell_says_full_and_does_not_wrap() -> None:
    bodies = [Body(slot, 50, 50) for slot in range(1, FULL + 30)]
    assert cells(crowd_map(bodies, 1)) == {(0, 0): FULL}


def test_viewers_who_stand_together_get_the_very_same_bytes() -> None:
    scene = scene_of([Body(1, 100, 100), Body(2, 3900, 3900), Body(3, 4100, 100)])
    maps = CrowdMap(scene, tick=1)
    first, second, other = maps.payloads_for(np.array([1, 2, 3]))
    assert first is second
    assert other is not first


@pytest.mark.parametrize(("slot", "seen"), [(1, {(0, 0): 2}), (3, {(0, 0): 1})])
def test_a_map_counts_only_the_viewers_own_layer(slot: int, seen: dict[tuple[int, int], int]) -> None:
    assert cells(crowd_map([Body(1, 1, 1), Body(2, 2, 2), Body(3, 3, 3, layer=1)], slot)) == seen


def test_a_map_counts_whom_the_viewer_sees_across_a_border() -> None:
    scene = Scene([field(0), field(1)])
    scene.merge([snapshot([Body(1, SIDE_CM - 1, 0, layer=1)]), snapshot([Body(2, SIDE_CM, 0)], number=1)])
    message = decode_server(CrowdMap(scene, tick=1).payloads_for(np.array([1]))[0])
    assert isinstance(message, Crowd)
    border = SIDE_CM // CELL_CM
    assert cells(message) == {(border - 1, 0): 1, (border, 0): 1}
