"""Somebody at a browser: what they see, what the page says of itself, and what they press."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from playwright.async_api import Browser, Locator, Page, ViewportSize

# Far longer than anything takes on an idle machine; whoever waits so long has failed.
PATIENCE_S = 30.0
_AGAIN_S = 0.05
# As few pixels as a page can have, since a processor draws them; small enough to be fast, large enough to be a page.
SMALL = ViewportSize(width=480, height=320)

# From the very first script on: what the page was kept from doing, and what broke in it. And a display of ten frames a
# second: they are drawn by the processor, and the city wants some of it, too.
_WATCH = """
const frames = window.requestAnimationFrame.bind(window)
window.requestAnimationFrame = (draw) => window.setTimeout(() => frames(draw), 90)
window.cancelAnimationFrame = window.clearTimeout.bind(window)
window.watched = { violations: [], errors: [] }
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
  watched.violations.push(`${violatedDirective}: ${blockedURI} ${sample}`))
addEventListener('error', ({ message }) => watched.errors.push(String(message)))
addEventListener('unhandledrejection', ({ reason }) => watched.errors.push(String(reason)))
"""


class Visitor:
    """One page in a context of its own, so that nobody has another's memory. Made by `visiting`."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def come(self, url: str, name: str) -> None:
        """Open the page, say a name at the gate and walk in; does not wait to be let in."""
        await self.page.goto(url)
        await self.find("name").fill(name)
        await self.find("enter").click()

    async def join(self, url: str, name: str) -> None:
        """The same, and wait until the city is there and drawn."""
        await self.come(url, name)
        await self.inside()

    async def inside(self) -> None:
        """Wait until we are in the city and it is drawn: until the first frame is, a page does nothing else."""
        drawn = "(city.status().flat || city.stats()?.intervalMs > 0)"
        await self.until(f"city.status().screen === '' && city.me() !== null && {drawn}")

    async def see(self, expression: str) -> Any:
        """What an expression of JavaScript says in which `city` is `window.futureCity`."""
        return await self.page.evaluate(f"() => {{ const city = window.futureCity; return {expression} }}")

    async def until(self, expression: str, patience_s: float = PATIENCE_S) -> Any:
        """What that expression says as soon as it is anything; AssertionError when that is not in time."""
        deadline_s = monotonic() + patience_s
        while not (seen := await self.see(expression)):
            assert monotonic() < deadline_s, f"never {expression}; the page says {await self._state()}"
            await asyncio.sleep(_AGAIN_S)
        return seen

    def find(self, test: str) -> Locator:
        """The element with that `data-testid`."""
        return self.page.get_by_test_id(test)

    async def place(self) -> tuple[float, float]:
        """Where we are drawn, cm of the city: east and north."""
        x, z = await self.see("[city.me().x, city.me().z]")
        return x, z

    @asynccontextmanager
    async def holding(self, *keys: str) -> AsyncIterator[None]:
        """Keys that are held meanwhile, by their codes."""
        for key in keys:
            await self.page.keyboard.down(key)
        try:
            yield
        finally:
            for key in keys:
                await self.page.keyboard.up(key)

    async def meet(self, other: "Visitor") -> None:
        """Wait until we see that visitor, and know their name."""
        entity, name = await other.see("[city.me().entity, city.me().name]")
        await self.until(f"city.avatars().some((each) => each.entity === {entity} && each.name === {json.dumps(name)})")

    async def say(self, text: str) -> None:
        """Say it as people do: Enter, the words, Enter."""
        await self.page.keyboard.press("Enter")
        await self.find("say").fill(text)
        await self.find("say").press("Enter")

    async def leave(self) -> None:
        """Go for good, so that no body stands about; nothing to do where there is nobody."""
        await self.page.evaluate("() => document.querySelector('[data-testid=leave]')?.click()")

    async def watched(self) -> dict[str, list[str]]:
        """What the page's policy has kept from happening, and what has broken in it."""
        found: dict[str, list[str]] = await self.page.evaluate("() => window.watched")
        return found

    async def _state(self) -> Any:
        return await self.see("({ ...city.status(), me: city.me(), text: document.body.innerText.slice(0, 400) })")


@asynccontextmanager
async def visiting(browser: Browser, size: ViewportSize = SMALL, touch: bool = False) -> AsyncIterator[Visitor]:
    """A fresh page, not opened yet; gone with all it remembers afterwards."""
    context = await browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
    try:
        await context.add_init_script(_WATCH)
        visitor = Visitor(await context.new_page())
        yield visitor
        await visitor.leave()
    finally:
        await context.close()
