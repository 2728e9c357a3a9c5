"""The page where it is not at home: in a browser that draws no three dimensions, and on phones, upright and turned."""

import pytest
from playwright.async_api import Browser, FloatRect, ViewportSize, expect

from loadtest.server_process import ServerProcess
from tests.browser.chromium import NO_3D, chromium
from tests.browser.city import page_of
from tests.browser.conftest import CLEAN
from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

# How many colours the map is drawn in.
COLOURS = """((canvas) => new Set(new Uint32Array(
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size
)(document.querySelector('[data-testid=flat]'))"""
ON_A_PHONE = ("map", "jump", "run", "stick", "say", "balance", "leave", "emote-wave")


async def test_without_webgl_the_city_is_a_map_that_one_walks_on(city: ServerProcess) -> None:
    async with chromium(NO_3D) as browser, visiting(browser) as visitor:
        await visitor.join(page_of(city), "Ada")
        assert await visitor.see("[city.status().flat, city.stats()]") == [True, None]
        await expect(visitor.find("flat")).to_be_visible()
        await expect(visitor.find("city")).to_have_count(0)
        await expect(visitor.find("note")).to_contain_text("no WebGL")
        await visitor.until(f"{COLOURS} > 4", patience_s=5)
        x, _ = await visitor.place()
        async with visitor.holding("KeyD"):
            await visitor.until(f"city.me().x > {x} + 150")
        assert await visitor.watched() == CLEAN


@pytest.mark.parametrize("size", [(480, 320), (390, 844), (844, 390)], ids=lambda size: "{}x{}".format(*size))
async def test_on_a_phone_everything_is_in_reach_and_nothing_covers_anything_else(
    browser: Browser, city: ServerProcess, size: tuple[int, int]
) -> None:
    width, height = size
    async with visiting(browser, ViewportSize(width=width, height=height), touch=True) as visitor:
        await visitor.join(page_of(city), "Ada")
        boxes = {name: await _box(visitor, name) for name in ON_A_PHONE}
        outside = [name for name, box in boxes.items() if not _within(box, width, height)]
        covering = [(a, b) for a in boxes for b in boxes if a < b and _overlap(boxes[a], boxes[b])]
        assert (outside, covering) == ([], [])
        before = await visitor.place()
        await _pull_stick_up(visitor, boxes["stick"])
        await visitor.until(f"city.me().z > {before[1]} + 100")
        assert await visitor.watched() == CLEAN


async def _pull_stick_up(visitor: Visitor, stick: FloatRect) -> None:
    mouse = visitor.page.mouse
    x, y = stick["x"] + stick["width"] / 2, stick["y"] + stick["height"] / 2
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x, y - stick["height"] / 2)


async def _box(visitor: Visitor, name: str) -> FloatRect:
    box = await visitor.find(name).bounding_box()
    assert box is not None, f"{name} is not shown"
    return box


def _within(box: FloatRect, width: int, height: int) -> bool:
    return box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height


def _overlap(a: FloatRect, b: FloatRect) -> bool:
    beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    return not beside and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]
