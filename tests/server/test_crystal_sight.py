"""Crystals: each viewer is told of its nearest, of no others, and only when they are others than before."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.codec import decode_server
from protocol.crystals import read_crystals
from protocol.limits import CRYSTALS_MAX
from protocol.messages import Crystals
from server.crystal_sight import SIGHT_CM, TICKS_PER_CRYSTALS, CrystalSight
from server.detail import WHOLE
from server.extras import Extras
from tests.fakes import Body, scene_of
from tests.server.payloads import payloads_of
from world.crystals import CRYSTAL_DTYPE
from world.state import FLAG_STAFF

Places = Sequence[tuple[int, int]]
places = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), max_size=150)

SERVED_EVERY_TICK = WHOLE._replace(ticks_per_frame=1)


def lying(*at: tuple[int, int], first: int = 1, staff: bool = False) -> NDArray[np.void]:
    """Crystals numbered from `first`, at x and z, half a metre up, kind 2 and value 7."""
    rows = [(number, x, 50, z, 2, 7, staff) for number, (x, z) in enumerate(at, first)]
    return np.array(rows, CRYSTAL_DTYPE)


class Meadow:
    """Viewers from slot 1 on, standing where they are put, and crystals around them."""

    def __init__(self, *viewers: tuple[int, int]) -> None:
        self.sight = CrystalSight()
        self.stand(*viewers)

    def stand(self, *viewers: tuple[int, int]) -> None:
        self.slots = np.arange(1, len(viewers) + 1, dtype=np.int32)
        self.scene = scene_of([Body(slot, x, z) for slot, (x, z) in enumerate(viewers, 1)])

    def told(self, first_tick: int = 1) -> dict[int, Crystals]:
        """What each viewer is told within one round, by its number from 0."""
        told: dict[int, Crystals] = {}
        for tick in range(first_tick, first_tick + TICKS_PER_CRYSTALS):
            extras = Extras()
            self.sight.tell(tick, self.slots, self.scene, SERVED_EVERY_TICK, extras)
            for row, payloads in payloads_of(extras).items():
                assert row not in told
                (payload,) = payloads
                message = decode_server(payload)
                assert isinstance(message, Crystals)
                told[row] = message
        return told


def ids(message: Crystals) -> list[int]:
    found: list[int] = read_crystals(message.rows)["crystal"].tolist()
    return found


@given(at=places, viewers=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), min_size=1, max_size=6))
def test_each_viewer_is_told_of_exactly_the_nearest_within_sight_the_nearest_first(at: Places, viewers: Places) -> None:
    meadow = Meadow(*viewers)
    meadow.sight.learn(0, lying(*at))
    told = meadow.told()
    for row, (x, z) in enumerate(viewers):
        squared = sorted((cx - x) ** 2 + (cz - z) ** 2 for cx, cz in at)
        expected = [each for each in squared if each <= SIGHT_CM**2][:CRYSTALS_MAX]
        found = read_crystals(told[row].rows) if row in told else read_crystals(b"")
        offsets = zip(found["dx"].astype(int).tolist(), found["dz"].astype(int).tolist(), strict=True)
        assert [dx * dx + dz * dz for dx, dz in offsets] == expected


def test_a_row_says_where_a_crystal_lies_of_which_kind_it_is_and_what_it_is_worth() -> None:
    meadow = Meadow((1000, 2000))
    meadow.sight.learn(0, lying((1300, 1900)))
    message = meadow.told()[0]
    (row,) = read_crystals(message.rows).tolist()
    assert (message.x, message.y, message.z) == (1000, 0, 2000)
    assert row == (1, 300, 50, -100, 2, 7)


def test_what_has_been_told_is_not_told_again_until_it_changes() -> None:
    meadow = Meadow((1000, 1000))
    meadow.sight.learn(0, lying((1100, 1000), (1200, 1000)))
    assert ids(meadow.told()[0]) == [1, 2]
    assert meadow.told(21) == {}
    meadow.stand((1250, 1000))
    assert meadow.told(41) == {}
    meadow.sight.learn(0, lying((1200, 1000), first=2))
    assert ids(meadow.told(61)[0]) == [2]


def test_when_the_last_one_is_gone_the_viewer_is_told_of_none_once() -> None:
    meadow = Meadow((1000, 1000))
    meadow.sight.learn(0, lying((1100, 1000)))
    meadow.told()
    meadow.sight.learn(0, lying())
    assert ids(meadow.told(21)[0]) == []
    assert meadow.told(41) == {}


def test_a_zone_that_says_nothing_new_keeps_its_crystals_and_a_viewer_sees_those_of_all_zones() -> None:
    meadow = Meadow((1000, 1000))
    meadow.sight.learn(0, lying((1100, 1000)))
    meadow.sight.learn(1, lying((900, 1050), first=50))
    meadow.sight.learn(0, None)
    assert ids(meadow.told()[0]) == [1, 50]


def test_the_next_viewer_in_a_slot_is_told_afresh() -> None:
    meadow = Meadow((1000, 1000))
    meadow.sight.learn(0, lying((1100, 1000)))
    meadow.told()
    meadow.sight.forget(1)
    assert ids(meadow.told(21)[0]) == [1]


def test_without_crystals_nobody_is_told_anything() -> None:
    assert Meadow((1, 1), (2, 2)).told() == {}


@pytest.mark.parametrize("viewers", [1, 40])
def test_a_heap_of_thousands_is_shown_as_the_few_nearest(viewers: int) -> None:
    chance = np.random.default_rng(4)
    meadow = Meadow(*((5000 + 10 * number, 5000) for number in range(viewers)))
    meadow.sight.learn(0, lying(*map(tuple, chance.integers(0, 10_000, (5000, 2)).tolist())))
    told = meadow.told()
    assert all(len(ids(told[row])) == CRYSTALS_MAX for row in range(viewers))


@pytest.mark.parametrize("open_ones", [3, 50], ids=["few", "many"])
@pytest.mark.parametrize("rehearsed", [2, 50], ids=["few_rehearsed", "many_rehearsed"])
def test_what_is_rehearsed_is_shown_to_staff_among_the_rest_and_to_nobody_else(open_ones: int, rehearsed: int) -> None:
    meadow = Meadow((1000, 1000), (1000, 1000))
    meadow.scene = scene_of([Body(1, 1000, 1000, flags=FLAG_STAFF), Body(2, 1000, 1000)])
    near = lying(*((1000 + 10 * n, 1000) for n in range(rehearsed)), first=1001, staff=True)
    far = lying(*((2000 + 10 * n, 1000) for n in range(open_ones)))
    meadow.sight.learn(0, np.concatenate([near, far]))
    told = meadow.told()
    assert ids(told[0]) == [*near["crystal"], *far["crystal"]][:CRYSTALS_MAX]
    assert ids(told[1]) == far["crystal"].tolist()[:CRYSTALS_MAX]


def test_a_rehearsal_in_one_zone_hides_nothing_of_another() -> None:
    meadow = Meadow((1000, 1000))
    meadow.sight.learn(0, lying((1000, 1000), staff=True))
    meadow.sight.learn(1, lying((1100, 1000), first=50))
    assert ids(meadow.told()[0]) == [50]
    meadow.sight.learn(0, lying())
    assert meadow.told(100) == {}


def test_at_a_level_with_more_patience_a_tick_serves_fewer_and_all_are_told_in_the_end() -> None:
    meadow = Meadow(*((viewer * 10, 0) for viewer in range(40)))
    meadow.sight.learn(0, lying((0, 0)))
    patient, told = SERVED_EVERY_TICK._replace(patience=2), []
    for tick in range(1, 2 * TICKS_PER_CRYSTALS + 1):
        extras = Extras()
        meadow.sight.tell(tick, meadow.slots, meadow.scene, patient, extras)
        told.append(len(payloads_of(extras)))
    assert told == [2] * 2 * TICKS_PER_CRYSTALS
