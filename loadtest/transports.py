"""The two transports of the Python client: whole chunks in, bytes out, closed once; nothing is known of messages."""

import asyncio
from abc import ABC, abstractmethod

import aiohttp

from loadtest.target import Target
from protocol.connection import Framing
from protocol.limits import SERVER_MESSAGE_BYTES_MAX

# One read of TCP: a few frames at most are ever waiting.
_CHUNK_BYTES = 65536
# A WebSocket close is one round trip; nobody waits longer for a server that does not answer it.
_CLOSE_S = 2.0


class Transport(ABC):
    """A connection that carries bytes; `framing` says what one `read` returns."""

    framing: Framing

    @abstractmethod
    async def read(self) -> bytes:
        """The next chunk or message; b"" once the other side has closed. Raises OSError when the link breaks."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Send, waiting while the system's buffer is full. Raises OSError when the link is broken."""

    @abstractmethod
    async def close(self) -> None:
        """Close, whatever state it is in."""


class TcpTransport(Transport):
    """A plain TCP stream."""

    framing = Framing.STREAM

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Whatever has arrived, at least a byte."""
        return await self._reader.read(_CHUNK_BYTES)

    async def write(self, data: bytes) -> None:
        """Send."""
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        """Close; the other side may be gone already."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return


class WebSocketTransport(Transport):
    """A WebSocket, by aiohttp; pings and the closing handshake are its own."""

    framing = Framing.MESSAGES

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._socket = socket

    async def read(self) -> bytes:
        """The next message; one that is no binary message ends it like a close."""
        message = await self._socket.receive()
        return message.data if message.type is aiohttp.WSMsgType.BINARY else b""

    async def write(self, data: bytes) -> None:
        """Send one binary message."""
        await self._socket.send_bytes(data)

    async def close(self) -> None:
        """Shake hands and close."""
        await self._socket.close()
        await self._session.close()


async def connect(target: Target) -> Transport:
    """Open a transport to a server. Raises OSError when there is none."""
    if target.transport == "tcp":
        return TcpTransport(*await asyncio.open_connection(target.host, target.port, ssl=target.context))
    url = f"{target.scheme}://{target.authority}{target.path}"
    session = aiohttp.ClientSession()
    try:
        socket = await session.ws_connect(
            url,
            ssl=target.context or True,
            max_msg_size=SERVER_MESSAGE_BYTES_MAX,
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
        )
    except aiohttp.ClientError as error:
        await session.close()
        raise ConnectionError(f"{url}: {error}") from None
    except BaseException:
        await session.close()
        raise
    return WebSocketTransport(session, socket)
