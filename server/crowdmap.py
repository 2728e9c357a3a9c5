"""How full the city is around a viewer, beyond the people shown one by one: a small density map a second."""

import numpy as np
from numpy.typing import NDArray

from protocol.codec import encode
from protocol.messages import Crowd
from server.scene import Scene

# Ten metres tell a full plaza from an empty one at a distance where single people can no longer be told.
CELL_CM = 1000
# A window of 16 x 16 cells, 160 m, reaches as far as anybody can be shown; 256 bytes a second.
WINDOW_CELLS = 16
# Windows start on every fourth cell, so that viewers standing together get the same bytes, encoded once.
BLOCK_CELLS = 4
FULL = 255


class CrowdMap:
    """The maps of one tick; a map is made when somebody first needs it, and good for everybody there for a second."""

    def __init__(self, scene: Scene, tick: int) -> None:
        self._scene = scene
        self.tick = tick
        self._made: dict[tuple[int, int, int], bytes] = {}
        self._counts: dict[int, tuple[NDArray[np.int64], int, int]] = {}

    def payloads_for(self, slots: NDArray[np.int32]) -> list[bytes]:
        """The encoded `Crowd` for the viewer in each of these slots."""
        scene, block_cm = self._scene, BLOCK_CELLS * CELL_CM
        columns = scene.layer[slots], scene.x[slots] // block_cm, scene.z[slots] // block_cm
        return [self._payload(key) for key in zip(*(column.tolist() for column in columns), strict=True)]

    def _payload(self, key: tuple[int, int, int]) -> bytes:
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def _make(self, layer: int, block_x: int, block_z: int) -> bytes:
        before = (WINDOW_CELLS - BLOCK_CELLS) // 2
        first_x, first_z = block_x * BLOCK_CELLS - before, block_z * BLOCK_CELLS - before
        counts, low_x, low_z = self._counted(layer)
        window = np.zeros((WINDOW_CELLS, WINDOW_CELLS), np.uint8)
        near = slice(max(first_z - low_z, 0), max(first_z - low_z + WINDOW_CELLS, 0))
        left = slice(max(first_x - low_x, 0), max(first_x - low_x + WINDOW_CELLS, 0))
        part = np.minimum(counts[near, left], FULL)
        at_z, at_x = max(low_z - first_z, 0), max(low_x - first_x, 0)
        window[at_z : at_z + part.shape[0], at_x : at_x + part.shape[1]] = part
        x, z = first_x * CELL_CM, first_z * CELL_CM
        return encode(Crowd(self.tick, x, z, CELL_CM, WINDOW_CELLS, WINDOW_CELLS, window.tobytes()))

    def _counted(self, layer: int) -> tuple[NDArray[np.int64], int, int]:
        """Heads per cell that are seen from a layer, (rows, columns), and the cell that (0, 0) is."""
        if layer not in self._counts:
            scene = self._scene
            slots = scene.crowd().seen_in(layer, scene.present)
            column, row = scene.x[slots] // CELL_CM, scene.z[slots] // CELL_CM
            low_x, low_z = int(column.min()), int(row.min())
            shape = int(row.max()) - low_z + 1, int(column.max()) - low_x + 1
            flat = (row - low_z) * shape[1] + (column - low_x)
            counts = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
            self._counts[layer] = counts, low_x, low_z
        return self._counts[layer]
