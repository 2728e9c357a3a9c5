"""What frames show: which of its interest set a viewer is shown this time, and where they stand from it.

Of a set of 64 the nearest 16 are in every frame and the rest come in turn. An entity's record is the same for
everybody but for the viewer's own place, so the scene keeps it ready with absolute places, modulo 2**16
(`Scene.likenesses`): what a viewer is shown is a copy of it with three subtractions.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.frames import FLAG_GROUNDED, HEADER_DTYPE, RECORD_DTYPE, FrameTable
from protocol.limits import FRAME_NEAREST
from server.detail import Detail
from server.scene import LIKENESS_DTYPE, Scene
from world.compiled import I2, I4, I8, NOTHING, NUMBER, U1, U2, U4, U4_2, YES, compiled, group, records, records_apart
from world.interest import Interest

# In units of 256 cm: with no more than this between two of them, an offset in cm fits an int16.
FAR_MAX = 127
_NO_BITS = np.zeros(0, np.uint16)
# Without a sign: an index that has one is looked at for whether it counts from the end.
_NONE, _ONE = np.uint64(0), np.uint64(1)


class Looks(NamedTuple):
    """What the scene has of everybody, by slot, and whether it matters who is in which layer."""

    likenesses: NDArray[np.void]
    layer: NDArray[np.uint8]
    seen_from: NDArray[np.uint16]
    layered: bool


class Turn(NamedTuple):
    """Which places of a set are shown: the `nearest`, and of the others `far` from `first` on."""

    nearest: int
    first: int
    far: int


class Views:
    """The frames of one gateway's viewers, before they are laid out as bytes."""

    def __init__(self, scene: Scene, interest: Interest) -> None:
        self._scene = scene
        self._interest = interest

    def show(self, tick: int, viewers: NDArray[np.int32], detail: Detail, table: FrameTable) -> NDArray[np.int64]:
        """Write into each viewer's frame whom it is shown in this tick; returns how many."""
        first = FRAME_NEAREST + tick // detail.ticks_per_frame % detail.turns * detail.far_records
        scene, turn = self._scene, Turn(FRAME_NEAREST, first, detail.far_records)
        seen_from = scene.seen_from
        bits, layered = (_NO_BITS, False) if seen_from is None else (seen_from, True)
        looks = Looks(scene.likenesses, scene.layer, bits, layered)
        sets, slots = self._interest.sets.view(np.uint32), viewers.view(np.uint32)
        counts = np.empty(viewers.size, np.int64)
        _show(sets, slots, turn, looks, table.records, counts)
        return counts

    def head(self, tick: int, viewers: NDArray[np.int32], shed_level: int, table: FrameTable) -> None:
        """Write each viewer's own truth into its frame."""
        scene, every = self._scene, _Every(tick, shed_level, FLAG_GROUNDED)
        at = _At(scene.x, scene.y, scene.z, scene.input, scene.vy)
        kind = _Kind(scene.heading, scene.animation, scene.zone, scene.flags, scene.layer)
        _head(table.headers, viewers.view(np.uint32), at, kind, every)


class _Every(NamedTuple):
    """What is the same for all: the tick, how much is shed, and which flags are shown."""

    tick: int
    shed_level: int
    flags: int


class _At(NamedTuple):
    """By slot: where everybody is, the last input taken, and how fast they rise."""

    x: NDArray[np.int32]
    y: NDArray[np.int32]
    z: NDArray[np.int32]
    input: NDArray[np.uint32]
    vy: NDArray[np.int16]


class _Kind(NamedTuple):
    """By slot what takes a byte."""

    heading: NDArray[np.uint8]
    animation: NDArray[np.uint8]
    zone: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    layer: NDArray[np.uint8]


LOOKS = group(Looks, records(LIKENESS_DTYPE), U1, U2, YES)
TURN = group(Turn, NUMBER, NUMBER, NUMBER)
HEADERS, AT, KIND = records_apart(HEADER_DTYPE, 1), group(_At, I4, I4, I4, U4, I2), group(_Kind, *[U1] * 5)
EVERY = group(_Every, *[NUMBER] * 3)


@compiled(NOTHING, HEADERS, U4, AT, KIND, EVERY, borrowing=True)
def _head(headers: Any, viewers: NDArray[np.uint32], at: _At, kind: _Kind, every: _Every) -> None:
    """Write everybody's own truth into their header."""
    x, y, z, inputs, vy = at
    heading, animation, zone, flags, layer = kind
    for i in range(viewers.size):
        viewer, header = viewers[i], headers[i]
        header.tick, header.shed, header.flags = every.tick, every.shed_level, flags[viewer] & every.flags
        header.x, header.y, header.z = x[viewer], y[viewer], z[viewer]
        header.input, header.vy = inputs[viewer], vy[viewer]
        header.heading, header.animation = heading[viewer], animation[viewer]
        header.zone, header.layer = zone[viewer], layer[viewer]


@compiled(NOTHING, U4_2, U4, TURN, LOOKS, records_apart(RECORD_DTYPE, 2), I8, borrowing=True)
def _show(
    sets: NDArray[np.uint32],
    viewers: NDArray[np.uint32],
    turn: Turn,
    looks: Looks,
    shown: NDArray[np.void],
    counts: NDArray[np.int64],
) -> None:
    """Fill the frames, and say how many are shown in each. Of a small set all are, whosever turn it is."""
    nearest, first, far = np.uint64(turn.nearest), np.uint64(turn.first), np.uint64(turn.far)
    likenesses, layer, seen_from, layered = looks
    for i in range(viewers.size):
        viewer, count = viewers[i], _NONE
        own = likenesses[viewer]
        x, y, z, far_x, far_z = own.x, own.y, own.z, own.far_x, own.far_z
        skipped = first - nearest if sets[viewer, nearest + far] != 0 else _NONE
        for place in range(nearest + far):
            slot = sets[viewer, place if place < nearest else place + skipped]
            other = likenesses[slot]
            # Sets are chosen twice a second; whoever has left meanwhile, or is in another layer, is not shown any more.
            if other.entity == 0 or (layered and (seen_from[slot] >> layer[viewer]) & 1 == 0):
                continue
            if abs(other.far_x - far_x) > FAR_MAX or abs(other.far_z - far_z) > FAR_MAX:
                continue
            record = shown[i, count]
            record.entity, record.heading, record.animation = other.entity, other.heading, other.animation
            record.dx, record.dy, record.dz = other.x - x, other.y - y, other.z - z
            count += _ONE
        counts[i] = count
