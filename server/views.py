"""What frames show: which of its interest set a viewer is shown this time, and where they stand from it.

Of a set of 64 the nearest 16 are in every frame and the rest come in turn. An entity's record is the same for
everybody but for the viewer's own place, so the scene keeps it ready with absolute places, modulo 2**16
(`Scene.likeness`): what a viewer is shown is a copy of six words with three subtractions in it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.frames import FLAG_GROUNDED, HEADER_DTYPE, RECORD_WORDS, RECORDS_WORD, FrameTable
from protocol.limits import FRAME_NEAREST
from server.detail import Detail
from server.scene import Scene
from world.compiled import I2, I2_2, I4, I4_2, I8, NOTHING, NUMBER, U1, U2, U4, YES, compiled, group, records
from world.interest import Interest

# In units of 256 cm: with no more than this between two of them, an offset in cm fits an int16.
FAR_MAX = 127
_NO_BITS = np.zeros(0, np.uint16)


class Looks(NamedTuple):
    """What the scene has of everybody, by slot, and whether it matters who is in which layer."""

    likeness: NDArray[np.int16]
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
        looks = Looks(scene.likeness, scene.layer, _NO_BITS if seen_from is None else seen_from, seen_from is not None)
        return _show(self._interest.sets, viewers, turn, looks, Written(table.words, RECORDS_WORD, RECORD_WORDS))

    def headers(self, tick: int, viewers: NDArray[np.int32], shed_level: int) -> NDArray[np.void]:
        """Each viewer's own truth, HEADER_DTYPE."""
        scene, headers = self._scene, np.empty(viewers.size, HEADER_DTYPE)
        at = _At(scene.x, scene.y, scene.z, scene.input, scene.vy)
        kind = _Kind(scene.heading, scene.animation, scene.zone, scene.flags, scene.layer)
        _head(headers, viewers, at, kind, FLAG_GROUNDED)
        headers["tick"], headers["shed"] = tick, shed_level
        return headers


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


class Written(NamedTuple):
    """What is written: the words of frames, the one `at` which records begin, and how many words each takes."""

    words: NDArray[np.int16]
    at: int
    record_words: int


LOOKS = group(Looks, I2_2, U1, U2, YES)
TURN = group(Turn, NUMBER, NUMBER, NUMBER)
WRITTEN = group(Written, I2_2, NUMBER, NUMBER)


@compiled(
    NOTHING, records(HEADER_DTYPE), I4, group(_At, I4, I4, I4, U4, I2), group(_Kind, *[U1] * 5), NUMBER, borrowing=True
)
def _head(headers: Any, viewers: NDArray[np.int32], at: _At, kind: _Kind, flags_shown: int) -> None:
    """Write everybody's own truth into their header."""
    x, y, z, inputs, vy = at
    heading, animation, zone, flags, layer = kind
    for i in range(viewers.size):
        viewer = viewers[i]
        headers[i].x, headers[i].y, headers[i].z = x[viewer], y[viewer], z[viewer]
        headers[i].input, headers[i].vy = inputs[viewer], vy[viewer]
        headers[i].heading, headers[i].animation = heading[viewer], animation[viewer]
        headers[i].zone, headers[i].layer = zone[viewer], layer[viewer]
        headers[i].flags = flags[viewer] & flags_shown


@compiled(I8, I4_2, I4, TURN, LOOKS, WRITTEN)
def _show(
    sets: NDArray[np.int32], viewers: NDArray[np.int32], turn: Turn, looks: Looks, written: Written
) -> NDArray[np.int64]:
    """Fill the frames; returns how many are shown in each. Of a small set all are, whosever turn it is."""
    nearest, first, far = turn
    likeness, layer, seen_from, layered = looks
    words, records_at, record_words = written
    counts = np.zeros(viewers.size, np.int64)
    for i in range(viewers.size):
        viewer = viewers[i]
        # Words 0 and 1 are the entity, 2 to 4 its place, 5 heading and animation, 6 and 7 the place in coarse units.
        x, y, z = likeness[viewer, 2], likeness[viewer, 3], likeness[viewer, 4]
        far_x, far_z = likeness[viewer, 6], likeness[viewer, 7]
        skipped = first - nearest if sets[viewer, nearest + far] != 0 else 0
        count, at = 0, records_at
        for place in range(nearest + far):
            other = sets[viewer, place if place < nearest else place + skipped]
            # Sets are chosen twice a second; whoever has left meanwhile, or is in another layer, is not shown any more.
            gone = likeness[other, 0] == 0 and likeness[other, 1] == 0
            if gone or (layered and (seen_from[other] >> layer[viewer]) & 1 == 0):
                continue
            if abs(likeness[other, 6] - far_x) > FAR_MAX or abs(likeness[other, 7] - far_z) > FAR_MAX:
                continue
            words[i, at], words[i, at + 1] = likeness[other, 0], likeness[other, 1]
            words[i, at + 2] = likeness[other, 2] - x
            words[i, at + 3] = likeness[other, 3] - y
            words[i, at + 4] = likeness[other, 4] - z
            words[i, at + 5] = likeness[other, 5]
            count += 1
            at += record_words
        counts[i] = count
    return counts
