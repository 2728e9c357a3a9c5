"""Open sockets: a polite close ends in time, whether or not the other side is polite."""

import asyncio
import socket

from server.gateway.links import Links, listen_within
from tests.fakes import FakeTransport


async def settle() -> None:
    """Let everything that is ready happen, timers of no delay included."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_kernel_holds_no_more_for_an_accepted_socket_than_it_is_told() -> None:
    accepted: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()

    class Peer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport.get_extra_info("socket"))

    server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0, start_serving=False)
    async with server:
        await listen_within(server, 20_000)
        with socket.create_connection(server.sockets[0].getsockname()):
            held = (await accepted).getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    # Linux says twice what it was told, for its own book-keeping.
    assert held in (20_000, 40_000)


async def test_with_no_sockets_open_there_is_nothing_to_wait_for() -> None:
    await Links(patience_s=1000).all_closed()


async def test_waiting_ends_when_the_last_socket_closes_and_not_before() -> None:
    links = Links(patience_s=1000)
    links.opened()
    links.opened()
    waiting = asyncio.create_task(links.all_closed())
    links.closed()
    await settle()
    assert not waiting.done()
    links.closed()
    await waiting


async def test_waiting_ends_with_patience_even_if_a_socket_never_closes() -> None:
    links = Links(patience_s=0)
    links.opened()
    await links.all_closed()


async def test_a_socket_that_opens_again_is_waited_for_again() -> None:
    links = Links(patience_s=1000)
    links.opened()
    links.closed()
    links.opened()
    waiting = asyncio.create_task(links.all_closed())
    await settle()
    assert not waiting.done()
    links.closed()
    await waiting


async def test_a_peer_that_does_not_take_its_last_words_is_cut_when_patience_ends() -> None:
    transport = FakeTransport()
    Links(patience_s=0).part(transport)
    assert not transport.aborted
    await settle()
    assert transport.aborted


async def test_a_peer_is_given_its_time_to_take_its_last_words() -> None:
    transport = FakeTransport()
    Links(patience_s=1000).part(transport)
    await settle()
    assert not transport.aborted
