"""Which of its set a viewer is shown at each level: the nearest always, everybody in turn, nobody who is not there."""

import numpy as np
import pytest

from protocol.frames import FrameTable, begin_frames
from protocol.limits import FRAME_NEAREST, INTEREST_MAX
from server.detail import BY_LEVEL, WHOLE, Detail
from server.entities import SLOT_MASK
from server.views import Views
from tests.fakes import Body, scene_of
from world.interest import Interest, Sight

ME = np.array([1], np.int32)


def views_of(bodies: list[Body], viewers: list[int]) -> Views:
    scene = scene_of(bodies)
    interest = Interest(1 << 10, Sight(refresh_ticks=1))
    interest.refresh(1, np.array(viewers, np.int32), scene.crowd())
    return Views(scene, interest)


def row(count: int) -> list[Body]:
    """People in a row, a metre apart, the viewer at its end."""
    return [Body(slot, 1000 + slot * 100, 1000) for slot in range(1, count + 1)]


def show(views: Views, tick: int, detail: Detail) -> tuple[int, FrameTable]:
    """How many my frame shows, and the frame."""
    table = begin_frames(1, FRAME_NEAREST + detail.far_records)
    return int(views.show(tick, ME, detail, table)[0]), table


def slots(shown: tuple[int, FrameTable]) -> list[int]:
    """Whom my frame shows."""
    count, table = shown
    records = table.records[0, :count]
    found: list[int] = (records["entity"] & SLOT_MASK).tolist()
    return found


@pytest.mark.parametrize("detail", BY_LEVEL)
def test_the_nearest_are_in_every_frame_and_everybody_comes_in_turn(detail: Detail) -> None:
    views = views_of(row(INTEREST_MAX + 20), [1])
    frames = [slots(show(views, detail.ticks_per_frame * turn, detail)) for turn in range(detail.turns)]
    assert all(len(set(frame)) == FRAME_NEAREST + detail.far_records for frame in frames)
    assert all(set(range(2, FRAME_NEAREST + 2)) <= set(frame) for frame in frames)
    assert set().union(*frames) == set(range(2, INTEREST_MAX + 2))


@pytest.mark.parametrize("detail", BY_LEVEL)
def test_a_set_that_fits_a_frame_is_in_it_whole(detail: Detail) -> None:
    others = FRAME_NEAREST + detail.far_records
    views = views_of(row(others + 1), [1])
    for tick in range(0, 40, detail.ticks_per_frame):
        assert slots(show(views, tick, detail)) == list(range(2, others + 2))


def test_offsets_are_exact_to_the_last_centimetre_that_can_be_told_and_beyond_it_nobody_is_shown() -> None:
    # On both sides of 2**15, and some of them below 0, so that places wrap round 2**16.
    for x, z in ((31_500, 32_300), (39_000, 38_999), (32_767, 32_768)):
        me = Body(1, x, z, y=-30)
        edge, beyond = Body(2, x - 32_000, z, y=40), Body(3, x, z - 33_200)
        views = views_of([me, Body(4, x + 1, z - 1, heading=7, animation=9), edge, beyond], [1])
        views._interest.sets[1, :3] = [2, 3, 4]
        shown = show(views, 2, WHOLE)
        assert slots(shown) == [2, 4]
        records = shown[1].records[0, :2]
        assert records.tolist() == [(edge.entity, -32_000, 70, 0, 0, 0), (4 | 1 << 17, 1, 30, -1, 7, 9)]


def test_each_viewer_has_its_own_truth_in_the_header() -> None:
    views = views_of([Body(1, 10, 20, 30), Body(2, 40, 50, 60, input=7)], [1, 2])
    table = begin_frames(2, FRAME_NEAREST)
    views.head(99, np.array([1, 2], np.int32), 2, table)
    headers = table.headers
    assert headers["x"].tolist() == [10, 40]
    assert headers["input"].tolist() == [0, 7]
    assert set(headers["shed"].tolist()) == {2}
