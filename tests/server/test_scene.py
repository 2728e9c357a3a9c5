"""All zones' snapshots as one scene: places add up across borders, and nobody is in it twice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from server.entities import SLOT_BITS
from server.scene import Scene
from tests.fakes import Body, field, scene_of, snapshot
from world.event import ALL_LAYERS
from world.state import FLAG_GROUNDED, FLAG_PERFORMER

SIDE_CM = field().rect.width


def two_fields() -> Scene:
    return Scene([field(0), field(1)])


@given(
    x=st.integers(-1000, SIDE_CM + 1000),
    z=st.integers(-1000, SIDE_CM + 1000),
    number=st.sampled_from([0, 1]),
)
def test_everybody_is_where_the_zone_says_just_beyond_its_border_too(x: int, z: int, number: int) -> None:
    scene, x = two_fields(), x + number * SIDE_CM
    scene.merge([snapshot([Body(9, x, z)], number=number), snapshot([], number=1 - number)])
    assert (scene.x[9], scene.z[9], scene.zone[9]) == (x, z, number)
    assert scene.present.tolist() == [9]


def test_every_field_of_a_body_is_in_its_slots_columns() -> None:
    body = Body(7, 100, 200, -30, 64, 4, 123456, -700, FLAG_GROUNDED | FLAG_PERFORMER, 2, generation=3)
    scene = scene_of([Body(3), body])
    for name in ("entity", "x", "y", "z", "heading", "animation", "input", "vy", "flags", "layer"):
        assert getattr(scene, name)[7] == getattr(body, name)
    assert scene.performers.tolist() == [7]


def test_a_snapshot_may_be_bytes_that_came_over_a_network() -> None:
    came = snapshot([Body(3), Body(7, 100)])
    scene = Scene([field()])
    scene.merge([came._replace(rows=np.frombuffer(came.rows.tobytes(), came.rows.dtype))])
    assert scene.present.tolist() == [3, 7]
    assert scene.x[7] == 100


def test_a_scene_holds_an_entity_and_not_the_one_who_had_its_slot_before() -> None:
    scene = scene_of([Body(7, generation=2)])
    assert scene.holds(2 << SLOT_BITS | 7)
    assert not scene.holds(1 << SLOT_BITS | 7)
    assert not scene.holds(2 << SLOT_BITS | 8)
    scene.merge([snapshot([])])
    assert not scene.holds(2 << SLOT_BITS | 7)
    assert not scene.here.any()


def test_a_zone_that_says_nothing_keeps_the_state_it_was_last_seen_in() -> None:
    scene = two_fields()
    scene.merge([snapshot([Body(1, 500)]), snapshot([Body(2, SIDE_CM + 500)], number=1)])
    scene.merge([snapshot([Body(1, 530)])])
    assert sorted(scene.present.tolist()) == [1, 2]
    assert (scene.x[1], scene.x[2]) == (530, SIDE_CM + 500)


def test_whoever_crosses_a_border_is_in_the_scene_once_in_every_tick() -> None:
    scene = two_fields()
    scene.merge([snapshot([Body(1, SIDE_CM + 20)]), snapshot([], number=1)])
    assert (scene.present.tolist(), scene.zone[1]) == ([1], 0)
    scene.merge([snapshot([]), snapshot([Body(1, SIDE_CM + 50)], number=1)])
    assert (scene.present.tolist(), scene.zone[1]) == ([1], 1)


def test_whoever_has_left_a_zone_that_then_fell_silent_is_in_the_scene_once() -> None:
    scene = two_fields()
    scene.merge([snapshot([Body(1, SIDE_CM + 20), Body(2, 5)]), snapshot([], number=1)])
    scene.merge([snapshot([Body(1, SIDE_CM + 50)], number=1)])
    assert sorted(scene.present.tolist()) == [1, 2]
    assert (scene.x[1], scene.zone[1]) == (SIDE_CM + 50, 1)


def test_a_city_whose_zones_have_said_nothing_yet_is_empty() -> None:
    scene = two_fields()
    scene.merge([])
    assert scene.present.size == scene.performers.size == 0


def test_interest_is_shown_who_is_there_and_where() -> None:
    crowd = scene_of([Body(3, 10, 20, layer=1), Body(5, 30, 40, flags=FLAG_PERFORMER)]).crowd()
    assert crowd.present.tolist() == [3, 5]
    assert (crowd.x[[3, 5]].tolist(), crowd.z[[3, 5]].tolist()) == ([10, 30], [20, 40])
    assert crowd.layer[3] == 1
    assert crowd.performers.tolist() == [5]
    assert crowd.present.dtype == crowd.performers.dtype == np.int32


# ---- layers --------------------------------------------------------------------------------------


def seen(scene: Scene, layer: int) -> set[int]:
    """The slots that people in a layer see."""
    return set(scene.crowd().seen_in(layer, scene.present).tolist())


def test_while_everybody_is_in_one_layer_nothing_is_decided() -> None:
    scene = scene_of([Body(1), Body(2)])
    assert scene.seen_from is None
    assert scene.crowd().seen_from is None
    assert scene.layers_in(0) == 1


def test_each_layer_is_seen_from_itself_and_performers_from_all() -> None:
    scene = scene_of([Body(1), Body(2, layer=1), Body(3, layer=2), Body(9, flags=FLAG_PERFORMER)])
    assert [seen(scene, layer) for layer in range(3)] == [{1, 9}, {2, 9}, {3, 9}]
    assert scene.layers_in(0) == 3


def test_across_a_border_a_layer_that_is_not_open_there_sees_the_lowest() -> None:
    scene = two_fields()
    near = [Body(1, SIDE_CM - 100), Body(2, SIDE_CM - 100, layer=1), Body(3, SIDE_CM - 100, layer=2)]
    beyond = [Body(4, SIDE_CM + 100), Body(5, SIDE_CM + 100, layer=2)]
    scene.merge([snapshot(near), snapshot(beyond, number=1)])
    assert [seen(scene, layer) for layer in range(3)] == [{1, 4}, {2, 4}, {3, 5}]
    assert (scene.layers_in(0), scene.layers_in(1)) == (3, 2)


def test_one_who_came_over_a_border_in_a_layer_of_their_own_still_sees_the_zone_behind() -> None:
    scene = two_fields()
    scene.merge([snapshot([Body(1, SIDE_CM - 100)]), snapshot([Body(2, SIDE_CM + 100, layer=15)], number=1)])
    assert [seen(scene, layer) for layer in (0, 15)] == [{1}, {1, 2}]


def test_layers_that_have_come_together_are_one() -> None:
    scene = two_fields()
    scene.merge([snapshot([Body(1), Body(2, layer=1)]), snapshot([], number=1)])
    assert scene.layers_in(0) == 2
    scene.merge([snapshot([], number=1)])
    assert seen(scene, 1) == {2}
    scene.merge([snapshot([Body(1), Body(2)]), snapshot([], number=1)])
    assert scene.seen_from is None
    assert (scene.layers_in(0), scene.layers_in(1)) == (1, 1)


def test_what_is_told_in_a_layer_is_heard_by_those_who_see_its_people() -> None:
    scene = two_fields()
    scene.merge([snapshot([Body(1), Body(2, layer=1)]), snapshot([Body(3, SIDE_CM)], number=1)])
    zone, layer = np.array([0, 0, 1, 0]), np.array([0, 1, 0, ALL_LAYERS])
    heard = [[k for k in range(16) if bits >> k & 1] for bits in scene.heard_in(zone, layer).tolist()]
    assert heard == [[0, *range(2, 16)], [1], [*range(16)], [*range(16)]]
