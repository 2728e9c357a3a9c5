"""They stop reading, as on a phone whose radio sleeps, and go on talking: what is theirs piles up at the server."""

from collections.abc import Sequence
from random import Random

from loadtest.bot import Bot
from loadtest.troubles.base import Crowd, Trouble


class StopReading(Trouble):
    """Everything stays as it was, but nothing that the server says is taken any more."""

    narrow = True

    def __init__(self, makers: Sequence[int], crowd: Crowd, rng: Random) -> None:
        super().__init__(makers, crowd, rng)
        self._deaf: list[Bot] = []

    def begin(self) -> None:
        """Stop reading."""
        self._deaf = list(self.living())
        for bot in self._deaf:
            bot.deafen()

    def end(self) -> None:
        """They would not hear that they may go."""
        for bot in self._deaf:
            bot.abort()
