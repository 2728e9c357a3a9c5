"""The compiled reader's own constants are the wire's, and it lets no frame pass that an audit would not."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from loadtest.arrivals import Rules
from loadtest.audit import Audit
from loadtest.cutting import (
    ANIMATIONS,
    HEAD_AT,
    HEAD_BYTES,
    LEAST_BYTES,
    RECORD_BYTES,
    RECORDS_AT,
    RECORDS_MAX,
    SIGHT_CM,
    SLACK_BYTES,
    is_sound,
)
from loadtest.faults import Faults
from protocol import frames, limits
from protocol.errors import ProtocolError
from protocol.frames import HEADER_BYTES, PAYLOAD_HEADER_AT
from tests.loadtest.said import frame, record

OWN = 7
PLACE = st.integers(-12_000, 12_000) | st.integers(-(2**15), 2**15 - 1)
RECORDS = st.lists(
    st.builds(record, st.integers(0, 40) | st.integers(0, 2**32 - 1), PLACE, PLACE, PLACE, st.integers(0, 12)),
    max_size=34,
)
OTHERS = [record(entity, dx=entity, dy=-entity) for entity in range(8, 8 + limits.FRAME_RECORDS_MAX)]


def test_a_frame_begins_as_the_wire_says() -> None:
    assert (HEAD_AT, HEAD_BYTES) == (PAYLOAD_HEADER_AT, HEADER_BYTES)
    assert LEAST_BYTES == PAYLOAD_HEADER_AT + HEADER_BYTES


def test_a_record_is_as_the_wire_says() -> None:
    assert len(frame(1)) == RECORDS_AT
    assert (RECORD_BYTES, RECORDS_MAX) == (frames.RECORD_BYTES, limits.FRAME_RECORDS_MAX)
    assert (len(frames.ANIMATIONS), limits.SIGHT_CM_MAX) == (ANIMATIONS, SIGHT_CM)


def audited(payload: bytes) -> bool:
    """Whether an audit finds nothing."""
    faults = Faults()
    audit = Audit(0, Rules(), faults)
    audit.entity = OWN
    try:
        audit.check_frame(payload)
    except ProtocolError:
        return False
    return faults.total == 0


def sound(payload: bytes) -> bool:
    data = np.frombuffer(b"..." + payload + bytes(SLACK_BYTES), np.uint8).copy()
    return bool(is_sound(data, 3, 3 + len(payload), OWN, int(Rules().height_m * 100)))


@given(RECORDS)
@example([])
@example(OTHERS)
@example([*OTHERS, record(1)])
@example([record(8), record(9), record(8)])
@example([record(OWN)])
@example([record(0)])
@example([record(8, animation=10)])
@example([record(8, animation=11)])
@example([record(8, dx=32767)])
@example([record(8, dx=-32768)])
@example([record(8, dx=32767, dz=1)])
@example([record(8, dy=10_000)])
@example([record(8, dy=-10_000)])
@example([record(8, dy=10_001)])
@example([record(8, dy=-10_001)])
def test_a_frame_is_sound_if_an_audit_finds_nothing(records: list[bytes]) -> None:
    payload = frame(5, records=records)
    assert sound(payload) == audited(payload)


@given(st.lists(st.sampled_from(OTHERS), max_size=4, unique=True), st.data())
def test_no_frame_is_sound_that_cannot_be_decoded(records: list[bytes], data: st.DataObject) -> None:
    payload = bytearray(frame(5, records=records))
    place = data.draw(st.integers(LEAST_BYTES, RECORDS_AT - 1))
    payload[place] = data.draw(st.integers(0, 255))
    stop = data.draw(st.integers(LEAST_BYTES, len(payload)))
    broken = bytes(payload[:stop])
    assert not sound(broken) or audited(broken)
