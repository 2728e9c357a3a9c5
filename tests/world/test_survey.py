"""A map that cannot be built or walked is refused, and the place is named."""

from typing import Any

import msgspec
import pytest

from tests.world.hamlet import CITY, EAST_ZONE, WEST_ZONE, config
from world.city import HOSTS_MAX, Building, City, Host, Ramp, Spawn, Terrace, Zone
from world.motion import Motion
from world.schema import Reader
from world.survey import survey_city, survey_tuning

replace = msgspec.structs.replace


def keys(city: City) -> list[str]:
    reader = Reader("city.toml")
    survey_city(city, Motion(config().tuning.movement, 20), reader)
    return [fault.key for fault in reader.faults]


def with_west(**changes: Any) -> City:
    return replace(CITY, zone=(replace(WEST_ZONE, **changes), EAST_ZONE))


def with_east(**changes: Any) -> City:
    return replace(CITY, zone=(WEST_ZONE, replace(EAST_ZONE, **changes)))


def terrace(x_m: float, z_m: float, side_m: float, height_m: float) -> Terrace:
    return Terrace(name="more", x_m=x_m, z_m=z_m, width_m=side_m, depth_m=side_m, height_m=height_m)


def building(name: str, x_m: float, z_m: float, side_m: float, height_m: float) -> Building:
    return Building(name=name, x_m=x_m, z_m=z_m, width_m=side_m, depth_m=side_m, height_m=height_m)


def ramp(from_m: float, to_m: float) -> Ramp:
    return Ramp(name="slide", x_m=10, z_m=10, width_m=4, depth_m=4, from_m=from_m, to_m=to_m, rises="north")


def spawn(x_m: float, z_m: float, spread_m: float = 0, name: str = "new") -> Spawn:
    return Spawn(name=name, x_m=x_m, z_m=z_m, spread_m=spread_m, facing_deg=0)


def host(name: str, x_m: float = 10, z_m: float = 10) -> Host:
    return Host(name=name, title="Someone", x_m=x_m, z_m=z_m, facing_deg=0)


def wall_around(x_m: float, z_m: float, side_m: float, height_m: float) -> tuple[Terrace, ...]:
    """Four terraces around a square that stays free inside."""

    def bar(name: str, x: float, z: float, width: float, depth: float) -> Terrace:
        return Terrace(name=name, x_m=x, z_m=z, width_m=width, depth_m=depth, height_m=height_m)

    return (
        bar("south", x_m, z_m, side_m, 1),
        bar("north", x_m, z_m + side_m - 1, side_m, 1),
        bar("west", x_m, z_m, 1, side_m),
        bar("east", x_m + side_m - 1, z_m, 1, side_m),
    )


def test_the_hamlet_is_without_fault() -> None:
    assert keys(CITY) == []


@pytest.mark.parametrize(
    ("city", "found"),
    [
        (replace(CITY, gate="north"), ["gate"]),
        (with_east(name="west"), ["zone[1].name"]),
        (with_east(spawn=(spawn(5, 5, name="well"),)), ["zone[1].spawn[0].name"]),
        (with_east(host=(host("crier"),)), ["zone[1].host[0].name"]),
        (with_west(terrace=(terrace(5, 5, 2, 0.25),) * 3), ["zone[0].terrace[1].name"]),
        (with_east(x_m=39.75), ["zone[1]"]),
        (with_east(x_m=1461), ["zone[*].x_m"]),
        (with_east(z_m=-1461), ["zone[*].z_m"]),
        (with_west(host=tuple(host(f"h{n}") for n in range(HOSTS_MAX))), ["zone[*].host"]),
        (with_east(building=(building("tower", 38, 38, 4, 9),)), ["zone[1].building[0]"]),
        (with_east(terrace=(terrace(39.75, 0, 0.5, 1),)), ["zone[1].terrace[0]"]),
        (with_east(spawn=(spawn(1, 5, 1.25),)), ["zone[1].spawn[0]"]),
        (with_east(spawn=(spawn(39, 5, 1),)), ["zone[1].spawn[0]"]),
        (with_east(host=(host("piper", 40, 5),)), ["zone[1].host[0]"]),
        (with_east(ramp=(ramp(1, 1),)), ["zone[1].ramp[0].to_m"]),
        (with_east(ramp=(ramp(1, 0.5),)), ["zone[1].ramp[0].to_m"]),
        (with_east(ramp=(ramp(0, 5.34),)), ["zone[1].ramp[0].to_m"]),
    ],
)
def test_a_map_that_cannot_be_built_is_named_by_key(city: City, found: list[str]) -> None:
    assert keys(city) == found


def test_the_steepest_ramp_rises_a_step_in_a_stride() -> None:
    assert keys(with_east(ramp=(ramp(0, 5.33),))) == []


@pytest.mark.parametrize(
    ("city", "found"),
    [
        # Nobody appears in a wall, on a roof or within a body's width of one.
        (with_west(spawn=(*WEST_ZONE.spawn, spawn(20, 20))), ["zone[0].spawn[6]"]),
        (with_west(spawn=(*WEST_ZONE.spawn, spawn(15.75, 20))), ["zone[0].spawn[6]"]),
        (with_west(spawn=(*WEST_ZONE.spawn, spawn(12, 20, 4))), ["zone[0].spawn[6]"]),
        (with_west(host=(host("crier", 20, 20),)), ["zone[0].host[0]"]),
        (with_west(spawn=(spawn(20, 20), *WEST_ZONE.spawn)), ["gate"]),
        # A courtyard behind a wall that feet do not climb: whoever appears there is a prisoner.
        (with_east(terrace=wall_around(20, 5, 8, 3), spawn=(spawn(24, 9),)), ["zone[1].spawn[0]"]),
        # The same, lower: a jump would do, but a city is for feet.
        (with_east(terrace=wall_around(20, 5, 8, 1), spawn=(spawn(24, 9),)), ["zone[1].spawn[0]"]),
        # A zone that lies too high, and one too low to come back from.
        (with_east(ground_m=2), ["zone[1].spawn[0]", "zone[1].host[0]"]),
        (with_east(ground_m=-2), ["zone[1]"]),
        # A roof that a jump reaches, from the ground and from a terrace beside it.
        (with_west(building=(building("shed", 16, 16, 8, 1.5),)), ["zone[0].building[0].height_m"]),
        (
            with_east(terrace=(terrace(10, 10, 4, 0.4),), building=(building("hut", 14, 10, 4, 1.9),)),
            ["zone[1].building[0].height_m"],
        ),
    ],
)
def test_a_map_that_cannot_be_walked_is_named_by_key(city: City, found: list[str]) -> None:
    assert keys(city) == found


def test_a_spawn_may_touch_the_margin_of_a_building() -> None:
    assert keys(with_west(spawn=(*WEST_ZONE.spawn, spawn(15.5, 20)))) == []


def test_a_pit_that_a_jump_leaves_is_allowed_and_a_deeper_one_is_not() -> None:
    def with_pit(depth_m: float) -> City:
        # Everything is raised but one square, reached over the edge by falling; steps lead up from the border.
        steps = tuple(
            Terrace(name=f"stair_{n}", x_m=n, z_m=18, width_m=10 - n, depth_m=4, height_m=0.4 * n) for n in range(1, 10)
        )
        ring = (
            Terrace(name="west_bank", x_m=10, z_m=0, width_m=4, depth_m=40, height_m=depth_m),
            *wall_around(14, 10, 12, depth_m),
        )
        stairs = tuple(step for step in steps if step.height_m < depth_m)
        return with_east(terrace=(*stairs, *ring), host=())

    assert keys(with_pit(1.5)) == []
    assert keys(with_pit(3.5)) == ["zone[1]"]


def test_numbers_that_do_not_go_together_are_named() -> None:
    tuning = config().tuning
    reader = Reader("tuning.toml")
    survey_tuning(tuning, reader)
    assert reader.faults == []
    survey_tuning(replace(tuning, movement=replace(tuning.movement, run_m_s=1.7)), reader)
    assert [fault.key for fault in reader.faults] == ["movement.run_m_s"]


def test_a_zone_s_fault_names_the_place_in_the_zone_s_own_metres() -> None:
    reader = Reader("city.toml")
    low: Zone = replace(EAST_ZONE, ground_m=-2)
    survey_city(replace(CITY, zone=(WEST_ZONE, low)), Motion(config().tuning.movement, 20), reader)
    assert reader.faults[0].allowed.endswith("as at x_m = 0, z_m = 0")
