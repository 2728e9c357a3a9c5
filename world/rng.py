"""Named streams of random numbers, each a function of (seed, zone, name) and nothing else."""

from hashlib import blake2b

from world.parts import Part

_MASK = 0xFFFFFFFFFFFFFFFF


class Stream(Part):
    """SplitMix64 (Steele, Lea and Flood, 2014): 64 bits of state, the same numbers on every machine.

    Written out here and not taken from a library, because a replay must give the same bits years
    later, and libraries reserve the right to change their generators.
    """

    __slots__ = ("state",)

    def __init__(self, state: int) -> None:
        self.state = state & _MASK

    def bits(self) -> int:
        """The next 64 random bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1; `bound` from 1 to 2**32, so the bias is under 2**-32."""
        return (self.bits() * bound) >> 64

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)


class Randomness(Part):
    """Every stream of one zone, made when first named."""

    def __init__(self, seed: int, zone: int) -> None:
        self._seed = seed
        self._zone = zone
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        """The stream called `name`: one per purpose, so that a new use does not shift the others."""
        found = self._streams.get(name)
        if found is None:
            found = self._streams[name] = Stream(_first_state(self._seed, self._zone, name))
        return found

    def once(self, name: str) -> Stream:
        """A stream of this name from its start, for what happens once: nothing is kept of it."""
        return Stream(_first_state(self._seed, self._zone, name))

    def states(self) -> list[tuple[str, int]]:
        """Name and state of every stream in use, by name: what a digest covers."""
        return sorted((name, stream.state) for name, stream in self._streams.items())


def _first_state(seed: int, zone: int, name: str) -> int:
    key = f"{seed}/{zone}/{name}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")
