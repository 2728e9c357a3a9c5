"""`make screenshots`: takes the pictures of the README in real cities with real crowds.

Everything is drawn by the processor, a frame of a full plaza in most of a second: do it on an idle machine. Each
picture is a JPEG of less than 250 KB beside the page.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, ViewportSize

from loadtest.server_process import ServerProcess
from loadtest.steering import Steering
from tests.browser.chromium import chromium
from tests.browser.city import Arrival, game_of, open_city, page_of
from tests.browser.visitor import Visitor, visiting

PICTURES = Path(__file__).parents[2] / "client" / "city" / "screenshots"
BYTES_MAX = 250_000

WIDE = ViewportSize(width=1280, height=720)
DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
CROWD = 1000
# So many are near, and as figures, before the plaza counts as full.
SEEN_MIN = 900
# A crowd of a thousand comes within seconds and takes a while to spread; frames take seconds, too.
PATIENCE_S = 300.0


async def main(names: Sequence[str]) -> None:
    """Those of these names, or all, one after the other. Raises KeyError for a name that is none."""
    every = (waiting_room, phone, fireworks, plaza, console)
    takes = {take.__name__.replace("_", "-"): take for take in every}
    PICTURES.mkdir(exist_ok=True)
    async with chromium() as browser:
        for take in [takes[name] for name in names or takes]:
            with TemporaryDirectory() as where:
                await take(browser, Path(where))


async def plaza(browser: Browser, where: Path) -> None:
    """A thousand people around the great crystal."""
    async with crowded(where) as city, visiting(browser, WIDE) as visitor:
        await visitor.join(page_of(city), "Ada")
        await visitor.until(f"{_drawn()} > {SEEN_MIN}", PATIENCE_S)
        await look(visitor, right=0, down=50, back=900)
        await keep(visitor, "plaza")
        # What the page's README quotes.
        print(await visitor.see("city.stats()"))


async def console(browser: Browser, where: Path) -> None:
    """What an operator sees of them."""
    async with crowded(where) as city, visiting(browser, DESK) as desk:
        await desk.page.goto(f"{city.ops_url}/console")
        await desk.page.get_by_label("Token").fill(city.ops_token)
        await desk.page.get_by_role("button", name="Sign in").click()
        # Long enough for the plots to have something to show, and for the crowd to spread.
        await desk.page.wait_for_timeout(30_000)
        await keep(desk, "console")


async def fireworks(browser: Browser, where: Path) -> None:
    """The end of the show over the bay, from the field before the stage."""
    async with (
        open_city(where, 100, Arrival("stage", 52, 16, 4)) as city,
        bots(city, "stroll", 60),
        visiting(browser, WIDE) as visitor,
    ):
        await visitor.join(page_of(city), "Ada")
        await look(visitor, right=204, down=-100)
        await Steering(city.ops_url, city.ops_token).start_event("bay_finale")
        palms = "city.bursts(city.tick()).filter((each) => each.kind === 'grand_palm')"
        # The three at its end, in the middle of their burst.
        burst = f"{palms}.filter((each) => each.burstTick + 20 < city.tick()).length > 2"
        await visitor.until(f"{burst} && city.stats().sparks > 800", PATIENCE_S)
        await keep(visitor, "fireworks")


async def waiting_room(browser: Browser, where: Path) -> None:
    """The third in line at the door of a city for one."""
    async with open_city(where, 1, Arrival("gate", 46, 36), players_max=1) as city, AsyncExitStack() as pages:
        for n in range(4):
            visitor = await pages.enter_async_context(visiting(browser, ViewportSize(width=960, height=600)))
            await visitor.come(page_of(city), f"Guest {n}")
            await visitor.until("city.status().screen === 'queued' || city.me() !== null")
        await keep(visitor, "waiting-room")


async def phone(browser: Browser, where: Path) -> None:
    """Held upright, among some people who talk."""
    async with (
        open_city(where, 100, Arrival("crystal_plaza", 50, 19, 5)) as city,
        bots(city, "stroll", 40),
        visiting(browser, PHONE, touch=True) as visitor,
    ):
        await visitor.join(page_of(city), "Ada")
        await visitor.until(f"{_drawn()} > 20", PATIENCE_S)
        await visitor.say("Where is the show?")
        await visitor.find("bubble").filter(has_text="Where is the show?").wait_for()
        await keep(visitor, "phone")


@asynccontextmanager
async def crowded(where: Path) -> AsyncIterator[ServerProcess]:
    """A city with a thousand people in the plaza."""
    async with open_city(where, CROWD + 10, Arrival("crystal_plaza", 50, 18, 8)) as city, bots(city, "plaza", CROWD):
        yield city


@asynccontextmanager
async def bots(city: ServerProcess, scenario: str, count: int) -> AsyncIterator[None]:
    """A crowd of the load test, in a process of its own."""
    words = ["loadtest", scenario, "--target", game_of(city), "--bots", str(count), "--seconds", "600"]
    tether = [sys.executable, "-m", "loadtest.tether", str(os.getpid())]
    crowd = await asyncio.create_subprocess_exec(
        *tether,
        sys.executable,
        "-m",
        "server",
        *words,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        crowd.terminate()
        await crowd.wait()


async def look(visitor: Visitor, right: int, down: int, back: int = 0) -> None:
    """Turn the view by a drag of so many pixels, and step back by so much of the wheel."""
    mouse, size = visitor.page.mouse, visitor.page.viewport_size
    assert size is not None
    x, y = size["width"] / 2, size["height"] / 2
    await mouse.move(x, y)
    await mouse.wheel(0, back)
    await mouse.down()
    await mouse.move(x + right, y + down, steps=5)
    await mouse.up()


async def keep(visitor: Visitor, name: str) -> None:
    """Write what is seen now; in fewer colours if it is too large otherwise."""
    path = PICTURES / f"{name}.jpg"
    for quality in (85, 75, 65, 50):
        await visitor.page.screenshot(
            path=path, type="jpeg", quality=quality, animations="disabled", timeout=PATIENCE_S * 1000
        )
        if path.stat().st_size <= BYTES_MAX:
            break
    print(f"{path.relative_to(Path.cwd())}: {path.stat().st_size // 1000} KB, quality {quality}")


def _drawn() -> str:
    """How many people are drawn, in any detail."""
    return "(({ near, middle, far }) => near + middle + far)(city.stats())"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
