"""They lie: garbage, forged tokens, teleports, crystals out of reach, NaN, lengths beyond all bounds.

A liar walks about like anybody else and lies twice a second. It comes again whenever it is thrown out, as somebody that
it is not.
"""

from loadtest.bot import Bot, Ending
from loadtest.links import WebSocketBot
from loadtest.troubles.base import Trouble
from loadtest.troubles.lies import forged_resume, forged_token, payload_lie, wire_lie

# Each lies on a beat of its own; of ten lies, one is no message at all.
LIE_BEATS = 50
WIRE_SHARE = 0.1
# Whoever is thrown out tries again a moment later, whatever was said about when to.
AGAIN_S = (0.5, 1.5)
# Half of those who come again say who they are not; the others get in and have somebody to lie to.
FORGED_SHARE = 0.5


class Lie(Trouble):
    """See the top."""

    def begin(self) -> None:
        """The beat does it all."""

    def beat(self, number: int) -> None:
        """Those whose beat it is."""
        for seat in self.makers[number % LIE_BEATS :: LIE_BEATS]:
            bot = self.crowd.bots[seat]
            if bot is not None and bot.alive and bot.shout(self._lie(bot)):
                self.sent += 1

    def back_after_s(self, seat: int, ending: Ending) -> float | None:
        """Soon, and in disguise."""
        forging = self.rng.random() < FORGED_SHARE
        self.crowd.disguise(
            seat, forged_token(self.rng) if forging else None, forged_resume(self.rng) if forging else None
        )
        return self.rng.uniform(*AGAIN_S)

    def _lie(self, bot: Bot) -> bytes:
        if self.rng.random() < WIRE_SHARE:
            return wire_lie(self.rng, isinstance(bot, WebSocketBot))
        return bot.packed([payload_lie(self.rng)])
