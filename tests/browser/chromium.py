"""The browser that this machine has, without a window and without a graphics card."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.programs import BROWSER

# Everything is drawn by the processor; nothing of it is measured against a real graphics card.
SOFTWARE_3D = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_3D = ("--disable-gpu", "--disable-3d-apis")


@asynccontextmanager
async def chromium(flags: Sequence[str] = SOFTWARE_3D) -> AsyncIterator[Browser]:
    """A browser process; AssertionError where there is none."""
    (names,) = BROWSER.programs
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, f"there is none of {', '.join(names)}; Debian: apt-get install {BROWSER.package}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", *flags]
        )
        try:
            yield browser
        finally:
            await browser.close()
