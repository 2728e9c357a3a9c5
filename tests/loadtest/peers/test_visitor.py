"""A bot counts the same updates however the bytes are cut, keeps none of them unless it is a witness, and answers."""

import asyncio
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import websocket as ws
from loadtest.peers.adapters.colyseus import ColyseusVisitor
from loadtest.peers.adapters.socketio import SocketIoVisitor
from loadtest.peers.adapters.websockets import PlainVisitor, others_in
from loadtest.peers.tally import Tally
from loadtest.peers.visitor import PAYLOAD_BYTES_MAX, Place, Visitor
from tests.loadtest.peers.said import ws_frame
from tests.loadtest.test_websocket import unmasked


class Wire(asyncio.Transport):
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.aborted = False

    def write(self, data: "bytes | bytearray | memoryview[int]") -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def connected(kind: type[Visitor]) -> tuple[Visitor, Wire]:
    """A bot whose upgrade was answered, and its wire without the request for it."""
    visitor, wire = kind(0, Place(1200, 3400), Tally(1), Random(1)), Wire()
    visitor.aim("127.0.0.1:1", "/")
    visitor.connection_made(wire)
    (request,) = wire.written
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
    visitor.data_received(
        f"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {ws.accept_of(key)}\r\n\r\n".encode()
    )
    del wire.written[0]
    return visitor, wire


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


@given(
    st.lists(st.sampled_from([0, 4, 125, 126, 511, 512, 3000, 70_000]), min_size=1, max_size=5),
    st.lists(st.integers(1, 9000), max_size=30),
    st.booleans(),
)
def test_the_same_updates_are_counted_however_the_bytes_are_cut(
    sizes: list[int], cuts: list[int], witness: bool
) -> None:
    visitor, _ = connected(PlainVisitor)
    visitor.keeps = [] if witness else None
    states = [bytes((number,)) * size for number, size in enumerate(sizes)]
    for piece in cut(b"".join(map(ws_frame, states)), cuts):
        if piece:
            visitor.data_received(piece)
    assert visitor.tally.whose == [0] * len(states)
    assert visitor.keeps == (states if witness else None)
    assert visitor.entered.is_set()
    assert visitor.ending is None


def test_a_ping_amid_updates_is_answered() -> None:
    visitor, wire = connected(PlainVisitor)
    wire.written.clear()
    visitor.data_received(ws_frame(b"x" * 600) + ws_frame(b"there?", ws.PING) + ws_frame(b"y"))
    assert [unmasked(said) for said in wire.written] == [(ws.PONG, b"there?")]
    assert len(visitor.tally.whose) == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bytes((0x02, 1, 0)), "fragments"),
        (bytes((0x82, 127)) + (PAYLOAD_BYTES_MAX + 1).to_bytes(8), "is the most"),
        (ws_frame(b"\x03\xe9going away", ws.CLOSE), "closed with 1001 going away"),
        (ws_frame(b"hello", ws.TEXT), "the server said b'hello'"),
    ],
)
def test_a_server_that_does_what_no_peer_does_loses_the_bot_and_is_told_why(data: bytes, why: str) -> None:
    visitor, wire = connected(PlainVisitor)
    visitor.data_received(data)
    assert wire.aborted
    assert why in (visitor.ending or "")


def test_a_link_that_breaks_is_not_waited_for() -> None:
    visitor, _ = connected(PlainVisitor)
    visitor.connection_lost(ConnectionResetError("reset"))
    assert visitor.entered.is_set()
    assert visitor.ending == "connection lost: reset"


def test_everybody_walks_in_a_square_and_so_stays_where_they_are() -> None:
    visitor, wire = connected(PlainVisitor)
    visitor.data_received(ws_frame(b"state"))
    wire.written.clear()
    for _ in range(4):
        visitor.step()
    steers = [unmasked(said)[1][0] for said in wire.written]
    assert {(after - before) % 256 for before, after in pairwise(steers)} == {64}


def test_whoever_is_not_in_says_nothing() -> None:
    visitor, wire = connected(SocketIoVisitor)
    visitor.step()
    assert wire.written == []


def test_socket_io_is_opened_joined_and_kept_alive() -> None:
    visitor, wire = connected(SocketIoVisitor)
    for text in (b'0{"sid":"a","pingInterval":25000}', b'40{"sid":"b"}', b"2"):
        visitor.data_received(ws_frame(text, ws.TEXT))
    visitor.data_received(ws_frame(b'451-["state",{"_placeholder":true,"num":0}]', ws.TEXT) + ws_frame(b"state"))
    visitor.walk(200, 1)
    said = [unmasked(each) for each in wire.written]
    assert said == [(1, b'40{"x": 1200, "z": 3400}'), (1, b"3"), (1, b'42["move",200,1]')]
    assert len(visitor.tally.whose) == 1


def test_socket_io_that_refuses_is_heard() -> None:
    visitor, wire = connected(SocketIoVisitor)
    visitor.data_received(ws_frame(b'44{"message":"no"}', ws.TEXT))
    assert wire.aborted
    assert "refused" in (visitor.ending or "")


def test_colyseus_is_joined_and_only_patches_are_updates() -> None:
    visitor, wire = connected(ColyseusVisitor)
    visitor.data_received(ws_frame(b"\x0a\x00join") + ws_frame(b"\x0e" + b"s" * 70_000) + ws_frame(b"\x0fpatch"))
    assert len(visitor.tally.whose) == 1
    visitor.walk(64, 1)
    visitor.walk(200, 2)
    assert [unmasked(each)[1] for each in wire.written] == [
        b"\x0a",
        b"\x0d\xa4move\x92\x40\x01",
        b"\x0d\xa4move\x92\xcc\xc8\x02",
    ]


def test_a_state_is_a_record_for_each_body_once() -> None:
    records = [number.to_bytes(4, "little") + bytes(8) for number in range(5)]
    assert others_in(b"".join(records)) == 4
    for wrong in (b"".join(records)[:-1], b"".join([*records, records[0]])):
        with pytest.raises(ValueError, match="is not 12 for each body"):
            others_in(wrong)
