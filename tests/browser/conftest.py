"""One browser and one city for all tests of the page, whose visitors come and go."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from loadtest.client import Player
from loadtest.server_process import ServerProcess
from tests.browser.chromium import chromium
from tests.browser.city import Arrival, game_of, open_city, page_of
from tests.browser.visitor import Visitor, visiting
from tests.programs import BROWSER, left_out

collect_ignore_glob = ["test_page_*"] if left_out(BROWSER, os.environ) else []

# More than any test brings in.
PEOPLE = 20
# A crystal always lies six metres to the north-east, the wall of a gatehouse is twelve to the south, the plaza begins
# 24 to the north.
ARRIVAL = Arrival("gate", 46, 36)
# A page that is used as it should be is kept from nothing by its policy, and breaks nowhere.
CLEAN: dict[str, list[str]] = {"violations": [], "errors": []}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    async with open_city(tmp_path_factory.mktemp("city"), PEOPLE, ARRIVAL) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def ada(browser: Browser, city: ServerProcess) -> AsyncIterator[Visitor]:
    async with _visitor(browser, city, "Ada") as ada:
        yield ada


@pytest_asyncio.fixture(loop_scope="session")
async def bo(browser: Browser, city: ServerProcess) -> AsyncIterator[Visitor]:
    async with _visitor(browser, city, "Bo") as bo:
        yield bo


@pytest_asyncio.fixture(loop_scope="session")
async def bot(city: ServerProcess) -> AsyncIterator[Player]:
    """A stranger on the real protocol, who has come in just where everybody does."""
    async with Player.join(game_of(city), name="Robot") as bot:
        await bot.next_frame()
        yield bot


@asynccontextmanager
async def _visitor(browser: Browser, city: ServerProcess, name: str) -> AsyncIterator[Visitor]:
    """Somebody in the city, whose page must end clean."""
    async with visiting(browser) as visitor:
        await visitor.join(page_of(city), name)
        yield visitor
        assert await visitor.watched() == CLEAN
