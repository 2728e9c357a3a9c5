"""Where people stand: crowds of every shape for tests and benches, and who is near whom, found the slow way."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.interest import Crowd

Int = NDArray[np.int32]
Random = np.random.Generator
Shape = Callable[[int, Random], tuple[Int, Int]]

# The side of the crystal plaza (100 m) in cm.
SIDE_CM = 10_000


class People(NamedTuple):
    """Everybody, in slots 1 to n: positions in cm."""

    x: Int
    z: Int

    @property
    def slots(self) -> Int:
        """Their slots."""
        return np.arange(1, self.x.size + 1, dtype=np.int32)

    def crowd(self, layers: NDArray[np.uint8] | None = None, performers: tuple[int, ...] = ()) -> Crowd:
        """What interest is shown of them; `layers` is one a person, seen from it alone; all in one without it."""
        layer = np.zeros(self.x.size, np.uint8) if layers is None else layers
        nobody = np.zeros(1, np.int32)
        return Crowd(
            self.slots,
            np.concatenate((nobody, self.x)),
            np.concatenate((nobody, self.z)),
            np.concatenate((np.zeros(1, np.uint8), layer)),
            np.array(performers, np.int32),
            None if layers is None else np.left_shift(1, np.append(nobody, layers)).astype(np.uint16),
        )


def uniform(count: int, random: Random) -> tuple[Int, Int]:
    """Anywhere on the plaza."""
    x, z = random.integers(0, SIDE_CM, (2, count), dtype=np.int32)
    return x, z


def clustered(count: int, random: Random) -> tuple[Int, Int]:
    """As people stand: eight knots three metres wide, and a fifth of them strolling about."""
    centres = random.integers(1500, SIDE_CM - 1500, (2, 8))
    knot = random.integers(0, 8, count)
    places = centres[:, knot] + random.normal(0, 300, (2, count))
    strollers = random.random(count) < 0.2
    places[:, strollers] = random.integers(0, SIDE_CM, (2, int(strollers.sum())))
    x, z = np.clip(places, 0, SIDE_CM - 1).astype(np.int32)
    return x, z


def line(count: int, random: Random) -> tuple[Int, Int]:
    """A queue of 300 m, one behind the other."""
    return random.integers(0, 30_000, count, dtype=np.int32), np.full(count, 700, np.int32)


def two_clusters(count: int, random: Random) -> tuple[Int, Int]:
    """Two dense crowds, 100 m from each other."""
    x, z = random.integers(0, 800, (2, count), dtype=np.int32)
    return x + (np.arange(count, dtype=np.int32) % 2) * SIDE_CM, z


def loners(count: int, random: Random) -> tuple[Int, Int]:
    """A dense crowd, and one in twenty far out on their own or in pairs: the hardest to find somebody for."""
    x, z = random.integers(0, 1200, (2, count), dtype=np.int32)
    far = np.arange(0, count, 20)
    x[far], z[far] = random.integers(-20_000, 20_000, (2, far.size))
    beside = far[1::2]
    x[beside], z[beside] = x[far[: beside.size]] + 100, z[far[: beside.size]]
    return x, z


def pile(count: int, random: Random) -> tuple[Int, Int]:
    """Everybody on one square metre."""
    x, z = random.integers(0, 100, (2, count), dtype=np.int32)
    return x, z


SHAPES: dict[str, Shape] = {shape.__name__: shape for shape in (uniform, clustered, line, two_clusters, loners, pile)}


def people(shape: str, count: int, seed: int) -> People:
    """A crowd of this shape, the same for the same seed."""
    return People(*SHAPES[shape](count, np.random.default_rng(seed)))


def squared_cm(crowd: Crowd, viewer: int, slots: Int) -> NDArray[np.int64]:
    """Squared distances on the ground."""
    dx = crowd.x[slots].astype(np.int64) - int(crowd.x[viewer])
    dz = crowd.z[slots].astype(np.int64) - int(crowd.z[viewer])
    return np.asarray(dx * dx + dz * dz)


def in_sight(crowd: Crowd, viewer: int, sight_cm: int) -> Int:
    """Everybody a viewer could see, the nearest first."""
    others = crowd.present[(crowd.present != viewer) & (crowd.layer[crowd.present] == crowd.layer[viewer])]
    squared = squared_cm(crowd, viewer, others)
    order = np.argsort(squared, kind="stable")
    return np.asarray(others[order[squared[order] <= sight_cm * sight_cm]])
