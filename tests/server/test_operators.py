"""Only whoever has the token changes anything, and nothing is done that is not written down before."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from server.store.records import Operation, StoreAway
from tests.server.ops_port import BEARER, RAIN, TOKEN, OpsPort


@pytest.fixture
async def port() -> AsyncIterator[OpsPort]:
    port = OpsPort()
    async with port.client:
        yield port


# ---- who may -------------------------------------------------------------------------------------


async def test_without_a_token_in_the_settings_nobody_may_and_is_told_how_to_set_one() -> None:
    port = OpsPort(token=None)
    async with port.client:
        for headers in ({}, BEARER, {"Authorization": "Bearer "}):
            status, body = await port.post("/events/dawn/start", headers=headers)
            assert status == 403
            assert "--ops.token" in body["error"]
    assert (port.written, port.asked.empty()) == ([], True)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer é"],
)
async def test_whoever_has_not_the_token_may_not_and_changes_nothing(port: OpsPort, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    with capture_logs() as logs:
        async with port.client.post("/events/dawn/start", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert TOKEN not in await answer.text()
    assert (port.written, port.asked.empty()) == ([], True)
    assert [log["log_level"] for log in logs] == ["warning"]
    assert TOKEN not in str(logs)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_read_as_http_reads_it(port: OpsPort, scheme: str) -> None:
    status, _ = await port.post("/events/dusk/start", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert status == 404


# ---- the ops log ---------------------------------------------------------------------------------


async def test_nothing_is_done_that_cannot_be_written_down(port: OpsPort) -> None:
    port.store.away = StoreAway("full", "the disk is full")
    status, body = await port.post("/events/dawn/start")
    assert status == 503
    assert "nothing was done" in body["error"]
    assert port.asked.empty()


async def test_what_was_done_and_could_not_be_written_down_is_said_to_be_so(port: OpsPort) -> None:
    asking = asyncio.create_task(port.post("/events/dawn/start"))
    await port.request()
    port.store.away = StoreAway("full", "the disk is full")
    with capture_logs() as logs:
        port.agree(RAIN._replace(state="running"))
        status, body = await asking
    assert (status, body["event"]["state"]) == (503, "running")
    assert "done: running" in body["error"]
    assert [log["result"] for log in logs if log["event"] == "operation"] == ["done: running"]
    assert port.store.logged == [Operation("ada", "start", "dawn", "asked")]
