"""The road that browser tests cut and mend carries both ways, and is cut for everybody until it is mended."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.browser.road import HOST, Road, road_to


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(100):
            writer.write(data.upper())
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def road() -> AsyncIterator[Road]:
    server = await asyncio.start_server(echo, HOST, 0)
    async with road_to(server.sockets[0].getsockname()[1]) as road:
        yield road
    server.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, word: bytes) -> bytes:
    writer.write(word)
    return await reader.read(100)


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read(100) == b""
    except ConnectionError:
        return True


async def test_a_road_carries_both_ways_until_it_is_cut_and_after_it_is_mended(road: Road) -> None:
    first = await asyncio.open_connection(HOST, road.port)
    assert await answer(*first, b"city") == b"CITY"
    road.cut()
    assert await ended(first[0])
    second = await asyncio.open_connection(HOST, road.port)
    assert await ended(second[0])
    road.mend()
    third = await asyncio.open_connection(HOST, road.port)
    assert await answer(*third, b"again") == b"AGAIN"
    for _, writer in (first, second, third):
        writer.close()


async def test_who_hangs_up_is_hung_up_on(road: Road) -> None:
    reader, writer = await asyncio.open_connection(HOST, road.port)
    writer.write_eof()
    assert await reader.read(100) == b""
    writer.close()
