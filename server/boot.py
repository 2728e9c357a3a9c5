"""From settings to an open city and back: sockets, signals, demo players, and an orderly end."""

import asyncio
import gc
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import structlog
from aiohttp import web

from server.auth import Verifier
from server.city import Books, City
from server.clock import SystemClock
from server.drain import Stop, count_down
from server.gateway.addresses import Proxies
from server.gateway.city_map import map_route
from server.gateway.links import Links
from server.gateway.listening import Doorstep
from server.gateway.page import page_routes
from server.gateway.tcp import serve_tcp
from server.gateway.websocket import SHUTDOWN_S, serve_http
from server.journal import Journal
from server.kinds import parts_of
from server.ops.health import status_handler
from server.ops_port import ops_port
from server.sanctions import SANCTIONS_MAX
from server.settings import ServerSettings
from server.spare import fill_caches, share_heap
from server.store.durable import open_store
from server.tls import server_context
from world.config import WorldConfig

log = structlog.get_logger()

OK, FAILED = 0, 1
# Files, pipes and listening sockets beside the clients' connections.
SPARE_DESCRIPTORS = 64
# Cycles are looked for when so many containers are new: every 700, as usual, took 6 % of a core while many came.
GC_THRESHOLD = (20_000, 10, 10)
# A demo player's process is asked to stop, and ended if it has not after this.
DEMO_STOP_S = 0.5
# At the end nothing new is begun, and whoever waits for the books is answered: longer than settling takes in a storm.
LAST_ANSWERS_S = 0.5
# How soon the end of a tick is noticed: a tenth of one.
LOOK_S = 0.005
# At the end the store gets this long to take what is left: the whole process has five seconds, the countdown one of
# them and goodbyes two.
LAST_ERRANDS_S = 1.0


async def serve(settings: ServerSettings, config: WorldConfig) -> int:
    """Open the city, run it until SIGINT or SIGTERM, close it; returns the exit status.

    Raises OSError when a port cannot be listened on, JournalError when the journal cannot be written,
    StoreAway and SchemaError when the store cannot be had.
    """
    clock = SystemClock()
    stop = Stop(settings.game.drain_s, clock.now_s)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    _raise_descriptor_limit(settings.game.players_max + settings.admission.waiting_max)
    share_heap()
    async with AsyncExitStack() as stack:
        journal = None
        if settings.journal is not None:
            journal = Journal.open(settings.journal, config)
            stack.callback(journal.close)
        store = await open_store(settings.store, config.tuning.wallet.welcome_crystals)
        stack.push_async_callback(store.close)
        books = Books(store, await store.begin_run(), Verifier(settings.auth), group_max=settings.store.group_max)
        city = City(settings, config, clock, books, journal)
        city.gateway.sanctions.load(await store.sanctions(int(clock.wall_s() * 1000), SANCTIONS_MAX))
        await stack.enter_async_context(_errands(city))
        links = Links(settings.game.goodbye_s)
        operations = ops_port(city, settings.ops, store, stop, clock)
        ports = await stack.enter_async_context(_sockets(settings, city, links, operations))
        _come_alive(city)
        failure = await stack.enter_async_context(_ticking(city, stop, links))
        if settings.bots:
            await stack.enter_async_context(_demo_players(settings, ports["game"]))
        _announce(settings, ports)
        await stop.asked.wait()
        await _drain(city, stop, stop.seconds)
    return FAILED if failure.done() else OK


@asynccontextmanager
async def _sockets(
    settings: ServerSettings, city: City, links: Links, operations: web.Application
) -> AsyncIterator[dict[str, int]]:
    """All three ports, with their real numbers by name."""
    game, ops, gateway = settings.game, settings.ops, city.gateway
    proxies = Proxies(parts_of(game.trusted_proxies), game.proxy_header)
    doorstep = Doorstep(game, gateway.callers, proxies, city.metrics, server_context(settings.tls))
    async with AsyncExitStack() as stack:
        stack.callback(gateway.intake.close)
        stack.callback(gateway.threads.close)
        public = [web.get("/status", status_handler(city)), map_route(lambda: city.config), *page_routes(game.page_dir)]
        port = await stack.enter_async_context(serve_http(gateway, links, doorstep, public))
        tcp = await serve_tcp(gateway, links, doorstep)
        stack.callback(tcp.close)
        runner = web.AppRunner(operations, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, ops.host, ops.port).start()
        city.listening = True
        yield {"game": port, "tcp": tcp.port, "ops": runner.addresses[0][1]}


@asynccontextmanager
async def _errands(city: City) -> AsyncIterator[None]:
    """What the city has done in its store beside the ticks; in the end what is still to be done, for a moment."""
    errands = (city.settler, city.keeper)
    running = [asyncio.create_task(errand.run()) for errand in errands]
    try:
        yield
    finally:
        for player in city.gateway.reception.players:
            city.keeper.note(player)
        for errand in errands:
            errand.close()
        _, late = await asyncio.wait(running, timeout=LAST_ERRANDS_S)
        for task in late:
            task.cancel()
        if late:
            left = {"settlements": city.settler.waiting, "players": city.keeper.waiting}
            log.warning("the store was away to the end; none of this was confirmed or kept", **left)
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def _ticking(city: City, stop: Stop, links: Links) -> AsyncIterator["asyncio.Future[None]"]:
    """The loop, from here to everybody's goodbye. A loop that fails stops the city, and fulfils what is yielded."""
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    goodbyes_taken = asyncio.Event()

    async def run() -> None:
        try:
            await city.loop.run(goodbyes_taken)
        except Exception:
            log.exception("the loop failed, the city closes")
            failure.set_result(None)
            stop.hurry()

    ticking = asyncio.create_task(run())
    try:
        yield failure
    finally:
        await _last_answers(city)
        city.gateway.farewell()
        await links.all_closed()
        goodbyes_taken.set()
        await ticking


async def _drain(city: City, stop: Stop, seconds: float) -> None:
    """From the first signal on nobody is let in; those who are here are told, and have this long to finish."""
    city.listening = False
    city.gateway.shut_the_door()
    log.info("closing", tick=city.tick, sessions=len(city.gateway.sessions), countdown_s=seconds)
    if city.gateway.sessions:
        await count_down(seconds, city.gateway.announce_end, stop.hurried_within)


async def _last_answers(city: City) -> None:
    """Nobody begins anything any more; who waits for the books hears what came of it, if they answer in time.

    What was posted already is done in the next tick, and what is answered in a tick is written at the end of it. So two
    ticks in a row that end with nothing open are the end.
    """
    city.gateway.wind_down()
    quiet = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_ANSWERS_S):
            while quiet < 2:
                ticked_s = city.loop.ticked_s
                while city.loop.ticked_s == ticked_s:  # noqa: ASYNC110 - looked at for ten ticks, once in a run
                    await asyncio.sleep(LOOK_S)
                quiet = 0 if city.unanswered else quiet + 1


def _come_alive(city: City) -> None:
    """The first tick; what exists after it stays, so the garbage collector need not look at it again."""
    city.loop.run_one_tick()
    fill_caches()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


@asynccontextmanager
async def _demo_players(settings: ServerSettings, port: int) -> AsyncIterator[None]:
    """Demo players in a process of their own, strangers like everybody else; they go before the city does."""
    target = f"{'wss' if settings.tls.cert_file else 'ws'}://127.0.0.1:{port}/play"
    command = [sys.executable, "-m", "loadtest.demo", "--target", target, "--bots", str(settings.bots)]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), DEMO_STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def _announce(settings: ServerSettings, ports: dict[str, int]) -> None:
    """Where to look, for the person who started the city; the last line says that it is open."""
    host = "127.0.0.1" if settings.game.host in ("0.0.0.0", "::") else settings.game.host
    s = "s" if settings.tls.cert_file else ""
    ops = f"http://{settings.ops.host}:{ports['ops']}"
    lines = {
        "page": f"http{s}://{host}:{ports['game']}/",
        "game": f"ws{s}://{host}:{ports['game']}/play",
        "tcp": f"tcp{s}://{host}:{ports['tcp']}",
        "status": f"http{s}://{host}:{ports['game']}/status",
        "metrics": f"{ops}/metrics",
        "health": f"{ops}/healthz and {ops}/readyz",
        "console": f"{ops}/console",
    }
    print("\n".join(f"  {name:<8} {place}" for name, place in lines.items()))
    print(
        f"ready: the city is open, {settings.bots} demo players in it; stop it with Ctrl-C (pid {os.getpid()})",
        flush=True,
    )


def _raise_descriptor_limit(people_max: int) -> None:
    """As many open files as the system lets this process have, and a word if that is fewer than people may come."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < people_max + SPARE_DESCRIPTORS:
        log.warning("fewer files may be open than people may play and wait", limit=hard, people_max=people_max)
