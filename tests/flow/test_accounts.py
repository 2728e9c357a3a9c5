"""Accounts over every transport: the way back on another day, members, forged tokens, and one body for one account."""

import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from protocol import messages as m
from protocol.codec import pack_fields
from protocol.errors import CloseCode
from server.settings import AuthSettings
from server.store.records import StoreAway
from tests.flow.stages import Stage, staged
from tests.scenario import EAST

SECRET = "a secret of this city, forty bytes or so"
STRANGER = rsa.generate_private_key(65537, 2048)
SECONDS_WALKED = 3
# Some tokens are made when the tests are collected; the last test runs minutes later.
A_DAY_S = 86_400


@pytest.fixture(params=["memory", "ws", "tcp"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(request.param, auth=AuthSettings(key=SecretStr(SECRET))) as opened:
        yield opened


def signed(key: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    claims = {"sub": "ada@forum", "aud": "futurecity", "exp": int(time.time()) + A_DAY_S, **changes}
    return jwt.encode(claims, key, algorithm)


def forged() -> str:
    """A good token with one character of its signature changed."""
    head, _, signature = signed().rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


async def test_a_guest_comes_back_on_another_day_to_where_they_left_with_what_was_kept(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await ada.send(ada.intent(EAST), m.Keep(pack_fields({"volume": 7})))
    await stage.tick(20 * SECONDS_WALKED)
    await ada.send(ada.stop())
    await stage.tick(20)
    left = ada.frame
    await ada.send(m.Bye())
    await stage.tick(20)
    back = await stage.join("Ada", token=ada.welcome.token)
    assert (back.welcome.account, back.welcome.resumed) == (ada.welcome.account, False)
    assert back.welcome.entity != ada.welcome.entity
    assert bytes(back.welcome.settings) == bytes(pack_fields({"volume": 7}))
    assert (back.frame.x, back.frame.z) == (left.x, left.z)


async def test_everybody_is_told_what_they_have(stage: Stage) -> None:
    ada = await stage.join("Ada")
    account = stage.scenario.store.balances[ada.welcome.account]
    assert ada.welcome.balance == account > 0


async def test_a_member_is_the_same_account_on_every_day(stage: Stage) -> None:
    ada = await stage.join("Ada", token=signed())
    await ada.send(m.Bye())
    again = await stage.join("Ada", token=signed())
    other = await stage.join("Ben", token=signed(sub="ben@forum"))
    assert ada.welcome.account == again.welcome.account != other.welcome.account
    assert ada.welcome.token is None


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (signed(exp=int(time.time()) - 3600), "expired"),
        (signed(nbf=int(time.time()) + 3600), "not valid yet"),
        (signed(aud="forum"), "another audience"),
        (signed("some other secret of forty bytes or more"), "signature"),
        (signed(None, "none"), "HS256"),
        (signed(STRANGER, "RS256"), "HS256"),
        (forged(), "signature"),
        ("a.b.c", "not a signed token"),
        ("made-up", "nobody has"),
    ],
    ids=["expired", "early", "audience", "key", "none", "algorithm", "forged", "nonsense", "guest"],
)
async def test_a_bad_token_is_refused_by_name_and_the_city_goes_on(stage: Stage, token: str, words: str) -> None:
    ada = await stage.join("Ada")
    mallory = await stage.knock(m.Hello(1, "Mallory", token))
    goodbye = mallory.last(m.Goodbye)
    assert (goodbye.code, goodbye.retry_after_s) == (CloseCode.BAD_TOKEN, None)
    assert "token" in goodbye.reason
    assert words in goodbye.reason
    assert not mallory.all(m.Welcome)
    assert ada.closed_with is None
    assert len(stage.scenario.store.players) == 1


async def test_the_same_account_again_gets_the_living_body_and_the_other_link_ends(stage: Stage) -> None:
    desk = await stage.join("Ada", token=signed())
    phone = await stage.join("Ada", token=signed())
    assert desk.closed_with == CloseCode.REPLACED
    assert phone.welcome.entity == desk.welcome.entity
    assert phone.welcome.resumed
    assert phone.closed_with is None


async def test_while_the_store_is_away_newcomers_are_told_when_to_come_and_all_others_play_on(
    stage: Stage,
) -> None:
    ada = await stage.join("Ada")
    stage.scenario.store.away = StoreAway("unreachable", "no database there")
    ben = await stage.knock(m.Hello(1, "Ben"))
    assert (ben.last(m.Goodbye).code, ben.last(m.Goodbye).retry_after_s) == (CloseCode.UNAVAILABLE, 5)
    await ada.vanish()
    back = await stage.join("Ada", ada.welcome.resume)
    assert back.welcome.entity == ada.welcome.entity
    stage.scenario.store.away = None
    assert (await stage.join("Ben")).welcome.account == "player:2"
