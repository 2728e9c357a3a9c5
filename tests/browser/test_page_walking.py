"""The page opens, lets people in by their name, and walks them through the real city."""

import pytest
from playwright.async_api import expect

from loadtest.client import Player
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

# cm of the city: where everybody appears (ARRIVAL), the north wall of a gatehouse, and the edge of gate and plaza.
ARRIVAL_X, ARRIVAL_Z = 10_600, 3600
WALL_Z, WALL_WEST, WALL_EAST = 2400, 7600, 10_000
BORDER_Z = 6000
# Where we are drawn may be guessed ahead by a hand's breadth before a frame says otherwise.
NEAR_CM = 15
# A city that is late for a moment is behind its guests by this much at most.
AHEAD_CM = 500


async def test_whoever_says_a_name_is_let_in_stands_at_the_gate_and_is_known_by_it(ada: Visitor, bot: Player) -> None:
    x, z = await ada.place()
    assert max(abs(x - ARRIVAL_X), abs(z - ARRIVAL_Z)) <= 150
    assert await ada.see("[city.me().name, city.me().zone, city.status().flat]") == ["Ada", "gate", False]
    await expect(ada.find("city")).to_be_visible()
    await expect(ada.find("screen")).to_be_hidden()
    await expect(ada.find("balance")).to_have_text("100")
    await ada.until("city.stats().drawCalls > 5 && city.stats().triangles > 1000")
    entity = await ada.see("city.me().entity")
    while entity not in bot.profiles:
        await bot.next_frame()
    assert bot.profiles[entity].name == "Ada"


async def test_a_wall_stops_whoever_walks_into_it_and_lets_them_slide_along(ada: Visitor) -> None:
    async with ada.holding("KeyS", "KeyA", "ShiftLeft"):
        await ada.until(f"city.me().z < {WALL_Z} + 100")
        before = await ada.place()
        assert WALL_WEST < before[0] < WALL_EAST
        await ada.until(f"city.me().x < {before[0]} - 300")
        x, z = await ada.place()
        assert x > WALL_WEST
        assert WALL_Z - NEAR_CM <= z <= WALL_Z + 100


async def test_whoever_crosses_a_border_stays_who_they_are_and_sees_across_it(ada: Visitor, bot: Player) -> None:
    await ada.until(f"city.avatars().some((each) => each.entity === {bot.entity})")
    entity = await ada.see("city.me().entity")
    await ada.find("quality").click()
    await expect(ada.find("quality-details")).to_contain_text("gate, tick")
    async with ada.holding("KeyW", "ShiftLeft"):
        await ada.until(f"city.me().z > {BORDER_Z} + {AHEAD_CM}")
    await ada.until("city.me().zone === 'crystal_plaza'", patience_s=2)
    await expect(ada.find("quality-details")).to_contain_text("crystal plaza, tick", timeout=2000)
    assert await ada.see("[city.me().entity, city.status().connection]") == [entity, "in"]
    tick = await ada.see("city.tick()")
    await ada.until(f"city.tick() > {tick} + 20")
    assert await ada.see(f"city.avatars().some((each) => each.entity === {bot.entity})")


async def test_a_page_that_nobody_looks_at_walks_on_nowhere(ada: Visitor, bot: Player) -> None:
    entity = await ada.see("city.me().entity")
    async with ada.holding("KeyD"):
        await ada.until(f"city.me().x > {ARRIVAL_X} + 250")
        # As browsers do it: there are no more frames in which a page could see what is pressed.
        await ada.page.evaluate("""() => {
            window.requestAnimationFrame = () => 0
            Object.defineProperty(document, 'hidden', { get: () => true })
            document.dispatchEvent(new Event('visibilitychange'))
        }""")
        # What it has said before has been done a second later.
        there = await _seen(bot, entity, frames=10)
        assert await _seen(bot, entity, frames=10) == there


async def _seen(bot: Player, entity: int, frames: int) -> tuple[int, int]:
    """Where the bot sees somebody after so many frames of its own."""
    for _ in range(frames):
        await bot.next_frame()
    return bot.neighbours[entity].x, bot.neighbours[entity].z
