"""People see each other in the page as they are, hear each other, and run nothing that anybody says."""

import pytest
from playwright.async_api import Browser, expect

from loadtest.client import Player
from loadtest.server_process import ServerProcess
from tests.browser.city import page_of
from tests.browser.conftest import CLEAN
from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

EAST, STAND, WALK = 64, 0, 1
# As long as names may be.
EVIL_NAME = "<img src=x onerror=a()>"
EVIL_WORDS = "<img src=x onerror='hacked=1'><script>hacked=1</script><a href=javascript:hacked=1>x</a>"
# Whatever of it would have become an element, or have run.
FOOTHOLDS = "[...document.querySelectorAll('img, a, iframe, object, script:not([src])')].length + (window.hacked ?? 0)"


async def test_everybody_near_is_seen_once_and_where_the_city_has_them(ada: Visitor, bo: Visitor, bot: Player) -> None:
    await ada.meet(bo)
    robot = f"city.avatars().find((each) => each.entity === {bot.entity})"
    await ada.until(f"{robot}?.name === 'Robot'")
    entities = await ada.see("city.avatars().map((each) => each.entity)")
    assert len(entities) == len(set(entities)) >= 2
    start = (await bot.next_frame()).x
    bot.move(steer=EAST, gait=WALK)
    await ada.until(f"{robot}.animation === {WALK}")
    stop = bot.move(steer=EAST, gait=STAND)
    while (state := await bot.next_frame()).input != stop:
        pass
    state = await bot.next_frame()
    assert state.x > start
    await ada.until(f"Math.hypot({robot}.x - {state.x}, {robot}.z - {state.z}) < 2", patience_s=5)


async def test_what_somebody_says_stands_over_them_and_in_the_chat_of_whoever_is_near(
    ada: Visitor, bo: Visitor
) -> None:
    await bo.meet(ada)
    await ada.say("Good evening!")
    await expect(bo.find("bubble").filter(has_text="Good evening!")).to_be_visible()
    await expect(bo.find("chat")).to_contain_text("Ada Good evening!")
    await expect(bo.find("name-plate").filter(has_text="Ada").first).to_be_visible()


async def test_another_look_and_name_are_seen_by_everybody_near(ada: Visitor, bo: Visitor) -> None:
    await bo.meet(ada)
    await ada.until("city.look().hair !== undefined")
    worn = await ada.see("city.look().hair")
    other = (worn + 1) % 3
    await ada.page.keyboard.press("KeyL")
    await ada.find("trait-hair").select_option(str(other))
    await ada.find("trait-height").fill("201")
    await ada.find("editor-name").fill("Ada the Tall")
    await ada.find("editor-save").click()
    await expect(ada.find("editor")).to_be_hidden()
    seen = await bo.until("city.avatars().find((each) => each.name === 'Ada the Tall')?.look")
    assert (seen["hair"], seen["height"]) == (other, 201)
    assert await ada.see("[city.look().hair, city.look().height]") == [other, 201]


async def test_a_name_and_a_word_that_are_markup_stay_text_wherever_they_are_shown(
    browser: Browser, city: ServerProcess, bo: Visitor
) -> None:
    assert await bo.see(FOOTHOLDS) == 0
    async with visiting(browser) as eve:
        await eve.join(page_of(city), EVIL_NAME)
        await bo.meet(eve)
        await eve.say(EVIL_WORDS)
        for page in (bo, eve):
            await expect(page.find("bubble").filter(has_text=EVIL_WORDS)).to_be_visible()
            await expect(page.find("name-plate").filter(has_text=EVIL_NAME).first).to_be_visible()
            await expect(page.find("chat")).to_contain_text(f"{EVIL_NAME} {EVIL_WORDS}")
            assert await page.see(FOOTHOLDS) == 0
        await eve.page.reload()
        await expect(eve.find("screen")).to_contain_text(f"Welcome back, {EVIL_NAME}")
        assert await eve.see(FOOTHOLDS) == 0
        assert await eve.watched() == CLEAN


async def test_what_slips_into_the_page_as_markup_would_not_run_and_would_be_noticed(
    browser: Browser, city: ServerProcess
) -> None:
    async with visiting(browser) as eve:
        await eve.page.goto(page_of(city))
        assert await eve.watched() == CLEAN
        refused = await eve.page.evaluate("""() => {
            const image = document.createElement('img')
            return [
                () => (document.body.innerHTML = '<img src=x onerror="hacked=1">'),
                () => image.setAttribute('onerror', 'hacked=1'),
                () => (document.createElement('script').textContent = 'hacked=1'),
                () => window.setTimeout('hacked=1'),
            ].map((attempt) => { try { attempt(); return 'done' } catch (error) { return error.name } })
        }""")
        assert refused == ["TypeError"] * 4
        assert await eve.see("fetch('https://elsewhere.example/').then(() => 'told', () => 'silent')") == "silent"
        violated = {each.split(":")[0] for each in (await eve.watched())["violations"]}
        assert violated == {"require-trusted-types-for", "connect-src"}
        assert await eve.see("window.hacked ?? 0") == 0
