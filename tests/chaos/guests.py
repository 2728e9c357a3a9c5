"""Guests who run for crystals and light fireworks until their city is gone, and come back as who they were."""

import asyncio
from math import atan2, hypot, tau
from random import Random

from loadtest.client import Closed, Player
from loadtest.crystals import Crystal
from loadtest.receipts import Receipt, Receipts
from protocol.frames import GAIT_RUN, FrameHeader
from protocol.messages import Denied, Happened
from tests.chaos.judging import Memory, Tally, faults_of_return

# The cheapest firework: with the welcome gift and what they pick up, nobody runs out.
FIREWORK, PRICE = "sparkler", 1
COLOURS = ("gold", "rose", "jade", "azure", "violet", "white")
# Reach is 2 m from where the server has us, and a run has taken us 60 cm on by then.
_REACH_CM = 130
# Who has not got to a crystal in three seconds of frames stands before a wall.
_PATIENCE_FRAMES = 30
# Frames between two fireworks: within what anybody may light, and enough that some are always on their way.
_LIGHT_FRAMES = 6


class Stage:
    """What all guests of a round share: who is in, what was confirmed, and what was wrong when they came."""

    def __init__(self, expected: int, receipts: Receipts) -> None:
        self._missing = expected
        self._receipts = receipts
        self.picked = self.lit = 0
        self.faults: list[str] = []
        self.all_in = asyncio.Event()
        # Something of either kind has been confirmed.
        self.confirming = asyncio.Event()

    @property
    def tally(self) -> Tally:
        """What was confirmed so far."""
        return Tally(self.picked, self.lit)

    def arrived(self, faults: list[str]) -> None:
        """One more is in."""
        self.faults += faults
        self._missing -= 1
        if self._missing == 0:
            self.all_in.set()

    def confirmed(self, account: str, event: Happened) -> None:
        """Write down what a guest was told, before it does anything else."""
        fields = event.fields
        worth, cost = fields.get("value", 0), fields.get("cost", 0)
        amounts = {"crystal_gained": worth, "firework_settled": -cost, "firework_refunded": PRICE}
        self._receipts.add(Receipt(fields["receipt"], account, amounts[event.event]))
        self._receipts.flush()
        self.picked += event.event == "crystal_gained"
        self.lit += event.event == "firework_settled"
        if self.picked and self.lit:
            self.confirming.set()


class Guest:
    """One account over all rounds, at first without one."""

    def __init__(self, number: int, seed: str) -> None:
        self.name = f"Guest {number:02d}"
        self._number = number
        self._rng = Random(f"{seed}:{number}")
        self._token: str | None = None
        self._memory: Memory | None = None
        # The worth of what we have asked for, and the price of what we have lit, without an answer so far.
        self._hoped = self._owed = 0
        self._avoided: set[int] = set()

    async def live(self, targets: tuple[str, str], stage: Stage) -> None:
        """Come in, and do as guests do until the city ends it."""
        async with Player.join(targets[self._number % 2], name=self.name, token=self._token) as me:
            stage.arrived(self._come_in(me))
            deeds = (self._listen(me, stage), self._run(me), self._celebrate(me))
            ends = await asyncio.gather(*deeds, return_exceptions=True)
            self._memory = Memory(me.account, me.balance, self._hoped, self._owed)
        for end in ends:
            if not isinstance(end, Closed):
                raise end or AssertionError(f"{self.name} stopped although the city was there")

    async def visit(self, targets: tuple[str, str], stage: Stage) -> None:
        """Come in, to see what is there, and leave."""
        async with Player.join(targets[self._number % 2], name=self.name, token=self._token) as me:
            stage.arrived(self._come_in(me))

    def _come_in(self, me: Player) -> list[str]:
        """What is wrong with how we were received. What is left open from before is known now."""
        memory, self._token = self._memory, me.token
        self._memory = Memory(me.account, me.balance)
        self._hoped = self._owed = 0
        self._avoided.clear()
        return faults_of_return(self.name, memory, me.account, me.balance) if memory else []

    async def _listen(self, me: Player, stage: Stage) -> None:
        async for event in me:
            if isinstance(event, Happened) and "receipt" in event.fields:
                stage.confirmed(me.account, event)

    async def _run(self, me: Player) -> None:
        """For the nearest crystal, and the next."""
        while True:
            here = await me.next_frame()
            goal = self._nearest(me, here)
            if goal is None:
                continue
            if await self._reached(me, goal):
                await self._pick_up(me, goal)
            self._avoided.add(goal.crystal)

    def _nearest(self, me: Player, here: FrameHeader) -> Crystal | None:
        free = [crystal for crystal in me.crystals if crystal.crystal not in self._avoided]
        return min(free, key=lambda crystal: _distance_cm(here, crystal), default=None)

    async def _reached(self, me: Player, goal: Crystal) -> bool:
        """Run there; False if somebody else has it, or there is no way."""
        for _ in range(_PATIENCE_FRAMES):
            here = await me.next_frame()
            if all(each.crystal != goal.crystal for each in me.crystals):
                return False
            if _distance_cm(here, goal) < _REACH_CM:
                return True
            me.move(round(atan2(goal.x - here.x, goal.z - here.z) / tau * 256) % 256, GAIT_RUN)
        return False

    async def _pick_up(self, me: Player, goal: Crystal) -> None:
        """What stays in `_hoped` was asked for and never answered."""
        self._hoped += goal.value
        await me.pick_up(goal.crystal)
        self._hoped -= goal.value

    async def _celebrate(self, me: Player) -> None:
        """Fireworks, one after the other; what stays in `_owed` was lit and never answered."""
        while True:
            for _ in range(self._rng.randint(1, 2 * _LIGHT_FRAMES)):
                await me.next_frame()
            self._owed += PRICE
            answer = await me.light(FIREWORK, self._rng.sample(COLOURS, 2))
            self._owed -= PRICE
            if isinstance(answer, Denied) and answer.reason in ("invalid", "no_account", "no_such_firework"):
                raise AssertionError(f"{self.name}: {answer}")


def _distance_cm(here: FrameHeader, crystal: Crystal) -> float:
    return hypot(crystal.x - here.x, crystal.y - here.y, crystal.z - here.z)
