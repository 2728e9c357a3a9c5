"""The crowd of one trial: places in clusters, bots let in at a pace, everybody walking, everybody counted."""

import asyncio
import math
from random import Random
from time import perf_counter

import aiohttp

from loadtest.dial import Way, dial, home_of
from loadtest.pace import STEP_S, Pace
from loadtest.peers.adapters.base import Adapter
from loadtest.peers.tally import Tally
from loadtest.peers.visitor import Place, Visitor
from loadtest.target import Target

SIDE_CM = 10_000.0
CLUSTERS = 12
# As the load test draws them: skewed sizes, a person per square metre, nobody with the back to the very edge.
_SKEW = -0.7
_PEOPLE_PER_M2 = 1.0
_EDGE_CM = 800.0
# Two inputs a second, each bot on its own beat.
_INPUT_BEATS = round(0.5 / STEP_S)
_GATHER_BEATS = 5
# So many come at the same time, and as many a second: the steady crowd is compared, not the rush.
_AT_ONCE = 64
_JOINS_PER_S = 400.0
_ENTER_S = 20.0


def draw_places(bots: int, seed: int) -> list[Place]:
    """Where each of `bots` stands, the same for every server."""
    rng = Random(f"{seed}:places")
    weights = [(number + 1) ** _SKEW for number in range(CLUSTERS)]
    middles = [(rng.uniform(_EDGE_CM, SIDE_CM - _EDGE_CM), rng.uniform(_EDGE_CM, SIDE_CM - _EDGE_CM)) for _ in weights]
    places = []
    for _ in range(bots):
        (number,) = rng.choices(range(CLUSTERS), weights)
        people = max(1.0, bots * weights[number] / sum(weights))
        spread = 70 * math.sqrt(people / (_PEOPLE_PER_M2 * math.pi))
        x, z = (min(max(rng.gauss(middle, spread), 50), SIDE_CM - 50) for middle in middles[number])
        places.append(Place(round(x), round(z)))
    return places


class Crowd:
    """All bots of one trial. `come` brings them in, `leave` takes them away."""

    def __init__(self, adapter: Adapter, bots: int, seed: int) -> None:
        self._adapter = adapter
        self.tally = Tally(bots)
        places = draw_places(bots, seed)
        self.visitors = [
            adapter.visitor(index, place, self.tally, Random(f"{seed}:{index}")) for index, place in enumerate(places)
        ]
        self.pace = Pace(self._beat)
        self._pacing = asyncio.create_task(self.pace.run())
        self._doors = asyncio.Semaphore(_AT_ONCE)

    @property
    def entered(self) -> int:
        """How many have had an update and are still there."""
        return sum(each.entered.is_set() and each.ending is None for each in self.visitors)

    @property
    def at_place(self) -> int:
        """How many of them stand where they want to."""
        return sum(each.at_place and each.entered.is_set() and each.ending is None for each in self.visitors)

    @property
    def endings(self) -> list[str]:
        """Why some are not there any more."""
        return [each.ending for each in self.visitors if each.ending is not None]

    @property
    def bytes_down(self) -> int:
        """What all have been sent."""
        return sum(each.bytes_down for each in self.visitors)

    async def come(self, session: aiohttp.ClientSession, seconds_max: float) -> None:
        """Bring everybody in, at the pace of all trials or that of the server; nobody any more after `seconds_max`."""
        begin_s = perf_counter()
        coming = []
        for number, visitor in enumerate(self.visitors):
            await asyncio.sleep(max(0.0, begin_s + number / _JOINS_PER_S - perf_counter()))
            await self._doors.acquire()
            coming.append(asyncio.create_task(self._bring(visitor, session)))
            if perf_counter() > begin_s + seconds_max:
                break
        await asyncio.gather(*coming)

    async def _bring(self, visitor: Visitor, session: aiohttp.ClientSession) -> None:
        try:
            async with asyncio.timeout(_ENTER_S):
                spot = await self._adapter.where(visitor.place, session)
                visitor.aim(f"{spot.host}:{spot.port}", spot.path)
                # From an address of its own: our city counts connections by address, and cuts whoever has too many.
                await dial(visitor, Target("ws", spot.host, spot.port, spot.path), Way(home_of(visitor.index)))
                await visitor.entered.wait()
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            visitor.ending = visitor.ending or f"did not get in: {type(error).__name__} {error}"
            visitor.leave()
        finally:
            self._doors.release()

    async def leave(self) -> None:
        """Everybody goes, and the beat stops."""
        for visitor in self.visitors:
            visitor.leave()
        self._pacing.cancel()
        await asyncio.gather(self._pacing, return_exceptions=True)

    def _beat(self, number: int) -> None:
        for visitor in self.visitors[number % _INPUT_BEATS :: _INPUT_BEATS]:
            visitor.step()
        if number % _GATHER_BEATS == 0:
            self.tally.gather()
