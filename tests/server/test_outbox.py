"""The way out to one client: bytes to its transport at once, nothing to one that is gone."""

from protocol.errors import CloseCode
from server.outbox import Outbox, Traffic
from tests.fakes import FakeClient, FakeTransport


def test_what_is_written_is_on_the_transport_at_once_as_it_is() -> None:
    client = FakeClient()
    client.write(b"abc")
    client.write(b"d")
    assert client.transport.written == [b"abc", b"d"]


def test_nothing_is_written_to_or_counted_for_a_link_that_is_gone() -> None:
    client, traffic = FakeClient(), Traffic()
    client.count_in(traffic)
    client.transport.closing = True
    client.write(b"abc")
    assert client.transport.written == []
    assert traffic.sent == {False: 0, True: 0}


def test_bytes_are_counted_by_transport() -> None:
    traffic = Traffic()
    for websocket, data in ((True, b"four"), (False, b"three"), (True, b"!")):
        client = FakeClient(websocket)
        client.count_in(traffic)
        client.write(data)
    assert traffic.sent == {True: 5, False: 5}
    assert traffic.received == {True: 0, False: 0}


def test_what_was_counted_beforehand_is_taken_off_again_if_the_link_is_gone() -> None:
    traffic = Traffic()
    for gone in (False, True):
        client = FakeClient(websocket=True)
        client.count_in(traffic)
        client.transport.closing = gone
        traffic.sent[True] += 3
        client.send(b"abc")
        assert client.transport.written == ([] if gone else [b"abc"])
    assert traffic.sent == {False: 0, True: 3}


def test_the_backlog_is_what_the_transport_keeps() -> None:
    client = FakeClient()
    client.transport.backlog = 4711
    assert client.backlog_bytes() == 4711


def test_parting_says_why_and_cutting_says_nothing() -> None:
    parted: list[tuple[int, str]] = []
    transport = FakeTransport()
    outbox = Outbox(transport, bytes, lambda code, reason: parted.append((code, reason)), websocket=False)
    outbox.part(CloseCode.IDLE, "silence")
    assert parted == [(4006, "silence")]
    assert not transport.aborted
    outbox.cut()
    assert transport.aborted
    assert len(parted) == 1
