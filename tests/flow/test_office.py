"""Operators act on real people in a real city, over the whole ops port: and all of it is written down."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from protocol import messages as m
from protocol.errors import CloseCode
from server.gateway.crier import TOLD_PER_TICK
from server.ops.people import ROWS_MAX
from tests.office import VIEWER, Office
from tests.scenario import Client, deed


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    async with office.client:
        office.scenario.tick()
        yield office


def account_of(client: Client) -> int:
    return int(client.welcome.account.removeprefix("player:"))


def token_of(client: Client) -> str:
    assert client.welcome.token is not None
    return client.welcome.token


def come_back(office: Office, token: str) -> Client:
    client = office.scenario.connect()
    client.send(m.Hello(1, None, token))
    office.scenario.tick(4)
    return client


def reasons(client: Client) -> list[str]:
    return [denied.reason for denied in client.all(m.Denied)]


# ---- looking -------------------------------------------------------------------------------------


async def test_people_are_found_by_the_beginning_of_their_name_by_account_entity_and_zone(office: Office) -> None:
    ada, ben = office.scenario.join_all(["Ada", "Ben"])
    for query, names in (
        ("", {"Ada", "Ben"}),
        ("?name=aD", {"Ada"}),
        (f"?account={account_of(ben)}", {"Ben"}),
        (f"?entity={ada.entity}", {"Ada"}),
        ("?zone=gate", {"Ada", "Ben"}),
        ("?zone=park", set()),
        (f"?name=B&account={account_of(ada)}", set()),
    ):
        status, found = await office.get(f"/api/people{query}", headers=VIEWER)
        assert (status, {person["name"] for person in found["people"]}) == (200, names), query
    (person,) = (await office.get("/api/people?name=Ben"))[1]["people"]
    assert (person["zone"], person["layer"], person["connected"], person["muted_s"]) == ("gate", 0, True, None)


async def test_no_more_than_a_screenful_is_shown_and_that_there_are_more_is_said(office: Office) -> None:
    office.scenario.join_all([f"Bot {number}" for number in range(ROWS_MAX + 1)])
    _, found = await office.get("/api/people?name=bot")
    assert (len(found["people"]), found["more"]) == (ROWS_MAX, True)
    _, found = await office.get("/api/people?name=bot 50")
    assert (len(found["people"]), found["more"]) == (1, False)


async def test_a_name_that_is_markup_is_data_to_the_api(office: Office) -> None:
    office.scenario.join("<img src=x onerror=a()>")
    _, found = await office.get("/api/people?name=<img")
    assert [person["name"] for person in found["people"]] == ["<img src=x onerror=a()>"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("account=0", "field 'account'"),
        ("account=x", "field 'account'"),
        ("name=" + "x" * 25, "length <= 24"),
        ("colour=red", "unknown field"),
    ],
)
async def test_a_search_that_does_not_fit_names_field_and_limit(office: Office, query: str, said: str) -> None:
    status, body = await office.get(f"/api/people?{query}")
    assert (status, said in body["error"]) == (400, True)


# ---- sending away --------------------------------------------------------------------------------


async def test_whoever_is_kicked_is_told_why_leaves_at_once_and_may_come_back(office: Office) -> None:
    ada = office.scenario.join("Ada")
    status, done = await office.post(f"/api/people/{account_of(ada)}/kick", {"reason": "you pushed"})
    assert (status, done["here"]) == (200, True)
    goodbye = ada.last(m.Goodbye)
    assert (ada.closed_with, goodbye.reason, goodbye.retry_after_s) == (CloseCode.KICKED, "you pushed", 60)
    assert (await office.get("/api/people"))[1]["people"] == []
    assert come_back(office, token_of(ada)).frames
    assert [row[1:] for row in office.written] == [
        ("kick because you pushed", f"account {account_of(ada)}", "asked"),
        ("kick because you pushed", f"account {account_of(ada)}", "done"),
    ]
    assert office.scenario.sample("operations_total", kind="kick", outcome="done") == 1


async def test_a_body_whose_link_is_lost_is_sent_away_too(office: Office) -> None:
    ada = office.scenario.join("Ada")
    ada.vanish()
    assert (await office.get("/api/people"))[1]["people"][0]["connected"] is False
    assert (await office.post(f"/api/people/{account_of(ada)}/kick"))[0] == 200
    assert (await office.get("/api/people"))[1]["people"] == []


async def test_nobody_is_kicked_who_is_not_here(office: Office) -> None:
    status, body = await office.post("/api/people/77/kick")
    assert (status, body["error"]) == (404, "account 77 is not here")
    assert office.scenario.sample("operations_total", kind="kick", outcome="refused") == 1


# ---- muting --------------------------------------------------------------------------------------


async def test_a_mute_holds_across_zones_and_returns_for_its_time_and_for_nobody_else(office: Office) -> None:
    ada, ben = office.scenario.join_all(["Ada", "Ben"])
    path = f"/api/people/{account_of(ada)}"
    assert (await office.post(f"{path}/mute", {"seconds": 600, "reason": "you shouted"}))[0] == 200
    walk_over(office, ada)
    ada.send(deed("say", text="hello"), deed("emote", emote="cheer"), deed("wave", hand="left"))
    ben.send(deed("say", text="hi"))
    office.scenario.tick(4)
    assert reasons(ada) == ["muted", "muted"]
    assert ada.all(m.Denied)[0].message.startswith("you shouted, for ")
    assert reasons(ben) == []
    again = come_back(office, token_of(ada))
    again.send(deed("say", text="hello"))
    assert reasons(again) == ["muted"]
    office.scenario.tick(600 * 20)
    late = come_back(office, token_of(ada))
    late.send(deed("say", text="hello"))
    office.scenario.tick(2)
    assert reasons(late) == []


def walk_over(office: Office, client: Client) -> None:
    """From the gate across the border to the plaza."""
    here, there = (
        next(each for each in client.welcome.zones if each.name == name) for name in ("gate", "crystal_plaza")
    )
    edge = min(max(there.x + 200, here.x), here.x + here.width - 1)
    office.scenario.place(client.entity, edge, here.z + here.depth + 50)
    office.scenario.tick(4)
    assert client.frame.zone == there.number


async def test_whoever_is_unmuted_may_speak_at_once(office: Office) -> None:
    ada = office.scenario.join("Ada")
    path = f"/api/people/{account_of(ada)}"
    await office.post(f"{path}/mute", {"seconds": 600})
    assert (await office.get("/api/people"))[1]["people"][0]["muted_s"] > 590
    assert (await office.post(f"{path}/unmute"))[0] == 200
    ada.send(deed("say", text="hello"))
    office.scenario.tick(2)
    assert reasons(ada) == []
    assert (await office.post(f"{path}/unmute"))[0] == 409


# ---- banning -------------------------------------------------------------------------------------


async def test_whoever_is_banned_leaves_and_is_refused_at_hello_with_the_reason_and_the_time(office: Office) -> None:
    ada = office.scenario.join("Ada")
    path = f"/api/people/{account_of(ada)}"
    assert (await office.post(f"{path}/ban", {"seconds": 3600, "reason": "you cheated"}))[1]["here"] is True
    assert (ada.closed_with, ada.last(m.Goodbye).reason) == (CloseCode.BANNED, "you cheated")
    back = come_back(office, token_of(ada))
    assert (back.closed_with, back.last(m.Goodbye).reason) == (CloseCode.BANNED, "you cheated")
    assert 3500 < (back.last(m.Goodbye).retry_after_s or 0) <= 3600
    assert office.scenario.join("Ben").frames
    (shown,) = (await office.get("/api/sanctions", headers=VIEWER))[1]["sanctions"]
    assert (shown["kind"], shown["by"], shown["reason"]) == ("ban", "ada", "you cheated")
    assert (await office.post(f"{path}/unban"))[0] == 200
    assert come_back(office, token_of(ada)).frames


async def test_a_ban_for_good_says_not_to_come_again(office: Office) -> None:
    ada = office.scenario.join("Ada")
    await office.post(f"/api/people/{account_of(ada)}/ban")
    assert come_back(office, token_of(ada)).last(m.Goodbye).retry_after_s is None


async def test_whoever_is_banned_while_their_place_is_held_does_not_get_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = office.scenario.join("Ada")
    ada.send(m.Bye())
    office.scenario.tick()
    back = office.scenario.connect()
    back.send(m.Hello(1, None, token_of(ada)))
    # The books have said who that is, and their turn has not come.
    monkeypatch.setattr(office.city.gateway.reception.admission, "admit", lambda _: [])
    office.scenario.tick(2)
    status, _ = await office.post(f"/api/people/{account_of(ada)}/ban")
    assert (status, back.closed_with) == (200, None)
    monkeypatch.undo()
    office.scenario.tick()
    assert back.closed_with is CloseCode.BANNED


async def test_what_the_store_remembers_counts_after_a_restart(office: Office) -> None:
    ada = office.scenario.join("Ada")
    await office.post(f"/api/people/{account_of(ada)}/ban")
    later = Office()
    later.store.players, later.store.balances = office.store.players, office.store.balances
    later.city.gateway.sanctions.load(await office.store.sanctions(0, 10))
    async with later.client:
        assert come_back(later, token_of(ada)).closed_with is CloseCode.BANNED


async def test_nobody_is_banned_who_does_not_exist(office: Office) -> None:
    assert (await office.post("/api/people/77/ban"))[0] == 404
    assert (await office.get("/api/sanctions"))[1]["sanctions"] == []


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        ("mute", {}, "field 'seconds': missing"),
        ("mute", {"seconds": 0}, "field 'seconds': expected int >= 1"),
        ("mute", {"seconds": 2_678_401}, "field 'seconds': expected int <= 2678400"),
        ("ban", {"seconds": 315_360_001}, "field 'seconds': expected int <= 315360000"),
        ("ban", {"reason": ""}, "field 'reason': expected str of length >= 1"),
        ("kick", {"reason": "x" * 101}, "field 'reason': expected str of length <= 100"),
        ("kick", {"reason": "a\nb"}, "field 'reason' has a control character"),
        ("kick", {"why": "so"}, "unknown field"),
        ("unban", {"seconds": 5}, "unknown field"),
    ],
)
async def test_a_body_that_does_not_fit_names_field_and_limit_and_does_nothing(
    office: Office, action: str, body: Any, said: str
) -> None:
    ada = office.scenario.join("Ada")
    status, answer = await office.post(f"/api/people/{account_of(ada)}/{action}", body)
    assert (status, office.written, ada.closed_with) == (400, [], None)
    assert said in answer["error"]


# ---- announcing ----------------------------------------------------------------------------------


async def test_an_announcement_reaches_everybody_by_letter_and_whoever_was_away_later(office: Office) -> None:
    ada, ben, cem = office.scenario.join_all(["Ada", "Ben", "Cem"])
    walk_over(office, ben)
    cem.vanish()
    status, done = await office.post("/api/announcements", {"text": "Fireworks at nine"})
    assert (status, done["people"], done["zones"]) == (200, 3, 6)
    office.scenario.tick(2)
    for client in (ada, ben):
        (told,) = [each for each in client.all(m.Happened) if each.event == "announced"]
        assert (told.fields, told.serial > 0) == ({"text": "Fireworks at nine"}, True)
    back = office.scenario.join("Cem", resume=cem.welcome.resume)
    assert back.events("announced") == [{"text": "Fireworks at nine"}]


async def test_an_announcement_in_one_zone_stays_there(office: Office) -> None:
    ada, ben = office.scenario.join_all(["Ada", "Ben"])
    walk_over(office, ben)
    _, done = await office.post("/api/announcements", {"text": "Come in", "zone": "crystal_plaza"})
    office.scenario.tick(2)
    assert (done["people"], ada.events("announced"), ben.events("announced")) == (1, [], [{"text": "Come in"}])


async def test_a_crowd_is_told_in_portions_so_that_no_tick_pays_for_all(office: Office) -> None:
    crowd = office.scenario.join_all([f"Bot {number}" for number in range(TOLD_PER_TICK + 1)])
    gateway = office.city.gateway
    told = [bot.entity for bot in crowd]
    gateway.crier.cry(b"\x95\x14\x01\xa9announced\x80\x00", told)
    gateway.crier.turn()
    heard = [len(bot.events("announced")) for bot in crowd]
    assert (sum(heard), heard[-1]) == (TOLD_PER_TICK, 0)
    gateway.crier.turn()
    assert [len(bot.events("announced")) for bot in crowd] == [1] * len(crowd)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "field 'text': missing"),
        ({"text": ""}, 400, "field 'text': expected str of length >= 1"),
        ({"text": "x" * 201}, 400, "field 'text': expected str of length <= 200"),
        ({"text": " "}, 409, "blank_text"),
        ({"text": "a\u202eb"}, 409, "bad_text"),
        ({"text": "hello", "zone": "moon"}, 404, "no zone is called moon"),
    ],
)
async def test_an_announcement_that_cannot_be_made_says_why(office: Office, body: Any, status: int, said: str) -> None:
    answered, answer = await office.post("/api/announcements", body)
    assert (answered, said in answer["error"]) == (status, True)


# ---- the budget of the processor -----------------------------------------------------------------


async def test_the_budget_is_seen_and_set_and_the_governor_goes_by_it(office: Office) -> None:
    before = {"busy": 0.0, "busy_max": 0.9, "shed_level": 0}
    assert await office.get("/api/budget", headers=VIEWER) == (200, before)
    status, done = await office.post("/api/budget", {"busy_max": 0.05})
    assert (status, done) == (200, {"ok": True, "busy_max": 0.05})
    assert (await office.get("/api/budget"))[1] == before | {"busy_max": 0.05}
    assert [row[1:] for row in office.written] == [
        ("budget 0.05", "the city", "asked"),
        ("budget 0.05", "the city", "done: 0.05 instead of 0.9"),
    ]
    assert office.city.governor.busy_max == 0.05


@pytest.mark.parametrize("busy_max", [0, 0.04, 1.01, "half", True, None])
async def test_a_budget_has_bounds(office: Office, busy_max: Any) -> None:
    status, answer = await office.post("/api/budget", {"busy_max": busy_max})
    assert (status, "field 'busy_max'" in answer["error"]) == (400, True)
    assert office.city.governor.busy_max == 0.9


# ---- closing, and what was done ------------------------------------------------------------------


async def test_the_city_is_closed_once_with_a_countdown_that_the_live_view_shows(office: Office) -> None:
    status, done = await office.post("/api/drain", {"seconds": 90})
    assert (status, done["closes_in_s"], office.stop.asked.is_set(), office.stop.seconds) == (200, 90, True, 90)
    assert 80 < (await office.get("/api/live", headers=VIEWER))[1]["closes_in_s"] <= 90
    assert (await office.post("/api/drain"))[0] == 409
    assert [row[1] for row in office.written] == ["drain 90 s", "drain 90 s", "drain", "drain"]


@pytest.mark.parametrize("seconds", [-1, 3601, "soon", True])
async def test_a_countdown_has_bounds(office: Office, seconds: Any) -> None:
    status, answer = await office.post("/api/drain", {"seconds": seconds})
    assert (status, "field 'seconds'" in answer["error"]) == (400, True)
    assert not office.stop.asked.is_set()


async def test_what_operators_did_is_read_newest_first_and_page_by_page(office: Office) -> None:
    for name in ("a", "b"):
        await office.post("/api/announcements", {"text": name})
    _, first = await office.get("/api/audit?rows=3", headers=VIEWER)
    assert [(row["about"], row["result"][:4]) for row in first["rows"]] == [("b", "done"), ("b", "aske"), ("a", "done")]
    _, rest = await office.get(f"/api/audit?before={first['rows'][-1]['number']}", headers=VIEWER)
    assert [(row["by"], row["about"], row["result"]) for row in rest["rows"]] == [("ada", "a", "asked")]
    status, answer = await office.get("/api/audit?rows=101")
    assert (status, "field 'rows': expected int <= 100" in answer["error"]) == (400, True)
