"""Content is changed in a running city: what is shown is what is applied, and nobody is cut."""

import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from protocol import messages as m
from protocol.crystals import read_crystals
from server.journal import Journal
from server.ops import content as ops_content
from server.replay import replay
from server.settings import AuthSettings
from server.store.records import Arrival, Place
from tests.fakes import driven
from tests.flow.stages import WebSocketStage, staged
from tests.office import VIEWER, Office
from tests.scenario import Client, Scenario, content, deed
from tests.server.json_schema import faults
from world.config import CONTENT_DIR, FESTIVAL_FILE, TUNING_FILE

SECRET = "a secret of this city, forty bytes or so"
# In the plaza, in cm of the city.
PLAZA = Place(13_000, 8_000, 0)
GALA = """
[[show]]
name = "gala"
zone = "gate"
cue = [{ at_s = 0, kind = "grand_palm", colours = ["gold"], x_m = 90, z_m = 30 }]
"""


def where_she_stood_last(scenario: Scenario, place: Place) -> Client:
    """Somebody of the staff who comes in there: put there, she would not be in a replay."""
    (saved,) = driven(scenario.store.enter([Arrival("stella", None, "Stella")]))
    assert saved is not None
    known = scenario.store.players[saved.account]
    known.state = known.state._replace(place=place)
    claims = {"sub": "stella", "aud": "futurecity", "exp": int(time.time()) + 3600, "role": "staff"}
    stella = scenario.connect()
    stella.send(m.Hello(1, "Stella", jwt.encode(claims, SECRET, "HS256")))
    scenario.tick(10)
    assert (stella.frame.x, stella.frame.z) == (place.x, place.z)
    return stella


class Files:
    """A copy of the shipped content, to edit."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "content"
        shutil.copytree(CONTENT_DIR, self.directory)

    def edit(self, file: str, pattern: str, new: str) -> int:
        """Replace what matches first; the line that it is on."""
        path = self.directory / file
        text = path.read_text("utf-8")
        found = re.search(pattern, text, re.M | re.S)
        assert found, pattern
        path.write_text(text[: found.start()] + new + text[found.end() :], "utf-8")
        return text.count("\n", 0, found.start()) + 1

    def add(self, text: str) -> None:
        with (self.directory / FESTIVAL_FILE).open("a", encoding="utf-8") as file:
            file.write(text)

    def price(self, kind: str, cost: int) -> int:
        """A firework costs so much; the line that says it."""
        return 1 + self.edit(FESTIVAL_FILE, rf'name = "{kind}"\ncost = \d+', f'name = "{kind}"\ncost = {cost}')


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
async def office(files: Files) -> AsyncIterator[Office]:
    office = Office()
    office.city.content_dir = files.directory
    async with office.client:
        office.scenario.tick()
        yield office


async def difference(office: Office) -> dict[str, Any]:
    status, answer = await office.get("/content/difference", headers=VIEWER)
    assert status == 200, answer
    return answer


async def apply(office: Office, digest: str | None = None) -> tuple[int, dict[str, Any]]:
    """Apply what the difference is now, or was."""
    return await office.post("/content/apply", {"digest": digest or (await difference(office))["digest"]})


def keys(answer: dict[str, Any]) -> list[str]:
    return [change["key"] for change in answer["changes"]]


async def test_the_content_that_the_city_runs_on_has_no_difference_and_cannot_be_applied(office: Office) -> None:
    shown = await difference(office)
    assert (shown["valid"], shown["applicable"], shown["changes"], shown["faults"]) == (True, False, [], [])
    status, answer = await apply(office)
    assert (status, answer["error"]) == (409, "refused: the city runs on this content already")


async def test_a_difference_shows_what_is_another_what_is_new_and_what_is_gone(office: Office, files: Files) -> None:
    files.price("peony", 5)
    files.edit(TUNING_FILE, r"radius_m = 20\.0", "radius_m = 25.5")
    files.edit(FESTIVAL_FILE, r'\[\[rain\]\]\nname = "plaza_shower".*?\n\n', "")
    files.add(GALA)
    shown = await difference(office)
    assert shown["applicable"]
    told = {
        change["key"]: (change["file"], change["before"], change["after"], change["live"])
        for change in shown["changes"]
    }
    assert told.pop("rain.plaza_shower")[2] is None
    new = told.pop("show.gala")
    assert (new[1], '"grand_palm"' in new[2]) == (None, True)
    assert told == {
        "say.radius_m": (TUNING_FILE, "20.0", "25.5", True),
        "firework.peony.cost": (FESTIVAL_FILE, "3", "5", True),
    }


async def test_faults_are_shown_with_file_and_line_and_nothing_applies(office: Office, files: Files) -> None:
    good = files.price("willow", 9)
    seen = await difference(office)
    bad = files.price("peony", -1)
    shown = await difference(office)
    assert (shown["valid"], shown["applicable"], shown["digest"], shown["changes"]) == (False, False, None, [])
    (fault,) = shown["faults"]
    assert good != bad
    assert fault == {
        "file": FESTIVAL_FILE,
        "line": bad,
        "key": "firework[1].cost",
        "value": "-1",
        "allowed": "a whole number from 0 to 100000",
    }
    status, answer = await apply(office, seen["digest"])
    assert (status, answer["content"]["faults"]) == (409, [fault])
    assert office.city.config == content(1)


async def test_a_reload_changes_a_running_city_over_real_sockets_without_cutting_anybody(files: Files) -> None:
    async with staged("ws") as stage:
        assert isinstance(stage, WebSocketStage)
        office = Office(stage.scenario)
        office.city.content_dir = files.directory
        async with office.client:
            ada = await stage.join("Ada")
            files.price("peony", 7)
            files.price("sparkler", 0)
            files.add(GALA)
            status, answer = await apply(office)
            assert (status, answer["changes"], answer["zones"]) == (200, 3, len(office.city.zones))
            await stage.tick(3)
            assert ada.events("prices_changed") == [{"fireworks": {"peony": 7, "willow": 8, "grand_palm": 25}}]
            await ada.send(deed("light_firework", 1, kind="peony", colours=["gold"]))
            await ada.send(deed("light_firework", 2, kind="sparkler", colours=["gold"]))
            await stage.tick(4)
            assert [(each["cost"], each["balance"]) for each in ada.events("firework_settled")] == [(7, 93)]
            assert [each.reason for each in ada.all(m.Denied)] == ["not_for_sale"]
            assert (await office.post("/events/gala/start"))[0] == 200
            await stage.tick(4)
            assert "grand_palm" in [each["kind"] for each in ada.events("firework_launched")]
            async with stage.session.get(f"http://127.0.0.1:{stage.port}/city.json") as map_now:
                fireworks = (await map_now.json())["fireworks"]
            assert {each["name"]: each["cost"] for each in fireworks}["peony"] == 7
            ben = await stage.join("Ben")
            assert ben.welcome.deeds["light_firework"]["kind"]["one_of"] == ["peony", "willow", "grand_palm"]
            assert "sparkler" in ada.welcome.deeds["light_firework"]["kind"]["one_of"]
            assert ada.closed_with is None
            assert ada.frame.tick >= stage.scenario.city.tick - 2


async def test_a_journal_with_a_reload_and_a_rehearsal_in_it_replays_bit_for_bit(tmp_path: Path, files: Files) -> None:
    path = tmp_path / "city.journal"
    journal = Journal.open(path, content(1))
    office = Office(Scenario(journal=journal, auth=AuthSettings(key=SecretStr(SECRET))))
    office.city.content_dir = files.directory
    async with office.client:
        office.scenario.join_all(["Ada", "Ben"])
        stella = where_she_stood_last(office.scenario, PLAZA)
        assert (await office.post("/events/crystal_rain/rehearse"))[0] == 200
        office.scenario.tick(200)
        nearest = read_crystals(stella.last(m.Crystals).rows)["crystal"][0]
        stella.send(deed("pick_up_crystal", 1, crystal=int(nearest)))
        office.scenario.tick(4)
        assert len(stella.events("crystal_rehearsed")) == 1
        files.edit(FESTIVAL_FILE, r"number = 5000", "number = 40")
        files.price("peony", 7)
        files.add(GALA)
        assert (await apply(office))[0] == 200
        for path_of in ("crystal_rain/cancel", "crystal_rain/start", "gala/start"):
            assert (await office.post(f"/events/{path_of}"))[0] == 200
            office.scenario.tick(30)
    assert office.city.config != content(1)
    journal.close()
    report = replay(path)
    assert report.same, list(report.lines())
    assert (report.ended, report.failures) == ("closed", ())


async def test_what_is_applied_is_what_was_shown(office: Office, files: Files) -> None:
    files.price("peony", 5)
    seen = await difference(office)
    files.price("peony", 6)
    status, answer = await apply(office, seen["digest"])
    assert (status, answer["error"]) == (409, "refused: the content is not as it was when it was checked")
    assert [change["after"] for change in answer["content"]["changes"]] == ["6"]
    assert office.city.config == content(1)
    files.price("peony", 5)
    assert (await apply(office, seen["digest"]))[0] == 200
    assert (await apply(office, seen["digest"]))[0] == 409


async def test_one_change_that_needs_a_restart_holds_the_others_back(office: Office, files: Files) -> None:
    files.price("peony", 5)
    files.edit(TUNING_FILE, r"run_m_s = 6\.0", "run_m_s = 5.5")
    shown = await difference(office)
    assert (shown["valid"], shown["applicable"], keys(shown)) == (
        True,
        False,
        ["movement.run_m_s", "firework.peony.cost"],
    )
    assert "predict" in shown["changes"][0]["needs_restart"]
    status, answer = await apply(office, shown["digest"])
    assert status == 409
    assert "movement.run_m_s needs a restart" in answer["error"]
    assert all(zone.world.config == content(1) for zone in office.city.zones)


async def test_who_applied_what_is_in_the_ops_log(office: Office, files: Files) -> None:
    files.price("peony", 5)
    digest = (await difference(office))["digest"]
    await apply(office, digest)
    assert office.written == [
        ("ada", "reload", f"content {digest}", "asked"),
        ("ada", "reload", f"content {digest}", "done: 1 changes: firework.peony.cost"),
    ]
    assert office.scenario.sample("operations_total", kind="reload", outcome="done") == 1


async def test_a_name_is_not_given_again_before_the_turn_of_before_is_over(office: Office, files: Files) -> None:
    await office.post("/events/plaza_shower/start")
    rain = r'\[\[rain\]\]\nname = "plaza_shower".*?\n\n'
    text = (files.directory / FESTIVAL_FILE).read_text("utf-8")
    files.edit(FESTIVAL_FILE, rain, "")
    assert (await apply(office))[0] == 200
    assert (await office.state("plaza_shower"))["state"] == "running"
    (files.directory / FESTIVAL_FILE).write_text(text, "utf-8")
    status, answer = await apply(office)
    assert (status, answer["error"]) == (409, "refused: plaza_shower of before is not over yet")
    await office.post("/events/plaza_shower/cancel")
    office.scenario.tick(20)
    assert (await apply(office))[0] == 200
    assert (await office.state("plaza_shower"))["state"] == "idle"


async def test_what_would_be_too_much_for_the_journal_is_refused(
    office: Office, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops_content, "JOURNAL_BYTES_MAX", 10_000)
    files.price("peony", 5)
    status, answer = await apply(office)
    assert (status, "too large for the journals" in answer["error"]) == (409, True)


async def test_long_lists_and_long_values_are_cut_and_counted(office: Office, files: Files) -> None:
    cues = ", ".join('{ at_s = 1, kind = "nova", colours = ["gold"], x_m = 1, z_m = 1 }' for _ in range(250))
    files.add(f'[[show]]\nname = "huge"\nzone = "gate"\ncue = [{cues}]\n')
    shown = await difference(office)
    assert (len(shown["faults"]), shown["more"]) == (200, 50)
    files.edit(FESTIVAL_FILE, r"\bnova\b", "willow")
    path = files.directory / FESTIVAL_FILE
    path.write_text(path.read_text("utf-8").replace("nova", "willow"), "utf-8")
    (change,) = (await difference(office))["changes"]
    assert (len(change["after"]), change["after"][-1]) == (201, "…")


async def test_answers_fit_their_schemas(office: Office, files: Files) -> None:
    async with office.client.get("/api/openapi.json") as answer:
        described = await answer.json()
    known = described["components"]["schemas"]

    def schema(method: str, path: str) -> Any:
        return described["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]

    files.price("peony", 5)
    shown = await difference(office)
    assert list(faults(shown, schema("get", "/content/difference"), known)) == []
    status, said = await apply(office, shown["digest"])
    assert (status, list(faults(said, schema("post", "/content/apply"), known))) == (200, [])


@pytest.mark.parametrize("digest", ["", "xyz", "A" * 32, "0" * 33, 5, None])
async def test_a_digest_that_is_none_is_named_and_nothing_is_written(office: Office, digest: Any) -> None:
    status, answer = await office.post("/content/apply", {"digest": digest})
    assert (status, answer["field"]) == (400, "digest")
    assert office.written == []
