"""Fireworks: the important and near ones one by one, so many a second, and the rest as a count for each eighth."""

import numpy as np
import pytest

from protocol.codec import decode_server
from protocol.messages import Sky
from server.bus import Report
from server.detail import BY_LEVEL, WHOLE
from server.extras import Extras
from server.sky import ALOFT_MAX, LOOKED_AT_MAX, SkyWatch
from tests.fakes import Body, scene_of
from tests.server.payloads import payloads_of
from world.config import TICK_RATE_HZ


def launch(name: str, x: int = 0, z: int = 0, importance: int = 1, until_tick: int = 400) -> Report:
    return Report(0, 99, x, z, 30_000, importance, name.encode(), until_tick)


class Roof:
    """One viewer in slot 1, in the middle of a field, and what it is told, tick by tick."""

    def __init__(self, x: int = 20_000, z: int = 20_000) -> None:
        self.x, self.z = x, z
        self.watch = SkyWatch()
        self.watch.forget(1)
        self.scene = scene_of([Body(1, x, z)])
        self.slots = np.array([1], np.int32)
        self.tick = 1
        self.detail = WHOLE
        self.told: list[str] = []
        self.skies: list[list[int]] = []
        self.counted = 0
        self.serve()

    def at(self, name: str, east_m: int, north_m: int, importance: int = 1) -> Report:
        return launch(name, self.x + 100 * east_m, self.z + 100 * north_m, importance)

    def serve(self, *reports: Report) -> list[str]:
        """A tick in which these are launched, and the next one; returns what the viewer is told singly."""
        self.watch.hear(self.tick, list(reports))
        extras = Extras()
        self.counted += self.watch.tell(self.tick, self.slots, self.scene, self.detail, extras)
        due = payloads_of(extras)
        self.tick += 1
        self.watch.hear(self.tick, [])
        self.tick += 1
        singly = [payload.decode() for payload in due.get(0, []) if payload[:1] != b"\x93"]
        self.told += singly
        self.skies += [
            list(message.counts)
            for message in map(decode_server, (p for p in due.get(0, []) if p[:1] == b"\x93"))
            if isinstance(message, Sky)
        ]
        return singly


def test_under_pressure_fewer_are_told_one_by_one_and_the_rest_is_still_counted() -> None:
    roof = Roof()
    roof.detail = BY_LEVEL[3]
    for _ in range(30):
        roof.serve(*(roof.at(str(number), number, 0) for number in range(4)))
    assert len(roof.told) <= 4 * BY_LEVEL[3].launches_per_s
    assert roof.counted >= 60


def test_the_important_are_told_first_and_among_equals_the_near() -> None:
    roof = Roof()
    launched = [
        roof.at("near", 3, 0),
        roof.at("far", 90, 0),
        roof.at("show", 200, 0, importance=2),
        roof.at("toy", 1, 0, 0),
    ]
    assert roof.serve(*launched) == ["show", "near", "far", "toy"]


def test_what_is_out_of_sight_is_neither_told_nor_counted() -> None:
    roof = Roof()
    for _ in range(TICK_RATE_HZ):
        assert roof.serve(launch("beyond", roof.x + 30_100, roof.z)) == []
    assert roof.skies == []


def test_a_storm_is_told_up_to_the_cap_and_the_rest_is_counted_by_eighths() -> None:
    roof = Roof()
    while (roof.tick - 1) % TICK_RATE_HZ != TICK_RATE_HZ // 2:
        roof.serve()
    roof.serve()
    for _ in range(TICK_RATE_HZ // 2):
        roof.serve(*(roof.at("north", 0, 90) for _ in range(3)), *(roof.at("west", -90, 0) for _ in range(2)))
    (sky,) = roof.skies
    assert WHOLE.launches_per_s <= len(roof.told) <= 2 * WHOLE.launches_per_s
    assert sum(sky) == roof.counted == 50 - len(roof.told)
    assert [eighth for eighth, count in enumerate(sky) if count] == [0, 6]


def test_the_cap_is_a_rate() -> None:
    roof = Roof()
    seconds = 5
    for _ in range(seconds * TICK_RATE_HZ // 2):
        roof.serve(*(roof.at("one", 10, 10) for _ in range(6)))
    assert abs(len(roof.told) - (seconds + 1) * WHOLE.launches_per_s) <= 2
    assert all(sum(sky) > 0 for sky in roof.skies)


def test_what_was_told_one_by_one_is_not_counted_again() -> None:
    roof = Roof()
    for second in range(4):
        for frame in range(TICK_RATE_HZ // 2):
            roof.serve(*([roof.at(f"{second}", 7, -60)] if frame % 2 else []))
    assert len(roof.told) == 20
    assert roof.skies == []


@pytest.mark.parametrize(
    ("east_m", "north_m", "eighth"),
    [(0, 90, 0), (90, 90, 1), (90, 0, 2), (90, -90, 3), (0, -90, 4), (-90, -90, 5), (-90, 0, 6), (-90, 90, 7)],
)
def test_the_eighths_go_clockwise_from_north(east_m: int, north_m: int, eighth: int) -> None:
    roof = Roof()
    for _ in range(TICK_RATE_HZ):
        roof.serve(*(roof.at("one", east_m, north_m) for _ in range(9)))
    assert roof.skies
    assert all(count == 0 for sky in roof.skies for at, count in enumerate(sky) if at != eighth)


def test_a_newcomer_is_told_what_is_still_in_the_sky_and_nothing_that_is_over() -> None:
    roof = Roof()
    roof.serve(launch("over", roof.x, roof.z, until_tick=roof.tick + 4))
    roof.serve(launch("lasting", roof.x + 500, roof.z))
    roof.serve(launch("too far", roof.x + 31_000, roof.z))
    roof.serve()
    roof.watch.forget(1)
    assert roof.serve() == ["lasting"]
    assert roof.serve() == []


def test_a_newcomer_hears_of_a_launch_of_this_very_tick_once() -> None:
    roof = Roof()
    roof.watch.forget(1)
    assert roof.serve(roof.at("now", 3, 3)) == ["now"]


def test_of_a_storm_the_important_are_always_looked_at() -> None:
    roof = Roof()
    storm = [roof.at("one", 5, 5) for _ in range(3 * LOOKED_AT_MAX)]
    assert roof.serve(*storm, roof.at("show", 100, 0, importance=2))[0] == "show"


def test_what_newcomers_can_be_told_of_is_bounded() -> None:
    roof = Roof()
    for _ in range(10):
        roof.serve(*(roof.at("one", 5, 5) for _ in range(ALOFT_MAX)))
    roof.watch.forget(1)
    assert len(roof.serve()) == WHOLE.launches_per_s


def test_a_quiet_sky_costs_no_message() -> None:
    roof = Roof()
    for _ in range(3 * TICK_RATE_HZ):
        roof.serve()
    assert roof.told == []
    assert roof.skies == []
