"""What stands between people and the city: a lost link, a full house, and a page that is too old."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, WebSocketRoute, expect

from loadtest.server_process import ServerProcess
from protocol.errors import CloseCode
from tests.browser.city import open_city, page_of
from tests.browser.conftest import ARRIVAL, CLEAN
from tests.browser.road import HOST, road_to
from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """Somebody who has not come yet."""
    async with visiting(browser) as visitor:
        yield visitor


async def test_a_lost_link_comes_back_by_itself_into_the_same_body(city: ServerProcess, visitor: Visitor) -> None:
    async with road_to(city.targets["ws"].port) as road:
        await visitor.join(f"http://{HOST}:{road.port}/", "Ada")
        async with visitor.holding("KeyD"):
            start = await visitor.place()
            await visitor.until(f"city.me().x > {start[0]} + 300")
        before = await visitor.see("[city.me().entity, city.me().name]")
        road.cut()
        await visitor.until("city.status().screen === 'away' && city.status().connection === 'away'")
        await expect(visitor.find("screen")).to_contain_text("Your place is kept.")
        await expect(visitor.find("screen")).to_contain_text("Trying again in")
        road.mend()
        await visitor.inside()
        assert await visitor.see("[city.me().entity, city.me().name]") == before
        place = await visitor.place()
        # Steps that the city had not heard of when the link was lost were never made.
        assert place[0] > start[0] + 50
        # The new link is as good as the old one: it hears what is done and said.
        await visitor.say("I am back")
        await expect(visitor.find("chat")).to_contain_text("Ada I am back")
        assert await visitor.watched() == CLEAN


async def test_a_full_city_tells_ones_place_and_lets_one_in_when_another_leaves(
    browser: Browser, visitor: Visitor, tmp_path: Path
) -> None:
    async with open_city(tmp_path, 1, ARRIVAL, players_max=1) as tiny, visiting(browser) as first:
        await first.join(page_of(tiny), "First")
        await visitor.come(page_of(tiny), "Second")
        await visitor.until("city.status().screen === 'queued'")
        await expect(visitor.find("position")).to_have_text("1")
        await expect(visitor.find("screen")).to_contain_text("The city is full just now")
        await first.find("leave").click()
        await expect(first.find("screen")).to_contain_text("Good night")
        await visitor.inside()
        assert await visitor.see("city.me().name") == "Second"


async def test_a_page_that_the_city_has_replaced_says_to_load_it_again_and_then_is_the_new_one(
    city: ServerProcess, visitor: Visitor
) -> None:
    async def newer(route: Route) -> None:
        """What a city serves that was started again with another page; whoever opens it still gets ours."""
        if route.request.is_navigation_request():
            await route.continue_()
            return
        served = await (await route.fetch()).text()
        body, replaced = re.subn(r"/assets/index-[\w-]+\.js", "/assets/index-newer.js", served)
        assert replaced == 1
        await route.fulfill(body=body, content_type="text/html")

    await visitor.page.route(page_of(city), newer)
    await visitor.come(page_of(city), "Ada")
    await visitor.until("city.status().screen === 'closed' && city.status().connection === 'closed'")
    await expect(visitor.find("screen")).to_contain_text("A newer city is open")
    await expect(visitor.find("again")).to_have_text("Reload")
    await visitor.page.unroute(page_of(city))
    await visitor.find("again").click()
    await visitor.find("enter").click()
    await visitor.inside()
    assert await visitor.see("city.me().name") == "Ada"


async def test_a_page_whose_protocol_is_not_spoken_any_more_says_to_load_it_again(
    city: ServerProcess, visitor: Visitor
) -> None:
    async def too_old(socket: WebSocketRoute) -> None:
        await socket.close(code=CloseCode.UNSUPPORTED_VERSION, reason="versions spoken: 2")

    await visitor.page.route_web_socket(re.compile("/play$"), too_old)
    await visitor.come(page_of(city), "Ada")
    await expect(visitor.find("screen")).to_contain_text("A newer city is open")
    await expect(visitor.find("again")).to_have_text("Reload")
