"""A snapshot says what is true, in twenty bytes a row."""

import numpy as np

from protocol import frames
from tests.world.hamlet import EAST, Hamlet
from world.city import ZONE_SIDE_M_MAX
from world.events.wave import Wave
from world.snapshot import MARGIN_CM, SNAPSHOT_DTYPE, take
from world.state import FLAG_GROUNDED, FLAG_PERFORMER
from world.systems.hosts import entity_of

ME = 5


def test_a_row_is_twenty_bytes_and_holds_any_place_in_and_around_a_zone() -> None:
    assert SNAPSHOT_DTYPE.itemsize == 20
    assert np.iinfo(np.uint16).max >= ZONE_SIDE_M_MAX * 100 + 2 * MARGIN_CM
    assert frames.FLAG_GROUNDED == FLAG_GROUNDED


def test_a_row_holds_what_the_columns_hold() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "pond", zone=1)
    hamlet.go(ME, EAST, 4, gait=2, flags=1)
    rows = take(hamlet.east)
    mine = rows[rows["entity"] == ME][0]
    assert [int(mine[name]) for name in ("x", "z", "y", "vy", "heading", "animation", "input", "flags", "layer")] == [
        200 + 120 + 1000,
        2000 + 1000,
        32 + 27 + 22 + 17,
        240,
        EAST,
        3,
        4,
        0,
        0,
    ]


def test_a_host_is_marked_as_a_performer() -> None:
    hamlet = Hamlet()
    rows = hamlet.step()[0].snapshot
    assert rows["entity"].tolist() == [entity_of(0)]
    assert rows["flags"].tolist() == [FLAG_GROUNDED | FLAG_PERFORMER]


def test_a_snapshot_does_not_change_with_the_world() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    taken = take(hamlet.west)
    before = taken.copy()
    hamlet.do(ME, Wave("left"))
    hamlet.go(ME, EAST, 3)
    assert (taken == before).all()
