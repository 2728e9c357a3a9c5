"""Every entity of a zone as a structure of arrays: one array per field, one row per entity."""

from typing import Any, ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from world.parts import Part

T = TypeVar("T", bound=np.generic)
Rows = NDArray[np.intp]

# Entity ids: the low 17 bits are a slot, unique among the living of the whole city.
SLOTS = 1 << 17
_FIRST_CAPACITY = 64


class _Column:
    """The declaration of one column; `travels` says whether a handover carries it."""

    def __init__(self, dtype: type[np.generic], travels: bool) -> None:
        self.dtype = np.dtype(dtype)
        self.travels = travels


def _column(dtype: type[T], travels: bool = True) -> NDArray[T]:
    return cast("NDArray[T]", _Column(dtype, travels))


class Columns(Part):
    """Rows 0 to count - 1 are alive, in no promised order; arrays may be longer than that.

    A row number is good until the next removal, an array until the next growth: keep entities,
    look rows up again. To add a column, add a line below: growth, removal, handover and digest
    follow from it.
    """

    entity = _column(np.uint32)
    account = _column(np.int64)  # who it is in the books; 0 is nobody
    input = _column(np.uint32)  # the last input applied
    heard = _column(np.uint8)  # 0 until the first Move after a join or halt, which may bear any number
    x = _column(np.int32)  # cm
    y = _column(np.int32)
    z = _column(np.int32)
    x_part = _column(np.uint8)  # 256ths of a cm beyond x
    z_part = _column(np.uint8)
    vy = _column(np.int16)  # cm/s, up
    grounded = _column(np.uint8)
    heading = _column(np.uint8)  # where the face points, 256ths of a turn
    steer = _column(np.uint8)  # where the feet go
    gait = _column(np.uint8)  # 0 stand, 1 walk, 2 run
    jump = _column(np.uint8)  # wanted in this tick
    intent_until = _column(np.uint32)  # the tick after which an unrefreshed gait ends
    sitting = _column(np.uint8)
    emote = _column(np.uint8)  # an animation, shown up to and including tick emote_until
    emote_until = _column(np.uint32)
    animation = _column(np.uint8, travels=False)  # derived from the rest in every tick
    flags = _column(np.uint8)  # FLAG_PERFORMER, FLAG_STAFF
    layer = _column(np.uint8)  # which copy of the zone: see world.layers
    wake = _column(np.uint32)  # the tick at which a host next does something
    say_debt = _column(np.uint32)  # rates: see world.rates
    wave_debt = _column(np.uint32)
    emote_debt = _column(np.uint32)
    sit_debt = _column(np.uint32)
    light_debt = _column(np.uint32)
    party_debt = _column(np.uint32)
    reshape_debt = _column(np.uint32)
    pick_up_debt = _column(np.uint32)

    NAMES: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.count = 0
        self.capacity = _FIRST_CAPACITY
        # The row of whoever has a slot now, -1 for none; its length is a power of two.
        self.row_of_slot = np.full(SLOTS, -1, np.int32)
        for name, column in _DECLARED.items():
            setattr(self, name, np.zeros(self.capacity, column.dtype))

    def array(self, name: str) -> NDArray[Any]:
        """The live rows of the column called `name`."""
        return cast("NDArray[Any]", getattr(self, name))[: self.count]

    def row(self, entity: int) -> int | None:
        """The row of `entity` now, or None."""
        row = int(self.row_of_slot[entity % SLOTS])
        return row if row >= 0 and self.entity[row] == entity else None

    def rows(self, entities: NDArray[np.uint32]) -> Rows:
        """The row of each entity, -1 where there is none."""
        rows = self.row_of_slot[entities & np.uint32(SLOTS - 1)].astype(np.intp)
        return np.where(self.entity[rows] == entities, rows, -1)

    def taken(self, entity: int) -> bool:
        """Whether the slot of `entity` is in use, by it or by another generation of it."""
        return bool(self.row_of_slot[entity % SLOTS] >= 0)

    def add(self, entity: int) -> int:
        """A new row of zeros for `entity`, whose slot must be free."""
        assert entity > 0, "0 is never a valid id"
        assert not self.taken(entity), f"slot of {entity} is taken"
        if self.count == self.capacity:
            self._grow()
        row = self.count
        self.count += 1
        for name in self.NAMES:
            getattr(self, name)[row] = 0
        self.entity[row] = entity
        self.row_of_slot[entity % SLOTS] = row
        return row

    def remove(self, row: int) -> None:
        """Forget the entity at `row`; the last row moves into its place."""
        last = self.count - 1
        self.row_of_slot[int(self.entity[row]) % SLOTS] = -1
        if row != last:
            for name in self.NAMES:
                array = getattr(self, name)
                array[row] = array[last]
            self.row_of_slot[int(self.entity[row]) % SLOTS] = row
        self.count = last

    def packed(self, row: int) -> bytes:
        """The travelling fields of `row` as HANDOVER_DTYPE bytes, little-endian."""
        record = np.zeros((), HANDOVER_DTYPE)
        for name in HANDOVER_NAMES:
            record[name] = getattr(self, name)[row]
        return record.tobytes()

    def write(self, row: int, record: np.void) -> None:
        """Fill `row` from a handover's record, its entity included."""
        for name in HANDOVER_NAMES:
            getattr(self, name)[row] = record[name]

    def _grow(self) -> None:
        self.capacity *= 2
        for name, column in _DECLARED.items():
            grown = np.zeros(self.capacity, column.dtype)
            grown[: self.count] = getattr(self, name)[: self.count]
            setattr(self, name, grown)


_DECLARED = {name: value for name, value in vars(Columns).items() if isinstance(value, _Column)}
Columns.NAMES = tuple(_DECLARED)
HANDOVER_NAMES = tuple(name for name, column in _DECLARED.items() if column.travels)
HANDOVER_DTYPE = np.dtype([(name, _DECLARED[name].dtype.newbyteorder("<")) for name in HANDOVER_NAMES])
