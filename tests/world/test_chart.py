"""The chart says of the city what is true, in whole units."""

from typing import Any

from msgspec.structs import replace

from tests.world.hamlet import CITY
from world.chart import chart
from world.city import Ramp, cm
from world.config import load_config
from world.motion import Motion
from world.space import Space

CONFIG = load_config()
CHART = chart(CONFIG)


def test_every_zone_is_where_frames_say_it_is() -> None:
    told = [(zone.number, zone.name, zone.x, zone.z, zone.width, zone.depth) for zone in CHART.zones]
    assert told == [(number, zone.name, *zone.rect) for number, zone in enumerate(CONFIG.city.zone)]
    assert CONFIG.city.zone[CHART.gate].name == CONFIG.city.gate


def test_every_shape_is_told_in_places_of_the_city() -> None:
    for told, zone in zip(CHART.zones, CONFIG.city.zone, strict=True):
        ground = cm(zone.ground_m)
        standing: list[Any] = [*told.terraces, *told.ramps, *told.buildings]
        shapes = {each.name: each for each in standing}
        assert list(shapes) == [shape.name for shape in zone.shapes]
        for shape in zone.shapes:
            named = shapes[shape.name]
            assert (named.x, named.z, named.width, named.depth) == shape.rect.moved(zone.rect.x, zone.rect.z)
            tops = {ground + cm(shape.to_m if isinstance(shape, Ramp) else shape.height_m)}
            assert tops <= {getattr(named, "top", None), getattr(named, "high", None)}


def test_spawns_and_hosts_stand_on_open_ground_of_their_zone() -> None:
    space = Space(CONFIG.city)
    for zone, area in zip(CHART.zones, space.zones, strict=True):
        for x, z in [(place.x, place.z) for place in zone.spawns] + [(place.x, place.z) for place in zone.hosts]:
            assert area.contains(x, z)
            assert space.open_at(x, z)


def test_the_numbers_of_movement_are_those_that_the_world_moves_by() -> None:
    motion = Motion(CONFIG.tuning.movement, CONFIG.tick_rate_hz)
    assert {name: getattr(motion, name) for name in CHART.movement.__struct_fields__} == {
        name: getattr(CHART.movement, name) for name in CHART.movement.__struct_fields__
    }
    assert motion.east.reshape(3, 256)[:, 64].tolist() == list(CHART.movement.paces)


def test_crystals_fireworks_and_colours_are_numbered_as_in_the_content() -> None:
    festival = CONFIG.festival
    assert [(kind.name, kind.value) for kind in CHART.crystals] == [
        (kind.name, kind.value) for kind in festival.crystal
    ]
    assert [(kind.name, kind.cost) for kind in CHART.fireworks] == [
        (kind.name, kind.cost) for kind in festival.firework
    ]
    assert [colour.rgb for colour in CHART.colours] == [colour.rgb for colour in festival.colour]


def test_an_editor_finds_every_trait_of_a_look() -> None:
    assert CHART.avatar is not None
    assert [trait["name"] for trait in CHART.avatar["traits"]] == [trait.name for trait in CONFIG.avatar.trait]


def test_the_fingerprint_is_that_of_what_is_told_and_not_of_the_seed() -> None:
    assert chart(load_config(None, 7)) == CHART
    assert chart(replace(CONFIG, city=CITY)).fingerprint != CHART.fingerprint
    assert len(CHART.fingerprint) == 32
