"""They send as fast as they can: moves, pings and deeds, and come again as soon as they are thrown out.

"As fast as they can" has a bound, because the generator has to stay a good clock for everybody else: each sends a
ready block of twenty messages at most twenty times a second, four hundred messages a second in all, ten times what is
allowed. A block is one write, 10 µs: two hundred of them take 4 % of a core.
"""

from collections.abc import Sequence
from random import Random

from loadtest.bot import Bot, Ending
from loadtest.troubles.base import Crowd, Trouble
from protocol import messages as m
from protocol.codec import encode, pack_fields
from protocol.frames import GAIT_RUN, pack_intent

# Blocks go out every fifth beat of 10 ms, with so many messages in each.
BLOCK_BEATS, BLOCK_MESSAGES = 5, 20
# Whoever is thrown out tries again a moment later, whatever was said about when to.
AGAIN_S = (0.5, 1.5)


class Flood(Trouble):
    """Each has a block of its own, made once for its connection."""

    def __init__(self, makers: Sequence[int], crowd: Crowd, rng: Random) -> None:
        super().__init__(makers, crowd, rng)
        self._blocks: dict[int, tuple[Bot, bytes]] = {}

    def begin(self) -> None:
        """The beat does it all."""

    def beat(self, number: int) -> None:
        """A fifth of them each time."""
        for seat in self.makers[number % BLOCK_BEATS :: BLOCK_BEATS]:
            bot = self.crowd.bots[seat]
            if bot is not None and bot.alive and bot.shout(self._block(bot)):
                self.sent += BLOCK_MESSAGES

    def back_after_s(self, seat: int, ending: Ending) -> float | None:
        """Soon."""
        return self.rng.uniform(*AGAIN_S)

    def _block(self, bot: Bot) -> bytes:
        whose, block = self._blocks.get(bot.index, (None, b""))
        if whose is not bot:
            block = bot.packed(self._payload(number) for number in range(1, BLOCK_MESSAGES + 1))
            self._blocks[bot.index] = bot, block
        return block

    def _payload(self, number: int) -> bytes:
        kind = self.rng.randrange(4)
        if kind == 0:
            return encode(m.Ping(float(number)))
        if kind == 1:
            return encode(m.Do(number, "say", pack_fields({"text": "LOOK AT ME"})))
        steer = self.rng.randrange(256)
        return encode(m.Move(pack_intent(number, steer, steer, GAIT_RUN, True)))
