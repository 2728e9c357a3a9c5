"""What one player alone is told: numbered, kept for a while, and told again to whoever was away when it was said.

Nobody acknowledges anything. What was written may still be lost with its link, so it stays here until it is old or
there is too much of it; the client says which serial it heard last when it comes back, and gets what follows.
"""

from typing import NamedTuple

from protocol.codec import numbered


class Bounds(NamedTuple):
    """How long a letter is kept, and how many bytes of them for one player."""

    ticks: int
    bytes_max: int


class Mailbox:
    """The letters of one player, the oldest first. `serial` is that of the newest, `said` of the last one written.

    Two lists and no object for each letter: two thousand a second come in when a festival pays.
    """

    __slots__ = ("_letters", "_ticks", "said", "serial", "size_bytes")

    def __init__(self) -> None:
        self._letters: list[bytes] = []
        self._ticks: list[int] = []
        self.serial = self.said = self.size_bytes = 0

    @property
    def unsaid(self) -> int:
        """How many have not been written to the player's link."""
        return self.serial - self.said

    @property
    def torn(self) -> bool:
        """Whether one of those is not here any more: whoever is told the others would miss it."""
        return self.said < self.serial - len(self._letters)

    def put(self, payload: bytes, tick: int, bounds: Bounds) -> bytes:
        """Number and keep a message that was encoded with serial 0, and return it; the oldest make room for it."""
        self.serial += 1
        letter = numbered(payload, self.serial)
        self._letters.append(letter)
        self._ticks.append(tick)
        self.size_bytes += len(letter)
        if self.size_bytes > bounds.bytes_max or self._ticks[0] < tick - bounds.ticks:
            self._throw_out(tick - bounds.ticks, bounds.bytes_max)
        return letter

    def take(self, bytes_max: int) -> list[bytes]:
        """The next letters to write, in order: as many as fit, and one at least; none where one is missing."""
        if self.torn:
            return []
        taken: list[bytes] = []
        for letter in self._letters[len(self._letters) - self.unsaid :]:
            if taken and len(letter) > bytes_max:
                break
            bytes_max -= len(letter)
            taken.append(letter)
        self.said += len(taken)
        return taken

    def begin_again(self, heard: int | None) -> int | None:
        """Go back to behind what has been heard; returns how many letters follow, None if not all are left.

        Nothing of before is said then, nor to somebody (None) who does not say what they have heard.
        """
        if heard is None or not self.serial - len(self._letters) <= heard <= self.serial:
            self.said = self.serial
            return None
        self.said = heard
        return self.unsaid

    def _throw_out(self, oldest_tick: int, bytes_max: int) -> None:
        gone, last = 0, len(self._letters) - 1
        while gone < last and (self.size_bytes > bytes_max or self._ticks[gone] < oldest_tick):
            self.size_bytes -= len(self._letters[gone])
            gone += 1
        del self._letters[:gone], self._ticks[:gone]
