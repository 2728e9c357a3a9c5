"""The packed layouts are the documented ones, seen three ways: struct, NumPy and plain bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import frames
from protocol.codec import decode_client, decode_server, encode
from protocol.framing import tcp_frame, ws_frame
from protocol.limits import FRAME_RECORDS_MAX
from protocol.messages import Frame, Goodbye, Move

U8, U32 = st.integers(0, 255), st.integers(0, 2**32 - 1)
I16, I32 = st.integers(-(2**15), 2**15 - 1), st.integers(-(2**31), 2**31 - 1)
HEADERS = st.tuples(U32, U32, I32, I32, I32, I16, U8, U8, U8, U8, U8, U8)
RECORDS = st.lists(st.tuples(U32, I16, I16, I16, U8, U8), max_size=32)


def test_a_move_is_twelve_bytes_that_begin_with_its_prefix() -> None:
    payload = encode(Move(frames.pack_intent(0x04030201, 5, 6, frames.GAIT_RUN, jump=True)))
    assert payload == frames.MOVE_PREFIX + bytes([1, 2, 3, 4, 5, 6, 2, 1])
    assert len(payload) == frames.MOVE_BYTES


def test_without_a_jump_the_intent_has_no_flags() -> None:
    assert frames.pack_intent(1, 0, 0, frames.GAIT_STAND)[7] == 0


@given(U32, U8, U8, st.sampled_from([0, 1, 2]), st.booleans())
def test_an_intent_survives_the_wire(number: int, steer: int, heading: int, gait: int, jump: bool) -> None:
    move = decode_client(encode(Move(frames.pack_intent(number, steer, heading, gait, jump))))
    assert isinstance(move, Move)
    assert frames.INTENT.unpack(move.intent) == (number, steer, heading, gait, int(jump))


@given(HEADERS, RECORDS)
def test_a_frame_survives_the_wire(header: tuple[int, ...], records: list[tuple[int, ...]]) -> None:
    packed = b"".join(frames.RECORD.pack(*record) for record in records)
    payload = encode(Frame(frames.HEADER.pack(*header), packed))
    frame = decode_server(payload)
    assert isinstance(frame, Frame)
    assert frames.read_header(payload) == header
    assert frames.read_records(frame.records).tolist() == records


@given(HEADERS)
def test_struct_and_numpy_agree_on_the_header(header: tuple[int, ...]) -> None:
    assert np.frombuffer(frames.HEADER.pack(*header), frames.HEADER_DTYPE).tolist() == [header]


def test_the_sizes_are_the_documented_ones() -> None:
    assert frames.HEADER.size == frames.HEADER_DTYPE.itemsize == frames.HEADER_BYTES == 28
    assert frames.RECORD.size == frames.RECORD_DTYPE.itemsize == frames.RECORD_BYTES == 12
    assert frames.HEADER_DTYPE.names == frames.FrameHeader._fields


@pytest.mark.parametrize("records", [0, 1, 21, 22, 32])
def test_a_frame_is_known_by_its_first_bytes_whatever_its_length(records: int) -> None:
    payload = encode(Frame(bytes(frames.HEADER_BYTES), bytes(frames.RECORD_BYTES * records)))
    assert frames.is_frame(payload)
    assert frames.is_frame(memoryview(payload))
    assert len(payload) == frames.PAYLOAD_HEADER_AT + frames.HEADER_BYTES + 3 + frames.RECORD_BYTES * records


def test_other_messages_are_no_frames() -> None:
    assert not frames.is_frame(encode(Goodbye(1000, "", None)))
    assert not frames.is_frame(b"")


def test_an_animation_fits_its_byte_and_has_one_name() -> None:
    assert len(set(frames.ANIMATIONS)) == len(frames.ANIMATIONS) <= 256


VIEWERS = st.lists(st.tuples(HEADERS, RECORDS, st.booleans()), min_size=1, max_size=5)


@given(VIEWERS, st.sampled_from([0, 2, 512]))
def test_frames_built_together_are_the_frames_encoded_one_by_one(
    viewers: list[tuple[tuple[int, ...], list[tuple[int, ...]], bool]],
    spare_bytes: int,
) -> None:
    headers = np.array([header for header, _, _ in viewers], frames.HEADER_DTYPE)
    records = np.zeros((len(viewers), FRAME_RECORDS_MAX), frames.RECORD_DTYPE)
    for row, (_, shown, _) in enumerate(viewers):
        records[row, : len(shown)] = shown
    counts = np.array([len(shown) for _, shown, _ in viewers], np.int64)
    websocket = np.array([over_websocket for _, _, over_websocket in viewers], np.bool_)

    table = frames.begin_frames(len(viewers), FRAME_RECORDS_MAX, spare_bytes)
    table.headers[:] = headers
    table.records[:, :FRAME_RECORDS_MAX] = records
    starts, ends = frames.finish_frames(table, counts, websocket)

    assert (table.rows.shape[1] - ends >= spare_bytes).all()
    for row, (header, shown, over_websocket) in enumerate(viewers):
        packed = b"".join(frames.RECORD.pack(*record) for record in shown)
        payload = encode(Frame(frames.HEADER.pack(*header), packed))
        assert table.rows[row, starts[row] : ends[row]].tobytes() == (ws_frame if over_websocket else tcp_frame)(
            payload
        )
