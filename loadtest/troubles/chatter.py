"""Everybody talks: each of them says something every second, which is more than anybody may."""

from loadtest.troubles.base import Trouble

# Twice what a person can type, and beyond the eight in ten seconds that are usual: some of it is denied.
EVERY_S = 1.0


class Chatter(Trouble):
    """They are good guests all the same."""

    harmless = True

    def begin(self) -> None:
        """Start talking."""
        for seat in self.makers:
            self.crowd.quicken(seat, {"say": EVERY_S})
