"""Their links are cut, all at the same moment, and they come back as the protocol says they should."""

from loadtest.troubles.base import Trouble

# protocol/README.md, "Come back after a lost link": after a second and up to half as much again.
BACK_S, JITTER_SHARE = 1.0, 0.5


class Cut(Trouble):
    """It is not their fault: each has to get its own body back."""

    harmless = True

    def begin(self) -> None:
        """A cable is pulled."""
        for bot in list(self.living()):
            self.crowd.cut(bot.index, BACK_S * (1 + self.rng.uniform(0, JITTER_SHARE)))
