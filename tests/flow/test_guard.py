"""Who gets to speak: TLS is spoken, proxies say who calls, and slow beginnings and repeated offences end."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from protocol import messages as m
from protocol.codec import decode_server, encode
from protocol.errors import CloseCode
from protocol.framing import tcp_frame
from server.offences import SHARED_FREE
from server.settings import GameSettings, TlsSettings
from server.tls import server_context
from tests.certificates import Certificate, certificate
from tests.flow.stages import LIBERAL, PATIENCE_S, Player, Stage, TcpPlayer, TcpStage, WebSocketStage, staged

LOCALHOST, OUTSIDE = "127.0.0.1", "192.0.2.7"
BEHIND_A_PROXY = LIBERAL.model_copy(update={"trusted_proxies": LOCALHOST, "per_address_max": 2})
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@asynccontextmanager
async def tcp_stage(settings: GameSettings = LIBERAL, tls: ssl.SSLContext | None = None) -> AsyncIterator[TcpStage]:
    async with staged("tcp", settings, tls=tls) as stage:
        assert isinstance(stage, TcpStage)
        yield stage


@asynccontextmanager
async def ws_stage(
    settings: GameSettings = LIBERAL, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebSocketStage]:
    async with staged("ws", settings, tls=tls) as stage:
        assert isinstance(stage, WebSocketStage)
        yield stage


def cut(stage: Stage, reason: str) -> float:
    """How many connections were cut for this."""
    value = stage.scenario.city.metrics.registry.get_sample_value(
        "futurecity_connections_cut_total", {"reason": reason}
    )
    assert value is not None
    return value


def addresses(stage: Stage) -> list[str]:
    """Whose connections are open."""
    return sorted(session.address for session in stage.scenario.city.gateway.sessions)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What was said until the end of the connection."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


# ---- TLS -----------------------------------------------------------------------------------------


@pytest.fixture
def signed(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def tls(signed: Certificate) -> ssl.SSLContext:
    context = server_context(TlsSettings(**signed._asdict()))
    assert context is not None
    return context


@pytest.mark.parametrize("way", ["ws", "tcp"])
async def test_the_whole_way_of_a_player_works_over_tls(way: str, signed: Certificate, tls: ssl.SSLContext) -> None:
    async with staged(way, LIBERAL, tls=tls) as stage:
        assert isinstance(stage, TcpStage | WebSocketStage)
        stage.trust = ssl.create_default_context(cafile=signed.cert_file)
        ada, ben = await stage.join("Ada"), await stage.join("Ben")
        await stage.tick(20)
        assert ben.entity in ada.shown[-1]
        await ada.send(m.Bye())
        assert ada.closed_with == CloseCode.BYE
        assert ben.closed_with is None


async def test_a_port_that_speaks_tls_cuts_who_does_not_and_goes_on(signed: Certificate, tls: ssl.SSLContext) -> None:
    async with tcp_stage(tls=tls) as stage:
        reader, writer = await asyncio.open_connection(LOCALHOST, stage.port)
        writer.write(tcp_frame(encode(m.Hello(1, "Ada"))))
        assert await ended(reader) != tcp_frame(b"")
        writer.close()
        assert cut(stage, "handshake") == 1
        stage.trust = ssl.create_default_context(cafile=signed.cert_file)
        assert (await stage.join("Ben")).closed_with is None


async def test_what_is_older_than_tls_1_2_is_not_spoken(tls: ssl.SSLContext) -> None:
    async with tcp_stage(tls=tls) as stage:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError, match=r"(?i)ssl|reset|aborted"):
            await asyncio.open_connection(LOCALHOST, stage.port, ssl=old)


async def test_a_handshake_that_never_ends_is_cut_in_time(tls: ssl.SSLContext) -> None:
    hasty = LIBERAL.model_copy(update={"hello_timeout_s": 0.1})
    async with tcp_stage(hasty, tls) as stage:
        reader, writer = await asyncio.open_connection(LOCALHOST, stage.port)
        writer.write(b"\x16\x03\x01")
        assert await ended(reader) == b""
        writer.close()
        assert cut(stage, "handshake") == 1
        assert stage.scenario.city.gateway.sessions == set()


# ---- proxies -------------------------------------------------------------------------------------


async def behind_a_proxy(stage: TcpStage, header: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(LOCALHOST, stage.port)
    writer.write(header)
    return reader, writer


async def test_a_trusted_proxy_says_over_tcp_who_called_and_what_follows_is_heard() -> None:
    async with tcp_stage(BEHIND_A_PROXY) as stage:
        line = f"PROXY TCP4 {OUTSIDE} 198.51.100.1 4711 7401\r\n".encode()
        player = TcpPlayer(*await behind_a_proxy(stage, line + tcp_frame(encode(m.Hello(1, "Ada")))))
        await player.settled()
        assert addresses(stage) == [OUTSIDE]
        for _ in range(3):
            stage.scenario.tick()
        await player.settled()
        assert player.welcome.name == "Ada"


async def test_a_proxys_word_stands_before_tls(signed: Certificate, tls: ssl.SSLContext) -> None:
    async with tcp_stage(BEHIND_A_PROXY, tls) as stage:
        reader, writer = await behind_a_proxy(stage, f"PROXY TCP4 {OUTSIDE} 198.51.100.1 4711 7401\r\n".encode())
        trust = ssl.create_default_context(cafile=signed.cert_file)
        await writer.start_tls(trust, server_hostname=LOCALHOST)
        player = TcpPlayer(reader, writer)
        await player.send_payload(encode(m.Hello(1, "Ada")))
        await player.settled()
        assert addresses(stage) == [OUTSIDE]


@pytest.mark.parametrize("first", [tcp_frame(encode(m.Hello(1, "Ada"))), b"PROXY TCP4 nobody at all\r\n"])
async def test_a_trusted_proxy_that_does_not_say_who_called_is_cut(first: bytes) -> None:
    async with tcp_stage(BEHIND_A_PROXY) as stage:
        reader, writer = await behind_a_proxy(stage, first)
        assert await ended(reader) == b""
        writer.close()
        assert (cut(stage, "proxy"), addresses(stage)) == (1, [])


async def test_a_proxy_header_that_never_ends_is_cut_in_time() -> None:
    async with tcp_stage(BEHIND_A_PROXY.model_copy(update={"hello_timeout_s": 0.1})) as stage:
        reader, writer = await behind_a_proxy(stage, b"PROXY TCP4 ")
        assert await ended(reader) == b""
        writer.close()
        assert (cut(stage, "proxy"), addresses(stage)) == (1, [])


async def test_nobody_but_a_trusted_proxy_says_who_called_over_tcp() -> None:
    async with tcp_stage(LIBERAL.model_copy(update={"trusted_proxies": "192.0.2.0/24"})) as stage:
        reader, writer = await behind_a_proxy(stage, b"PROXY TCP4 203.0.113.9 198.51.100.1 1 2\r\n")
        goodbye = decode_server((await ended(reader))[4:])
        writer.close()
        assert isinstance(goodbye, m.Goodbye)
        assert goodbye.code == CloseCode.TOO_BIG


async def test_a_caller_behind_a_proxy_has_the_limits_of_an_address_of_its_own() -> None:
    async with ws_stage(BEHIND_A_PROXY) as stage:
        url = f"ws://{LOCALHOST}:{stage.port}/play"
        sockets = [await stage.session.ws_connect(url, headers={"X-Forwarded-For": OUTSIDE}) for _ in range(3)]
        goodbye = decode_server((await sockets[2].receive()).data)
        assert isinstance(goodbye, m.Goodbye)
        assert goodbye.code == CloseCode.FULL
        await stage.session.ws_connect(url, headers={"X-Forwarded-For": f"{OUTSIDE}, 203.0.113.9"})
        assert addresses(stage) == [OUTSIDE, OUTSIDE, "203.0.113.9"]
        # So far into debt that nothing more is told.
        answers = [await stage.session.get(url, headers={**UPGRADE, "X-Forwarded-For": OUTSIDE}) for _ in range(3)]
        assert answers[-1].status == 429
        assert (await answers[-1].json())["error"]


async def test_a_header_of_somebody_who_is_no_trusted_proxy_is_not_believed() -> None:
    async with ws_stage() as stage:
        await stage.session.ws_connect(
            f"ws://{LOCALHOST}:{stage.port}/play", headers={"X-Forwarded-For": OUTSIDE, "Forwarded": f"for={OUTSIDE}"}
        )
        assert addresses(stage) == [LOCALHOST]


# ---- pages ---------------------------------------------------------------------------------------

OURS = "https://city.example"


@pytest.mark.parametrize("origin", [OURS, OURS.upper(), None])
async def test_pages_on_the_list_and_programs_that_are_no_browser_connect(origin: str | None) -> None:
    async with ws_stage(LIBERAL.model_copy(update={"origins": f"http://localhost:8080, {OURS}"})) as stage:
        socket = await stage.session.ws_connect(f"ws://{LOCALHOST}:{stage.port}/play", origin=origin)
        assert not socket.closed
        assert len(stage.scenario.city.gateway.sessions) == 1


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "http://city.example", f"{OURS}.elsewhere.example", "null"]
)
async def test_a_page_that_is_not_on_the_list_is_refused_in_json(origin: str) -> None:
    async with ws_stage(LIBERAL.model_copy(update={"origins": OURS})) as stage:
        answer = await stage.session.get(f"http://{LOCALHOST}:{stage.port}/play", headers={**UPGRADE, "Origin": origin})
        assert answer.status == 403
        assert "origin" in (await answer.json())["error"]
        assert not stage.scenario.city.gateway.sessions
        assert (await stage.session.get(f"http://{LOCALHOST}:{stage.port}/status")).status == 200


async def test_without_a_list_every_page_connects() -> None:
    async with ws_stage() as stage:
        await stage.session.ws_connect(f"ws://{LOCALHOST}:{stage.port}/play", origin="https://elsewhere.example")


# ---- beginnings that never end -------------------------------------------------------------------


async def test_a_request_that_trickles_is_cut_in_time_and_never_becomes_a_session() -> None:
    async with ws_stage(LIBERAL.model_copy(update={"hello_timeout_s": 0.2})) as stage:
        reader, writer = await asyncio.open_connection(LOCALHOST, stage.port)
        writer.write(b"GET /play HTTP/1.1\r\nHost: city\r\nX-Slow: ")

        async def trickle() -> None:
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0)

        trickling = asyncio.create_task(trickle())
        assert b"101" not in await ended(reader)
        writer.close()
        await trickling
        assert stage.scenario.city.gateway.sessions == set()


async def test_the_time_for_a_hello_begins_with_the_connection_and_not_with_the_upgrade() -> None:
    async with ws_stage() as stage:
        reader, writer = await asyncio.open_connection(LOCALHOST, stage.port)
        writer.write(b"GET /play HTTP/1.1\r\nHost: city\r\n")
        async with stage.session.get(f"http://{LOCALHOST}:{stage.port}/status"):
            stage.scenario.tick(80)
        writer.write("".join(f"{name}: {value}\r\n" for name, value in UPGRADE.items()).encode() + b"\r\n")
        async with asyncio.timeout(PATIENCE_S):
            assert b"101" in await reader.readuntil(b"\r\n\r\n")
        assert len(stage.scenario.city.gateway.sessions) == 1
        stage.scenario.tick(40)
        assert b"no Hello within 5 s" in await ended(reader)
        writer.close()


# ---- those who do it again -----------------------------------------------------------------------


async def flood(stage: Stage, player: Player) -> m.Goodbye:
    """Say far too much, and be sent away for it."""
    for _ in range(60):
        await player.send_payload(encode(m.Ping(1.0)))
    await player.settled()
    return player.last(m.Goodbye)


SPARING = LIBERAL.model_copy(update={"messages_per_s": 10, "messages_burst": 20, "flood_messages": 10, "idle_s": 600})


async def test_an_account_that_floods_is_kept_out_for_longer_each_time_and_told_how_long_yet() -> None:
    async with staged("memory", SPARING) as stage:
        ada, ben = await stage.join("Ada"), await stage.join("Ben")
        stage.players.clear()
        assert ada.welcome.token
        assert (await flood(stage, ada)).retry_after_s == 30
        await stage.tick(20 * 10)
        early = await stage.knock(m.Hello(1, "Ada", ada.welcome.token))
        refused = early.last(m.Goodbye)
        assert refused.code == CloseCode.FLOOD
        assert refused.retry_after_s == pytest.approx(20, abs=0.5)
        stage.players.clear()
        await stage.tick(20 * 21)
        again = await stage.join("Ada", token=ada.welcome.token)
        assert again.welcome.account == ada.welcome.account
        assert (await flood(stage, again)).retry_after_s == 60
        assert ben.closed_with is None


async def test_an_address_that_goes_on_sending_garbage_or_forged_tokens_is_refused_at_once() -> None:
    async with staged("memory", LIBERAL) as stage:
        scenario = stage.scenario
        forged = tcp_frame(encode(m.Hello(1, "Mallory", "e30.e30.e30")))
        for number in range(SHARED_FREE + 1):
            client = scenario.connect(OUTSIDE)
            client.send_bytes(forged if number % 2 else b"\x00\x00\x00\x01\xc1")
            assert client.last(m.Goodbye).retry_after_s is None
        refused = scenario.connect(OUTSIDE)
        goodbye = refused.last(m.Goodbye)
        assert (goodbye.code, goodbye.retry_after_s) == (CloseCode.FLOOD, 30)
        assert scenario.connect("203.0.113.9").closed_with is None
        scenario.tick(20 * 10)
        assert scenario.connect(OUTSIDE).last(m.Goodbye).retry_after_s == 20
        scenario.tick(20 * 20)
        assert scenario.connect(OUTSIDE).closed_with is None


async def test_this_machine_itself_is_never_kept_out() -> None:
    async with staged("memory", LIBERAL) as stage:
        for _ in range(3 * SHARED_FREE):
            stage.scenario.connect().send_bytes(b"\x00\x00\x00\x01\xc1")
        assert stage.scenario.connect().closed_with is None


async def test_an_address_that_opens_connections_without_end_is_cut_unheard() -> None:
    settings = LIBERAL.model_copy(update={"per_address_max": 1, "per_address_per_s": 0.1})
    async with staged("memory", settings) as stage:
        callers = stage.scenario.city.gateway.callers
        assert [callers.arrived(OUTSIDE) for _ in range(4)] == [True, True, False, False]


async def test_the_kernel_holds_no_more_for_an_accepted_socket_than_it_is_told() -> None:
    settings = LIBERAL.model_copy(update={"send_buffer_bytes": 20_000})
    async with tcp_stage(settings) as stage:
        await stage.join("Ada")
        (session,) = stage.scenario.city.gateway.sessions
        transport = cast("asyncio.Transport", session.outbox._transport)
        held = transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    # Linux says twice what it was told, for its own book-keeping.
    assert held in (20_000, 40_000)


async def test_what_is_written_does_not_wait_for_the_client_to_acknowledge_what_came_before() -> None:
    async with tcp_stage() as stage:
        await stage.join("Ada")
        (session,) = stage.scenario.city.gateway.sessions
        transport = cast("asyncio.Transport", session.outbox._transport)
        assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
