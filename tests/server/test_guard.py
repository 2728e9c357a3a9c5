"""Viewers look and operators act; a browser's cookie is signed and not enough to act; wrong tokens take their time."""

import asyncio
from collections.abc import AsyncIterator
from http.cookies import Morsel
from typing import Any

import pytest

from server.ops.guard import COOKIE, CSRF_HEADER, SIGNED_IN_S, SLOWED_AT_ONCE, SLOWED_FIRST_S, SLOWED_MAX_S
from tests.server.ops_port import TOKEN, OpsPort

VIEWER_TOKEN = "looking looking looking"
VIEWER = {"Authorization": f"Bearer {VIEWER_TOKEN}"}
WRONG = {"Authorization": "Bearer wrong wrong wrong"}
CONSOLE = {CSRF_HEADER: "1"}


@pytest.fixture
async def port() -> AsyncIterator[OpsPort]:
    port = OpsPort(viewer_token=VIEWER_TOKEN)
    async with port.client:
        yield port


def counted(port: OpsPort, outcome: str) -> float | None:
    return port.metrics.registry.get_sample_value("futurecity_sign_ins_total", {"outcome": outcome})


async def sign_in(port: OpsPort, token: str) -> Morsel[str]:
    """Signs in, and takes the cookie out of the client's jar, so that a test sends what it says."""
    async with port.client.post("/api/sign-in", json={"token": token}) as answer:
        assert answer.status == 200
        port.client.session.cookie_jar.clear()
        return answer.cookies[COOKIE]


def with_cookie(morsel: Morsel[str], **more: str) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={morsel.value}", **more}


async def me(port: OpsPort, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with port.client.get("/api/me", headers=headers) as answer:
        return answer.status, await answer.json()


# ---- roles ---------------------------------------------------------------------------------------


async def test_a_viewer_looks_and_may_not_act(port: OpsPort) -> None:
    assert (await me(port, VIEWER))[1]["role"] == "viewer"
    status, body = await port.post("/events/dawn/start", headers=VIEWER)
    assert (status, body["error"]) == (403, "this takes the role operator, and you are viewer")
    assert (port.written, port.asked.empty()) == ([], True)


async def test_where_only_viewers_have_a_token_nobody_acts() -> None:
    port = OpsPort(token=None, viewer_token=VIEWER_TOKEN)
    async with port.client:
        status, body = await port.post("/events/dawn/start", headers=VIEWER)
        assert (status, "--ops.token" in body["error"]) == (403, True)
        assert (await me(port, VIEWER))[0] == 200


# ---- cookies -------------------------------------------------------------------------------------


async def test_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites(port: OpsPort) -> None:
    morsel = await sign_in(port, TOKEN)
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/")
    assert int(morsel["max-age"]) == SIGNED_IN_S
    assert TOKEN not in morsel.value
    assert (await me(port, with_cookie(morsel)))[1] == {"by": "ada", "role": "operator", "seconds": SIGNED_IN_S}
    assert counted(port, "operator") == 1


async def test_a_cookie_alone_changes_nothing_since_any_page_of_this_machine_makes_the_browser_send_it(
    port: OpsPort,
) -> None:
    morsel = await sign_in(port, TOKEN)
    status, body = await port.post("/deeds/say/off", headers=with_cookie(morsel))
    assert (status, CSRF_HEADER in body["error"]) == (403, True)
    assert port.switchboard.off(0) == {}
    assert (await port.post("/deeds/say/off", headers=with_cookie(morsel, **CONSOLE)))[0] == 200


async def test_a_viewers_cookie_is_no_operators(port: OpsPort) -> None:
    morsel = await sign_in(port, VIEWER_TOKEN)
    assert (await port.post("/deeds/say/off", headers=with_cookie(morsel, **CONSOLE)))[0] == 403
    forged = morsel.value.replace("viewer", "operator", 1)
    headers = {"Cookie": f"{COOKIE}={forged}", **CONSOLE}
    assert (await port.post("/deeds/say/off", headers=headers))[0] == 401
    assert port.switchboard.off(0) == {}


async def test_a_cookie_ends(port: OpsPort) -> None:
    morsel = await sign_in(port, TOKEN)
    port.clock.forward(SIGNED_IN_S - 1)
    assert (await me(port, with_cookie(morsel)))[0] == 200
    port.clock.forward(2)
    assert (await me(port, with_cookie(morsel)))[0] == 401


async def test_another_start_of_the_city_believes_no_cookie_of_this_one(port: OpsPort) -> None:
    morsel = await sign_in(port, TOKEN)
    other = OpsPort()
    async with other.client:
        assert (await me(other, with_cookie(morsel)))[0] == 401


@pytest.mark.parametrize(
    "value", ["", ".", "..", "operator", "operator.99999999999", "é.1.2", "operator.x." + "0" * 64]
)
async def test_what_is_no_cookie_of_ours_opens_nothing(port: OpsPort, value: str) -> None:
    assert (await me(port, {"Cookie": f"{COOKIE}={value}"}))[0] == 401


async def test_signing_out_takes_the_cookie_back(port: OpsPort) -> None:
    async with port.client.post("/api/sign-out") as answer:
        assert answer.cookies[COOKIE]["max-age"] == "0"


# ---- wrong tokens --------------------------------------------------------------------------------


async def test_each_wrong_token_waits_longer_up_to_a_limit_and_is_forgiven(port: OpsPort) -> None:
    for _ in range(7):
        assert (await me(port, WRONG))[0] == 401
    assert port.waited_s[:3] == [SLOWED_FIRST_S, 2 * SLOWED_FIRST_S, 4 * SLOWED_FIRST_S]
    assert port.waited_s[-1] == SLOWED_MAX_S
    port.clock.forward(3600)
    await me(port, WRONG)
    assert port.waited_s[-1] == SLOWED_FIRST_S
    assert counted(port, "refused") == 8


async def test_a_wrong_token_at_the_console_is_a_401_that_takes_its_time(port: OpsPort) -> None:
    status, body = await port.post("/api/sign-in", {"token": "wrong"}, headers={})
    assert (status, "TOKEN is missing or wrong" in body["error"]) == (401, True)
    assert port.waited_s == [SLOWED_FIRST_S]


async def test_many_connections_do_not_make_guessing_faster_and_hold_up_nobody_who_is_in(port: OpsPort) -> None:
    morsel = await sign_in(port, TOKEN)
    go_on = asyncio.Event()
    arrived = asyncio.Semaphore(0)

    async def hold(_: float) -> None:
        arrived.release()
        await go_on.wait()

    port.wait = hold
    guesses = [asyncio.create_task(me(port, WRONG)) for _ in range(SLOWED_AT_ONCE)]
    for _ in guesses:
        await arrived.acquire()
    async with port.client.get("/api/me", headers=WRONG) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "4")
    assert (await me(port, with_cookie(morsel)))[0] == 200
    go_on.set()
    assert [status for status, _ in await asyncio.gather(*guesses)] == [401] * SLOWED_AT_ONCE
    assert (await me(port, VIEWER))[0] == 200
    assert counted(port, "slowed") == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "field 'token': missing"),
        (b'{"token": ""}', "length >= 1"),
        (b'{"token": "x", "role": 1}', "unknown field"),
    ],
)
async def test_a_sign_in_that_is_none_is_told_what_it_lacks(port: OpsPort, body: bytes, said: str) -> None:
    async with port.client.post("/api/sign-in", data=body) as answer:
        assert answer.status == 400
        assert said in (await answer.json())["error"]
