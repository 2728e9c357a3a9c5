"""The compiled reader's own constants are the wire's."""

from loadtest.cutting import HEAD_AT, HEAD_BYTES, LEAST_BYTES
from protocol.frames import HEADER_BYTES, PAYLOAD_HEADER_AT


def test_a_frame_begins_as_the_wire_says() -> None:
    assert (HEAD_AT, HEAD_BYTES) == (PAYLOAD_HEADER_AT, HEADER_BYTES)
    assert LEAST_BYTES == PAYLOAD_HEADER_AT + HEADER_BYTES
