"""The description of the ops API is true: every route is in it, and what each answers is as it says."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.office import BEARER, VIEWER, Office
from tests.server.json_schema import faults

WRONG = {"Authorization": "Bearer wrong wrong wrong"}
# What to say to each route so that it does something; the rest needs nothing. What content answers is in test_content.
BODIES: dict[str, Any] = {
    "/api/sign-in": {"token": "looking looking looking"},
    "/events/{name}/extend": {"seconds": 5},
    "/api/people/{account}/mute": {"seconds": 5},
    "/api/announcements": {"text": "hello"},
    "/api/budget": {"busy_max": 0.5},
}
# What has to be done before, for a 200.
FIRST = {
    "/events/{name}/pause": ["start"],
    "/events/{name}/resume": ["start", "pause"],
    "/events/{name}/extend": ["start"],
    "/events/{name}/cancel": ["start"],
    "/api/people/{account}/unmute": ["mute"],
    "/api/people/{account}/unban": ["ban"],
}


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    async with office.client:
        office.scenario.join("Ada")
        yield office


async def description(office: Office) -> dict[str, Any]:
    async with office.client.get("/api/openapi.json") as answer:
        said: dict[str, Any] = await answer.json()
        return said


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): told for path, methods in described["paths"].items() for method, told in methods.items()
    }


def placed(path: str) -> str:
    """With something that exists in the place of each {part}."""
    name = "say" if path.startswith("/deeds") else "crystal_rain"
    return path.replace("{name}", name).replace("{account}", "1")


async def test_what_is_described_is_what_is_served(office: Office) -> None:
    served = set()
    for route in office.application.router.routes():
        assert route.resource is not None
        if route.method != "HEAD":
            served.add((route.method, route.resource.canonical))
    assert served == operations(await description(office)).keys()


async def test_it_is_openapi_3_1_and_every_reference_in_it_leads_somewhere(office: Office) -> None:
    described = await description(office)
    assert described["openapi"] == "3.1.0"
    references = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", repr(described)))
    assert references <= described["components"]["schemas"].keys()
    assert all(told["summary"] for told in operations(described).values())


async def test_every_answer_fits_its_schema(office: Office) -> None:
    described = await description(office)
    known = described["components"]["schemas"]
    checked = 0
    for (method, path), told in operations(described).items():
        schema = told["responses"]["200"]["content"].get("application/json", {}).get("schema")
        if schema is None or path.endswith(("/kick", "/ban", "/apply")):
            continue
        for before in FIRST.get(path, []):
            earlier = path.rpartition("/")[0] + f"/{before}"
            await office.post(placed(earlier), BODIES.get(earlier))
        body = BODIES.get(path) if method == "POST" else None
        status, answer = await office.ask(method, placed(path), body)
        assert (status, list(faults(answer, schema, known))) == (200, []), path
        checked += 1
        if "{name}" in path and path.startswith("/events"):
            await office.post("/events/crystal_rain/cancel")
            office.scenario.tick(20)
    assert checked > 20


@pytest.mark.parametrize("action", ["kick", "ban"])
async def test_an_answer_to_sending_somebody_away_fits_its_schema(office: Office, action: str) -> None:
    described = await description(office)
    told = operations(described)["POST", f"/api/people/{{account}}/{action}"]
    status, answer = await office.post(f"/api/people/1/{action}")
    schema = told["responses"]["200"]["content"]["application/json"]["schema"]
    assert (status, list(faults(answer, schema, described["components"]["schemas"]))) == (200, [])


async def test_every_route_with_a_role_refuses_a_wrong_token_and_a_lesser_role(office: Office) -> None:
    described = await description(office)
    guarded = {where: told for where, told in operations(described).items() if "x-role" in told}
    assert {method for method, _ in guarded} == {"GET", "POST"}
    for (method, path), told in guarded.items():
        assert (await office.ask(method, placed(path), headers=WRONG))[0] == 401, path
        if told["x-role"] == "operator":
            assert (await office.ask(method, placed(path), headers=VIEWER))[0] == 403, path
        elif not path.endswith("/stream"):
            assert (await office.ask(method, placed(path), headers=VIEWER))[0] == 200, path
    assert office.written == []


async def test_everything_that_acts_takes_an_operator_and_a_body_that_fits(office: Office) -> None:
    acting = {path: told for (method, path), told in operations(await description(office)).items() if method == "POST"}
    for path, told in acting.items():
        if not path.startswith("/api/sign-"):
            assert told["x-role"] == "operator", path
        for body in (b"[", b"[]", b'{"nothing of the kind": 1}'):
            status, answer = await office.ask("POST", placed(path), headers=BEARER, data=body)
            assert (status, "the body of" in answer["error"]) == (400, True), (path, body)
    assert office.written == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": 1, "b": ["x"]}, 0),
        ({"a": 11}, 1),
        ({"a": True}, 1),
        ({"b": []}, 1),
        ({"a": 1, "b": [1]}, 1),
        ({"a": 1, "c": 1}, 1),
        ({"a": None}, 0),
    ],
)
def test_the_judge_of_schemas_finds_faults(value: Any, found: int) -> None:
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"anyOf": [{"type": "integer", "maximum": 10}, {"type": "null"}]},
            "b": {"type": "array", "items": {"$ref": "#/components/schemas/Word"}},
        },
    }
    assert len(list(faults(value, schema, {"Word": {"type": "string"}}))) == found
