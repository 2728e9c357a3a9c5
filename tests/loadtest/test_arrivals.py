"""Headers checked and measured in batches: what an honest server says passes, each lie is found and named."""

import numpy as np
import pytest

from loadtest.arrivals import EMPTY_FRAME_BYTES, RING, Arrivals, Headers, Rules
from loadtest.faults import FaultKind, Faults
from protocol.frames import HEADER


class Told:
    """An `Arrivals` of three bots and the headers a test lets arrive."""

    def __init__(self) -> None:
        self.zone = 4
        self.faults = Faults()
        self.arrivals = Arrivals(3, Rules(), self.faults)

    def frame(
        self, tick: int, when_s: float, bot: int = 0, acked: int = 0, at: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        x, y, z = at
        self.arrivals.heads.append(HEADER.pack(tick, acked, x, y, z, 0, 0, 0, self.zone, 0, 1, 0))
        self.arrivals.whens.append(when_s)
        self.arrivals.whose.append(bot)
        self.arrivals.sizes.append(EMPTY_FRAME_BYTES + 32 * 12)

    def settle(self) -> dict[FaultKind, int]:
        self.arrivals.settle()
        return dict(self.faults.counts)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(params=["together", "apart"])
def cut(request: pytest.FixtureRequest, told: Told) -> Told:
    """Checks must not depend on whether two frames of a bot are settled together."""
    if request.param == "apart":
        frame = told.frame

        def settled(*words: object, **fields: object) -> None:
            frame(*words, **fields)  # type: ignore[arg-type]
            told.arrivals.settle()

        told.frame = settled  # type: ignore[method-assign]
    return told


def test_an_honest_server_is_not_blamed(cut: Told) -> None:
    for number in range(5):
        for bot in (2, 0):
            cut.frame(10 + 2 * number, 0.1 * number, bot, at=(60 * number, 0, 0))
    assert cut.settle() == {}
    assert cut.arrivals.frames.tolist() == [5, 0, 5]
    assert (cut.arrivals.x[0], cut.arrivals.zone[2], cut.arrivals.tick[2]) == (240, 4, 18)


@pytest.mark.parametrize("tick", [9, 10])
def test_a_tick_that_does_not_advance_is_a_fault(cut: Told, tick: int) -> None:
    cut.frame(10, 0.0)
    cut.frame(tick, 0.1)
    assert cut.settle() == {FaultKind.TICK_WENT_BACK: 1}


def test_a_tick_may_be_skipped(cut: Told) -> None:
    cut.frame(10, 0.0)
    cut.frame(40, 1.5)
    assert cut.settle() == {}


def test_two_bots_do_not_share_a_tick(told: Told) -> None:
    told.frame(10, 0.0, bot=0)
    told.frame(8, 0.0, bot=1)
    assert told.settle() == {}


def test_its_own_teleport_is_a_fault(cut: Told) -> None:
    cut.frame(10, 0.0)
    cut.frame(12, 0.1, at=(100, 0, 0))
    assert cut.settle() == {FaultKind.TOO_FAST: 1}


def test_running_is_no_teleport_but_ten_per_cent_more_is(cut: Told) -> None:
    cut.frame(0, 0.0)
    cut.frame(200, 10.0, at=(6000, 0, 0))
    assert cut.settle() == {}
    cut.frame(400, 20.0, at=(12_600, 0, 0))
    assert cut.settle() == {FaultKind.TOO_FAST: 1}


def test_flying_up_is_a_fault_and_falling_is_not(cut: Told) -> None:
    cut.frame(10, 0.0, at=(0, 1000, 0))
    cut.frame(12, 0.1, at=(0, 800, 0))
    assert cut.settle() == {}
    cut.frame(14, 0.2, at=(0, 1800, 0))
    assert cut.settle() == {FaultKind.TOO_FAST: 1}


def test_an_acknowledgement_taken_back_is_a_fault(cut: Told) -> None:
    cut.arrivals.note_sent(0, 1, 0.0)
    cut.arrivals.note_sent(0, 2, 0.05)
    cut.frame(10, 0.1, acked=2)
    cut.frame(12, 0.2, acked=1)
    assert cut.settle() == {FaultKind.ACK_WENT_BACK: 1}


def test_acknowledging_what_was_never_sent_is_a_fault(told: Told) -> None:
    told.arrivals.note_sent(0, 1, 0.0)
    told.frame(10, 0.1, acked=3)
    assert told.settle() == {FaultKind.ACK_NEVER_SENT: 1}


def test_an_input_that_is_not_acknowledged_is_a_fault_once(cut: Told) -> None:
    cut.arrivals.note_sent(0, 1, 0.0)
    for number in range(40):
        cut.frame(10 + 2 * number, 0.1 * number)
    assert cut.settle() == {FaultKind.INPUT_UNACKNOWLEDGED: 1}


def test_every_lost_input_is_a_fault_of_its_own(cut: Told) -> None:
    cut.arrivals.note_sent(0, 1, 0.0)
    cut.frame(10, 3.0)
    cut.arrivals.note_sent(0, 2, 3.1)
    cut.frame(12, 3.2, acked=1)
    cut.frame(14, 6.0, acked=1)
    assert cut.settle() == {FaultKind.INPUT_UNACKNOWLEDGED: 2}


def test_the_delay_of_an_input_is_to_the_first_frame_that_knows_it(cut: Told) -> None:
    cut.arrivals.note_sent(0, 1, 0.000)
    cut.arrivals.note_sent(0, 2, 0.080)
    cut.frame(10, 0.050)
    cut.frame(12, 0.150, acked=2)
    cut.frame(14, 0.250, acked=2)
    assert cut.settle() == {}
    delays = cut.arrivals.input_ms
    assert delays.count == 2
    assert delays.max == pytest.approx(150)
    assert delays.percentile(50) == pytest.approx(70, rel=0.03)


def test_an_input_older_than_the_memory_is_not_measured(told: Told) -> None:
    for number in range(1, RING + 10):
        told.arrivals.note_sent(0, number, float(number))
    told.frame(10, 100.0, acked=RING + 9)
    told.arrivals.settle()
    assert told.arrivals.input_ms.count == RING
    assert told.arrivals.input_ms.max == pytest.approx((100 - 10) * 1000)


def test_gaps_are_between_frames_of_one_bot(cut: Told) -> None:
    cut.frame(10, 0.0, bot=0)
    cut.frame(10, 5.0, bot=1)
    cut.frame(12, 0.1, bot=0)
    cut.frame(14, 0.35, bot=0)
    cut.settle()
    assert cut.arrivals.gap_ms.count == 2
    assert cut.arrivals.gap_ms.max == pytest.approx(250)


def test_crossing_a_border_is_counted_once(cut: Told) -> None:
    for number, zone in enumerate([4, 4, 5, 5, 4]):
        cut.zone = zone
        cut.frame(10 + 2 * number, 0.1 * number)
    cut.settle()
    assert cut.arrivals.crossings == 2


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        (EMPTY_FRAME_BYTES - 1, FaultKind.BAD_FRAME_SIZE),
        (EMPTY_FRAME_BYTES + 13, FaultKind.BAD_FRAME_SIZE),
        (EMPTY_FRAME_BYTES + 33 * 12, FaultKind.TOO_MANY_RECORDS),
    ],
)
def test_a_frame_of_the_wrong_size_is_a_fault(told: Told, size: int, kind: FaultKind) -> None:
    told.frame(10, 0.0)
    told.arrivals.sizes[-1] = size
    assert told.settle() == {kind: 1}


def test_a_bot_that_comes_again_starts_afresh(cut: Told) -> None:
    cut.arrivals.note_sent(0, 7, 0.0)
    cut.frame(1000, 0.1, acked=7, at=(9000, 0, 9000))
    cut.settle()
    cut.arrivals.forget(0)
    cut.frame(5, 60.0)
    assert cut.settle() == {}
    assert cut.arrivals.gap_ms.count == 0
    # It was there twice, and away in between.
    assert cut.arrivals.since[0] == 0.1
    assert cut.arrivals.away_s[0] == pytest.approx(59.9)
    assert cut.arrivals.frames[0] == 2


def test_whoever_misbehaves_is_neither_measured_nor_believed(told: Told) -> None:
    told.arrivals.healthy[0] = False
    told.arrivals.note_sent(0, 1, 0.0)
    told.frame(1000, 0.1, at=(0, 0, 0))
    told.frame(1002, 0.2, acked=1, at=(9000, 0, 9000))
    assert told.settle() == {}
    assert (told.arrivals.gap_ms.count, told.arrivals.input_ms.count) == (0, 0)
    told.arrivals.healthy[0] = True
    told.frame(1000, 0.3, acked=5)
    assert told.settle() != {}


def test_settling_nothing_changes_nothing(told: Told) -> None:
    assert told.settle() == {}


def test_nothing_that_was_settled_is_kept(told: Told) -> None:
    for number in range(1000):
        told.frame(number, number * 0.1)
    told.settle()
    gathered = (told.arrivals.heads, told.arrivals.whens, told.arrivals.whose, told.arrivals.sizes)
    assert [len(each) for each in gathered] == [0, 0, 0, 0]
    assert told.arrivals.take() is None


def test_what_a_crowd_was_sent_stands_between_what_came_before_and_after_it(told: Told) -> None:
    told.frame(5, 0.1, bot=1)
    crowd = np.array([[*HEADER.pack(tick, *[0] * 11)] for tick in (6, 7)], np.uint8)
    told.arrivals.came(Headers(np.array([1, 0]), np.array([0.2, 0.2]), np.array([35, 35]), crowd))
    told.frame(8, 0.3, bot=1)
    headers = told.arrivals.take()
    assert headers is not None
    assert headers.bots.tolist() == [1, 1, 0, 1]
    assert headers.whens.tolist() == [0.1, 0.2, 0.2, 0.3]
    assert headers.heads.view(np.uint32)[:, 0].tolist() == [5, 6, 7, 8]
