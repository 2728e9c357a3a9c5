"""What shines: a crystal that is picked up is in the books, and a firework is the same for everybody who sees it."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

GIFT = 100
PEONY_COST = 3
# How far apart two pages of one machine may be in what they think the city's time is, in ticks of 50 ms.
TICKS_APART_MAX = 2.0
# Where the city has left ticks out, pages hear of it with their next Pong, five seconds later at most, and glide.
CLOCKS_AGREE_S = 20


async def test_a_crystal_that_one_runs_over_is_ours_and_still_is_after_a_reload(ada: Visitor) -> None:
    await ada.until("city.crystals().length > 0", patience_s=40)
    assert await ada.see("city.balance()") == GIFT
    async with ada.holding("KeyW", "KeyD", "ShiftLeft"):
        await ada.until(f"city.balance() > {GIFT}")
    assert await ada.see("city.balance()") == GIFT + 1
    await expect(ada.find("balance")).to_have_text(str(GIFT + 1))
    await expect(ada.find("note")).to_contain_text(f"you have {GIFT + 1}")
    entity = await ada.see("city.me().entity")
    await ada.page.reload()
    await ada.find("enter").click()
    await ada.inside()
    assert await ada.see("[city.me().entity, city.balance()]") == [entity, GIFT + 1]


async def test_a_firework_is_the_same_burst_at_the_same_time_in_two_browsers(ada: Visitor, bo: Visitor) -> None:
    await ada.page.keyboard.press("KeyF")
    await ada.find("colour-rose").click()
    await ada.find("firework-peony").click()
    # A show that has begun meanwhile has rose peonies, too.
    lighter = await ada.see("city.me().entity")
    rising = f"city.bursts(city.tick()).find((each) => each.entity === {lighter})"
    mine, yours = await asyncio.gather(*(each.until(rising) for each in (ada, bo)))
    assert {**mine, "sparks": 0} == {**yours, "sparks": 0}
    assert mine["kind"] == "peony"
    assert mine["startTick"] < mine["burstTick"] < mine["endTick"]
    middle = (mine["burstTick"] + mine["endTick"]) // 2
    shapes = await asyncio.gather(*(_sparks(each, mine["seed"], middle) for each in (ada, bo)))
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 50
    assert shapes[0] != await _sparks(ada, mine["seed"], middle + 1)
    # Both draw it, at the same moment by the wall's clock.
    await ada.until(f"city.tick() > {mine['burstTick']} + 2")
    await asyncio.gather(*(each.until("city.stats().sparks > 20") for each in (ada, bo)))
    async with asyncio.timeout(CLOCKS_AGREE_S):
        while await _ticks_apart(ada, bo) >= TICKS_APART_MAX:
            pass
    await expect(ada.find("balance")).to_have_text(str(GIFT - PEONY_COST))
    await expect(bo.find("balance")).to_have_text(str(GIFT))


async def _ticks_apart(one: Visitor, other: Visitor) -> float:
    """How far apart two pages are in what they think the city's time is, by the clock of the machine."""
    began = [await each.see("city.tick() * 50 - performance.timeOrigin - performance.now()") for each in (one, other)]
    return float(abs(began[0] - began[1])) / 50


async def _sparks(visitor: Visitor, seed: int, tick: int) -> list[Any]:
    """Where the sparks of a firework are at a tick, as that page draws them."""
    sparks: list[Any] = await visitor.see(f"city.bursts({tick}).find((each) => each.seed === {seed}).sparks")
    return sparks
