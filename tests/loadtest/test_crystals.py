"""Shown crystals as places, and the ones that no server may show."""

import pytest

from loadtest.crystals import Crystal, crystals_flaw, lying
from protocol.crystals import CRYSTAL_ROW
from protocol.errors import ProtocolError
from protocol.limits import SIGHT_CM_MAX
from protocol.messages import Crystals


def shown(*rows: tuple[int, int, int, int, int, int]) -> Crystals:
    return Crystals(40, 1_000, 20, -300, b"".join(CRYSTAL_ROW.pack(*row) for row in rows))


def test_crystals_lie_where_their_offsets_say() -> None:
    assert lying(shown((7, 100, -20, 50, 1, 3), (8, 0, 0, 0, 0, 1))) == [
        Crystal(7, 1_100, 0, -250, 1, 3),
        Crystal(8, 1_000, 20, -300, 0, 1),
    ]


def test_none_near_is_no_crystal() -> None:
    assert lying(shown()) == []
    assert crystals_flaw(shown()) is None


def test_rows_that_are_not_whole_break_the_wire() -> None:
    with pytest.raises(ProtocolError, match="rows of 12 bytes"):
        lying(Crystals(40, 0, 0, 0, bytes(13)))


@pytest.mark.parametrize(
    ("rows", "flaw"),
    [
        ([(7, 0, 0, 0, 0, 1), (7, 9, 0, 0, 0, 1)], "a crystal twice"),
        ([(0, 0, 0, 0, 0, 1)], "a crystal without a number"),
        ([(7, 0, 0, 0, 0, 0)], "a crystal that is worth nothing"),
        ([(7, SIGHT_CM_MAX, 0, 200, 0, 1)], "a crystal that is out of sight"),
        ([(7, 0, 0, -SIGHT_CM_MAX, 0, 1), (8, 1, 2, 3, 2, 10)], None),
    ],
)
def test_what_no_server_may_show_is_named(rows: list[tuple[int, int, int, int, int, int]], flaw: str | None) -> None:
    assert crystals_flaw(shown(*rows)) == flaw
