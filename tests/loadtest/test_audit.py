"""Frames looked at in full: each lie about the people near by is found, and nothing honest is blamed."""

import pytest

from loadtest.arrivals import Rules
from loadtest.audit import FORGOTTEN_FRAMES, PROFILE_FRAMES_MAX, Audit, Witness
from loadtest.faults import FaultKind, Faults
from protocol.errors import ProtocolError
from protocol.messages import Profile, Profiles
from tests.loadtest.said import frame, record

ME = 77


def looked(*records: bytes) -> dict[FaultKind, int]:
    faults = Faults()
    audit = Audit(3, Rules(), faults)
    audit.entity = ME
    audit.check_frame(frame(10, records=records))
    return dict(faults.counts)


class Watched:
    """A witness and the frames a test shows it, two ticks apart."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.witness = Witness(3, Rules(), self.faults)
        self.witness.entity = ME
        self.tick = 0

    def show(self, *records: bytes, ticks: int = 2) -> dict[FaultKind, int]:
        self.tick += ticks
        self.witness.check_frame(frame(self.tick, records=records))
        return dict(self.faults.counts)

    def name(self, *entities: int) -> None:
        self.witness.learn(Profiles([Profile(entity, 1, "x", b"") for entity in entities]))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_an_honest_frame_is_not_blamed() -> None:
    assert looked() == {}
    assert looked(*(record(entity, dx=32_000, dy=-300) for entity in range(1, 33))) == {}


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ([record(5), record(6), record(5)], FaultKind.DUPLICATE_RECORD),
        ([record(ME)], FaultKind.SAW_ITSELF),
        ([record(entity) for entity in range(1, 34)], FaultKind.TOO_MANY_RECORDS),
        ([record(5, dx=32_000, dz=32_000)], FaultKind.BAD_OFFSET),
        ([record(5, dy=-32_000)], FaultKind.BAD_OFFSET),
        ([record(0)], FaultKind.BAD_ENTITY),
        ([record(5, animation=200)], FaultKind.BAD_ANIMATION),
    ],
)
def test_each_lie_is_found(records: list[bytes], kind: FaultKind) -> None:
    assert looked(*records) == {kind: 1}


@pytest.mark.parametrize("payload", [frame(10)[:-1], frame(10) + b"\0", frame(10, records=[b"short"])])
def test_a_frame_that_cannot_be_decoded_is_the_servers_fault(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        Audit(3, Rules(), Faults()).check_frame(payload)


def test_an_entity_shown_for_thirty_frames_without_a_profile_is_a_fault_once(watched: Watched) -> None:
    for _ in range(PROFILE_FRAMES_MAX):
        assert watched.show(record(5)) == {}
    for _ in range(PROFILE_FRAMES_MAX):
        assert watched.show(record(5)) == {FaultKind.MISSING_PROFILE: 1}


def test_one_shown_every_third_frame_needs_its_profile_as_soon(watched: Watched) -> None:
    for number in range(PROFILE_FRAMES_MAX):
        watched.show(*([record(5)] if number % 3 == 0 else []))
    assert watched.show(record(5)) == {FaultKind.MISSING_PROFILE: 1}


def test_a_profile_in_time_is_no_fault(watched: Watched) -> None:
    for _ in range(PROFILE_FRAMES_MAX - 1):
        watched.show(record(5))
    watched.name(5)
    for _ in range(PROFILE_FRAMES_MAX):
        assert watched.show(record(5)) == {}


def test_a_profile_counts_for_the_whole_connection(watched: Watched) -> None:
    watched.name(5)
    watched.show(record(5))
    for _ in range(10 * FORGOTTEN_FRAMES):
        watched.show()
    for _ in range(2 * PROFILE_FRAMES_MAX):
        assert watched.show(record(5)) == {}


def test_one_who_left_and_came_back_is_a_new_sight(watched: Watched) -> None:
    for _ in range(3):
        for _ in range(PROFILE_FRAMES_MAX - 1):
            watched.show(record(5))
        for _ in range(FORGOTTEN_FRAMES + 1):
            assert watched.show() == {}


def test_a_neighbour_that_jumps_is_a_fault(watched: Watched) -> None:
    watched.name(5)
    watched.show(record(5, dx=100))
    assert watched.show(record(5, dx=160)) == {}
    assert watched.show(record(5, dx=260)) == {FaultKind.OTHER_TOO_FAST: 1}


def test_a_neighbour_may_come_back_somewhere_else(watched: Watched) -> None:
    watched.name(5)
    watched.show(record(5, dx=100))
    assert watched.show(record(5, dx=3000), ticks=100) == {}


def test_a_server_that_invents_people_does_not_fill_the_memory(watched: Watched) -> None:
    for start in range(1, 20_000, 20):
        watched.show(*(record(entity) for entity in range(start, start + 20)))
    assert len(watched.witness._places) < 1000
    assert len(watched.witness._nameless) < 1000
