"""A WebSocket client's stream is cut into plain messages and what a library must read, however it arrives."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from protocol.websocket import ClientFrames, Piece, unmask

BYTES_MAX = 4096
BINARY, TEXT, CONTINUATION, FRAGMENT, PING, CLOSE = 0x82, 0x81, 0x80, 0x02, 0x89, 0x88


def frame(payload: bytes, first: int = BINARY, key: bytes = b"\x01\x02\x03\x04") -> bytes:
    """A masked frame, as a client sends it."""
    size = len(payload)
    if size < 126:
        header = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        header = bytes((first, 0x80 | 126)) + size.to_bytes(2)
    else:
        header = bytes((first, 0x80 | 127)) + size.to_bytes(8)
    return header + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in chunks, cut at these places."""
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[a:b] for a, b in pairwise(edges)]


def sorted_out(chunks: list[bytes]) -> list[Piece]:
    frames = ClientFrames(BYTES_MAX)
    pieces = [piece for chunk in chunks for piece in frames.feed(chunk)]
    assert frames.held_bytes <= BYTES_MAX + 8
    return pieces


payloads = st.one_of(st.binary(max_size=40), st.integers(100, BYTES_MAX).map(bytes))
places = st.lists(st.integers(0, 1 << 20), max_size=8)


@given(payload=st.binary(max_size=300), key=st.binary(min_size=4, max_size=4))
def test_unmasking_is_xor_with_the_key_in_turn(payload: bytes, key: bytes) -> None:
    assert unmask(payload, key) == bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


@example(messages=[bytes(size) for size in (125, 126, 127, 128)], key=bytes(4), places=[])
@given(messages=st.lists(payloads, max_size=8), key=st.binary(min_size=4, max_size=4), places=places)
def test_plain_messages_come_out_whole_and_in_order_however_they_are_cut(
    messages: list[bytes], key: bytes, places: list[int]
) -> None:
    stream = b"".join(frame(message, key=key) for message in messages)
    assert sorted_out(cut(stream, places)) == [Piece(message, True) for message in messages]


@given(places=places)
def test_control_frames_are_handed_on_untouched_between_plain_ones(places: list[int]) -> None:
    ping = frame(b"are you there", PING)
    stream = frame(b"one") + ping + frame(b"two")
    assert sorted_out(cut(stream, places)) == [Piece(b"one", True), Piece(ping, False), Piece(b"two", True)]


@given(
    odd=st.sampled_from(
        [
            frame(b"text", TEXT),
            frame(b"half", FRAGMENT) + frame(b"other half", CONTINUATION),
            frame(bytes(BYTES_MAX + 1)),
            frame(bytes(70_000)),
            b"\x82\x05plain",
            frame(b"compressed", 0xC2),
        ]
    ),
    places=places,
)
def test_from_the_first_odd_frame_on_everything_is_handed_on_without_a_gap(odd: bytes, places: list[int]) -> None:
    rest = odd + frame(b"after")
    pieces = sorted_out(cut(frame(b"before") + rest, places))
    assert pieces[0] == Piece(b"before", True)
    assert not any(piece.plain for piece in pieces[1:])
    assert b"".join(piece.data for piece in pieces[1:]) == rest


def test_an_absurd_length_is_not_waited_for() -> None:
    header = b"\x82\xff" + (1 << 62).to_bytes(8)
    assert sorted_out([header]) == [Piece(header, False)]


def test_once_told_so_everything_is_handed_on() -> None:
    frames = ClientFrames(BYTES_MAX)
    frames.hand_on()
    assert list(frames.feed(frame(b"plain"))) == [Piece(frame(b"plain"), False)]


@given(stream=st.binary(max_size=400), places=places)
def test_whatever_arrives_nothing_is_lost_or_raised(stream: bytes, places: list[int]) -> None:
    frames = ClientFrames(BYTES_MAX)
    pieces = [piece for chunk in cut(stream, places) for piece in frames.feed(chunk)]
    plain = sum(len(piece.data) for piece in pieces if piece.plain)
    handed = sum(len(piece.data) for piece in pieces if not piece.plain)
    headers = sum(6 if len(piece.data) < 126 else 8 for piece in pieces if piece.plain)
    assert plain + handed + headers + frames.held_bytes <= len(stream) + 2 * len(pieces)


# ---- the quick way -------------------------------------------------------------------------------

CHUNKS = st.one_of(
    st.binary(max_size=60),
    st.builds(frame, st.binary(max_size=140), st.sampled_from([BINARY, TEXT, CONTINUATION, FRAGMENT, PING, CLOSE])),
    st.tuples(st.builds(frame, st.binary(max_size=20)), st.binary(max_size=8)).map(b"".join),
)


@given(before=st.lists(CHUNKS, max_size=3), data=CHUNKS)
def test_what_the_quick_way_takes_is_what_the_careful_one_would_have_taken(before: list[bytes], data: bytes) -> None:
    quick, careful = ClientFrames(BYTES_MAX), ClientFrames(BYTES_MAX)
    for chunk in before:
        if quick.only(chunk) is None:
            list(quick.feed(chunk))
        list(careful.feed(chunk))
    taken = quick.only(data)
    if taken is not None:
        assert list(careful.feed(data)) == [Piece(taken, plain=True)]
    assert quick.held_bytes == careful.held_bytes or taken is None


@given(payload=st.binary(min_size=1, max_size=125), key=st.binary(min_size=4, max_size=4))
def test_a_whole_short_message_takes_the_quick_way(payload: bytes, key: bytes) -> None:
    assert ClientFrames(BYTES_MAX).only(frame(payload, key=key)) == payload


@given(payload=st.binary(min_size=1, max_size=300))
def test_nothing_takes_the_quick_way_behind_the_beginning_of_another_message_or_once_it_is_the_librarys(
    payload: bytes,
) -> None:
    frames = ClientFrames(BYTES_MAX)
    list(frames.feed(frame(b"hello")[:4]))
    assert frames.only(frame(payload)) is None
    frames = ClientFrames(BYTES_MAX)
    frames.hand_on()
    assert frames.only(frame(payload)) is None
