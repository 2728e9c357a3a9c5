"""What goes behind frames, laid out together, against framing it one by one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.framing import tcp_frame, ws_frame
from server.extras import PAYLOAD_BYTES_MAX, Extras, lay_out
from tests.server.payloads import payloads_of

PAYLOADS = st.one_of(st.binary(max_size=200), st.sampled_from([bytes(size) for size in (125, 126, 255, 256, 4000)]))
VIEWERS = st.lists(st.tuples(st.booleans(), st.lists(PAYLOADS, max_size=4)), max_size=6)


def laid_out(websocket: list[bool], extras: Extras) -> list[bytes]:
    """What each viewer gets."""
    data, edges = lay_out(np.array(websocket, np.bool_), extras)
    return [data[first:last].tobytes() for first, last in pairwise(edges.tolist())]


@given(viewers=VIEWERS)
def test_everybody_gets_each_of_their_payloads_framed_in_order(viewers: list[tuple[bool, list[bytes]]]) -> None:
    extras = Extras()
    for turn in range(4):
        rows = [row for row, (_, payloads) in enumerate(viewers) if turn < len(payloads)]
        extras.add(rows, [viewers[row][1][turn] for row in rows])
    assert laid_out([websocket for websocket, _ in viewers], extras) == [
        b"".join(map(ws_frame if websocket else tcp_frame, payloads)) for websocket, payloads in viewers
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


def test_without_anything_to_tell_there_is_nothing() -> None:
    assert laid_out([True, False], Extras()) == [b"", b""]
    assert laid_out([], Extras()) == []


def test_a_payload_that_two_bytes_of_size_cannot_tell_is_a_fault() -> None:
    with pytest.raises(AssertionError):
        Extras().add([0], [bytes(PAYLOAD_BYTES_MAX + 1)])
