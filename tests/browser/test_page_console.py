"""What operators do at their console arrives in the city, and in the pages of those who are in it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, ViewportSize, expect

from loadtest.client import Closed, Player
from loadtest.server_process import ServerProcess
from protocol.errors import CloseCode
from tests.browser.conftest import CLEAN
from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

DESK = ViewportSize(width=1100, height=800)
RAIN = "crystal_rain"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, city: ServerProcess) -> AsyncIterator[Visitor]:
    """An operator who has signed in."""
    async with visiting(browser, DESK) as desk:
        await desk.page.goto(f"{city.ops_url}/console")
        await _sign_in(desk, city.ops_token)
        await expect(desk.page.locator("#desk")).to_be_visible()
        yield desk
        assert await desk.watched() == CLEAN


async def _sign_in(desk: Visitor, token: str) -> None:
    await desk.page.get_by_label("Token").fill(token)
    await desk.page.get_by_role("button", name="Sign in").click()


async def test_a_wrong_token_opens_nothing(browser: Browser, city: ServerProcess) -> None:
    async with visiting(browser, DESK) as stranger:
        await stranger.page.goto(f"{city.ops_url}/console")
        async with stranger.page.expect_response("**/api/sign-in") as answer:
            await _sign_in(stranger, "not the token of this city")
        assert (await answer.value).status == 401
        await expect(stranger.page.get_by_role("alert")).to_have_text("This is not the token.")
        await expect(stranger.page.locator("#desk")).to_be_hidden()
        assert (await stranger.page.request.get(f"{city.ops_url}/api/live")).status == 401


async def test_a_rain_that_is_started_falls_and_one_that_is_cancelled_ends(desk: Visitor, city: ServerProcess) -> None:
    row = desk.page.locator("#events tr").filter(has_text=RAIN.replace("_", " "))
    await row.get_by_role("button", name="Start").click()
    await expect(row).to_contain_text("running")
    assert (await _told(desk, city))["state"] == "running"
    await row.get_by_role("button", name="Cancel").click()
    await expect(row).not_to_contain_text("running")
    # What has fallen already may lie there for a while yet.
    assert (await _told(desk, city))["state"] in ("ending", "idle")


async def test_whoever_is_kicked_reads_why_be_it_a_bot_or_a_person(desk: Visitor, ada: Visitor, bot: Player) -> None:
    await _send_away(desk, "Robot", "Kick", "robots sleep now")
    with pytest.raises(Closed) as end:
        async for _ in bot:
            pass
    assert (end.value.code, end.value.reason) == (CloseCode.KICKED, "robots sleep now")
    await _send_away(desk, "Ada", "Kick", "no running indoors")
    await expect(ada.find("screen")).to_contain_text("You were sent away")
    await expect(ada.find("screen")).to_contain_text("no running indoors")
    await expect(ada.find("screen")).to_contain_text("Trying again in")


async def test_whoever_is_banned_reads_why_and_is_not_let_in_again(desk: Visitor, ada: Visitor) -> None:
    await _send_away(desk, "Ada", "Ban", "no lies about crystals")
    await expect(ada.find("screen")).to_contain_text("You may not come in")
    await expect(ada.find("screen")).to_contain_text("no lies about crystals")
    await ada.find("again").click()
    await ada.find("enter").click()
    await expect(ada.find("screen")).to_contain_text("no lies about crystals")


async def test_an_announcement_is_on_every_page_as_text(desk: Visitor, ada: Visitor) -> None:
    await desk.page.get_by_label("Text, shown to everybody").fill("The <b>show</b> begins at nine")
    await desk.page.get_by_role("button", name="Announce").click()
    await expect(ada.find("announcement")).to_have_text("The <b>show</b> begins at nine")
    await expect(ada.find("announcement")).to_be_visible()
    await expect(ada.find("chat")).to_contain_text("The <b>show</b> begins at nine")


async def test_a_budget_is_set_and_then_shown_beside_what_the_city_takes(desk: Visitor) -> None:
    await desk.page.get_by_label("Percent of a core").fill("95")
    await desk.page.get_by_role("button", name="Set", exact=True).click()
    await expect(desk.page.locator("#notice")).to_contain_text("detail is shed from 95 % on")
    await expect(desk.page.locator("#figures")).to_contain_text("of 95 %")


async def _told(desk: Visitor, city: ServerProcess) -> dict[str, str]:
    """What the city itself says of the rain."""
    events = (await (await desk.page.request.get(f"{city.ops_url}/events")).json())["events"]
    return next(event for event in events if event["name"] == RAIN)


async def _send_away(desk: Visitor, name: str, how: str, why: str) -> None:
    """Find the newest of that name, and say why."""
    page = desk.page
    await page.get_by_label("Name begins with").fill(name)
    await page.get_by_role("button", name="Search").click()
    found: Locator = page.locator("#people tbody tr").filter(has_text="connected").filter(has_text=name)
    await found.last.get_by_role("button", name=how).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Why").fill(why)
    await dialog.get_by_role("button", name=how).click()
    await expect(page.locator("#notice")).to_contain_text(f"{name}: {how.lower()}")
