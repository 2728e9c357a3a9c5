"""Frames and what goes behind them, laid out together, against framing them one by one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.framing import tcp_frame, ws_frame
from server.extras import PAYLOAD_BYTES_MAX, Extras, Frames, lay_out
from tests.server.payloads import payloads_of

PAYLOADS = st.one_of(st.binary(max_size=200), st.sampled_from([bytes(size) for size in (125, 126, 255, 256, 4000)]))
VIEWERS = st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.lists(PAYLOADS, max_size=4)), max_size=6)


def frames_of(pieces: list[bytes], websocket: list[bool]) -> Frames:
    """These bytes as rows of a table, each behind three bytes that are not its own."""
    rows = np.full((len(pieces), 50), 0xEE, np.uint8)
    for row, piece in zip(rows, pieces, strict=True):
        row[3 : 3 + len(piece)] = np.frombuffer(piece, np.uint8)
    ends = np.array([3 + len(piece) for piece in pieces], np.int64)
    return Frames(rows, np.full(len(pieces), 3), ends, np.array(websocket, np.uint8))


def pieces_of(frames: Frames, extras: Extras) -> list[bytes]:
    """What each viewer gets."""
    data, edges = lay_out(frames, extras)
    return [data[first:last].tobytes() for first, last in pairwise(edges.tolist())]


@given(viewers=VIEWERS, seed=st.integers(0, 2**32))
def test_everybody_gets_their_frame_and_behind_it_each_of_their_payloads_framed_in_order(
    viewers: list[tuple[bytes, bool, list[bytes]]], seed: int
) -> None:
    extras = Extras()
    for turn in range(4):
        rows = [row for row, (*_, payloads) in enumerate(viewers) if turn < len(payloads)]
        extras.add(rows, [viewers[row][2][turn] for row in rows])
    frames = frames_of([piece for piece, *_ in viewers], [websocket for _, websocket, _ in viewers])
    assert pieces_of(frames, extras) == [
        piece + b"".join(map(ws_frame if websocket else tcp_frame, payloads)) for piece, websocket, payloads in viewers
    ]


def test_a_payload_is_shared_by_all_who_are_told_the_same() -> None:
    extras = Extras()
    extras.share(np.array([2, 0, 2]), np.array([1, 1, 0]), [b"first", b"second"])
    assert payloads_of(extras) == {2: [b"second", b"first"], 0: [b"second"]}


def test_what_was_said_for_some_rows_is_forwarded_to_the_rows_that_these_are() -> None:
    extras, theirs = Extras(), Extras()
    extras.add([4], [b"before"])
    theirs.add([0, 1], [b"one", b"two"])
    extras.forward(theirs, np.array([4, 9]))
    assert payloads_of(extras) == {4: [b"before", b"one"], 9: [b"two"]}


def test_without_anything_to_tell_there_are_the_frames_alone() -> None:
    assert not Extras()
    assert pieces_of(frames_of([b"frame"], [True]), Extras()) == [b"frame"]
    assert lay_out(frames_of([], []), Extras()).edges.tolist() == [0]


def test_a_payload_that_two_bytes_of_size_cannot_tell_is_a_fault() -> None:
    with pytest.raises(AssertionError):
        Extras().add([0], [bytes(PAYLOAD_BYTES_MAX + 1)])
