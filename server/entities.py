"""Entity ids: a slot that indexes every gateway column, and a generation that tells its owners apart."""

from collections import deque

SLOT_BITS = 17
SLOTS = 1 << SLOT_BITS
SLOT_MASK = SLOTS - 1
GENERATIONS = 1 << (32 - SLOT_BITS)
# The top slots belong to hosts, numbered by the content (world/systems/hosts.py).
PLAYER_SLOTS = SLOTS - 256
# A slot rests this long, so that what is still under way for its last owner reaches nobody else.
REST_TICKS = 100


class EntityIds:
    """Gives out entity ids; slot 0 belongs to nobody."""

    def __init__(self) -> None:
        self._fresh = 1
        self._resting: deque[tuple[int, int]] = deque()

    def take(self, tick: int) -> int:
        """A new id: a rested slot's next generation, or a slot never used."""
        if self._resting and self._resting[0][0] <= tick:
            _, last = self._resting.popleft()
            generation = ((last >> SLOT_BITS) + 1) % GENERATIONS or 1
            return generation << SLOT_BITS | (last & SLOT_MASK)
        slot, self._fresh = self._fresh, self._fresh + 1
        assert slot < PLAYER_SLOTS, "settings allow more players than there are slots"
        return 1 << SLOT_BITS | slot

    def give_back(self, entity: int, tick: int) -> None:
        """The entity has left the city."""
        self._resting.append((tick + REST_TICKS, entity))
