"""The walk over the map finds what one could walk, no more and no less."""

from collections import deque

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.hamlet import CITY, EAST_ZONE
from world.city import City, Terrace
from world.paths import flood
from world.terrain import OUTSIDE, Terrain

CELLS = st.integers(0, 30).map(lambda number: number / 4)
TERRACES = st.builds(
    Terrace,
    name=st.just("terrace"),
    x_m=CELLS,
    z_m=CELLS,
    width_m=st.sampled_from([0.5, 1, 4]),
    depth_m=st.sampled_from([0.5, 1, 4]),
    height_m=st.sampled_from([0.3, 0.4, 0.5, 0.8, 3.0]),
)


def one_zone(terraces: list[Terrace]) -> Terrain:
    zone = msgspec.structs.replace(EAST_ZONE, width_m=20, depth_m=20, terrace=tuple(terraces))
    return Terrain(City(name="Test", gate="east", zone=(zone,)))


def one_by_one(terrain: Terrain, start: int, climb_cm: int) -> set[int]:
    """The same walk, cell by cell."""
    height, zone = terrain.height.ravel().tolist(), terrain.zone.ravel().tolist()
    reached, edge = {start}, deque([start])
    while edge:
        here = edge.popleft()
        for there in (here + 1, here - 1, here + terrain.columns, here - terrain.columns):
            if zone[there] != OUTSIDE and there not in reached and height[there] - height[here] <= climb_cm:
                reached.add(there)
                edge.append(there)
    return reached


@given(st.lists(TERRACES, max_size=8))
@settings(max_examples=25)
def test_the_flood_is_the_walk_cell_by_cell(terraces: list[Terrace]) -> None:
    terrain = one_zone(terraces)
    start = terrain.columns * 20 + 20
    assert set(np.flatnonzero(flood(terrain, start, 40))) == one_by_one(terrain, start, 40)


@given(st.lists(TERRACES, max_size=8), st.integers(0, 80 * 80 - 1))
@settings(max_examples=25)
def test_the_flood_back_finds_those_who_find_the_start(terraces: list[Terrace], place: int) -> None:
    terrain = one_zone(terraces)
    start = terrain.columns * 20 + 20
    cell = terrain.columns * (place // 80 + 1) + place % 80 + 1
    assert bool(flood(terrain, start, 40, back=True).ravel()[cell]) == (start in one_by_one(terrain, cell, 40))


def test_the_whole_hamlet_but_its_house_is_walkable() -> None:
    terrain = Terrain(CITY)
    start = terrain.columns * 17 + 17
    on_foot = flood(terrain, start, 40)
    kerb = terrain.height == 45  # the one terrace that takes a jump
    assert (on_foot == ((terrain.zone != OUTSIDE) & ~terrain.building & ~kerb)).all()
    assert (flood(terrain, start, 159) >= on_foot).all()
