"""They vanish without a FIN, as behind a router that was unplugged: they read nothing, say nothing and never close.

The kernel still acknowledges what fits into a buffer of a few kilobytes; beyond that it is as silent as they are.
"""

from loadtest.troubles.stop_reading import StopReading


class Vanish(StopReading):
    """Nothing comes from them any more, and nothing that was sent to them is taken."""

    def begin(self) -> None:
        """Be gone."""
        super().begin()
        for seat in self.makers:
            self.crowd.numb(seat)
