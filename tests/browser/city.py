"""A real city in a process of its own, whose visitors all appear in one place of our choice."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from loadtest.run import until_ready
from loadtest.scrape import Metrics
from loadtest.server_process import ServerProcess

CONTENT = Path(__file__).parents[2] / "world" / "content"

Setting = bool | int | float | str


class Arrival(NamedTuple):
    """Where everybody appears: a zone, and metres from its south-west corner."""

    zone: str
    x_m: float
    z_m: float
    spread_m: float = 1


def content_with(arrival: Arrival, where: Path) -> Path:
    """The content that is shipped, in that directory, but everybody appears there."""
    shutil.copytree(CONTENT, where)
    plan = where / "city.toml"
    zone, x_m, z_m, spread_m = arrival
    text = plan.read_text("utf-8")
    text, gates = re.subn(r'(?m)^gate = ".*"$', f'gate = "{zone}"', text)
    only = f'    {{ name = "arrivals", x_m = {x_m}, z_m = {z_m}, spread_m = {spread_m}, facing_deg = 0 }},\n'
    spawns = rf'(name = "{zone}"\n(?:(?!\[\[zone\]\]).*\n)*?spawn = \[\n)(?:    \{{.*\}},\n)+'
    text, places = re.subn(spawns, rf"\g<1>{only}", text)
    assert (gates, places) == (1, 1), f"{plan} has no gate, or no zone {zone!r} with spawns"
    plan.write_text(text, "utf-8")
    return where


@asynccontextmanager
async def open_city(where: Path, people: int, arrival: Arrival, **settings: Setting) -> AsyncIterator[ServerProcess]:
    """A city for so many people, its content and books in that directory; open when it is entered.

    `settings` are those of section `game`, beyond what pages need.
    """
    flags: dict[str, Setting] = {
        "world.content": str(content_with(arrival, where / "content")),
        # All pages and bots come from one address, and each page asks for a dozen files before it plays.
        "game.per_address_max": 10_000,
        "game.per_address_per_s": 1000,
        "game.drain_s": 0,
        **{f"game.{key}": value for key, value in settings.items()},
    }
    with ServerProcess(people, f"sqlite:///{where / 'books.db'}", flags) as server:
        async with Metrics(server.ops_url) as metrics:
            await until_ready(server, metrics, asyncio.Event())
        yield server


def page_of(server: ServerProcess) -> str:
    """Where the page is."""
    return f"http://{server.targets['ws'].authority}/"


def game_of(server: ServerProcess) -> str:
    """Where bots come in."""
    target = server.targets["ws"]
    return f"{target.scheme}://{target.authority}{target.path}"
