"""The floor writes the bytes it is asked to, bots read them, and each city is divided by the floors around it."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from loadtest.report import Traffic, Verdict
from loadtest.scenario import Scenario
from protocol.codec import decode_server
from protocol.frames import is_frame
from protocol.framing import Splitter
from protocol.limits import SERVER_MESSAGE_BYTES_MAX
from tests.bench.bare_server import HZ, message
from tests.bench.bench_floor import measure
from tests.bench.floor_ratio import City, Line, markdown, scenario_text, served
from tests.loadtest.reports import SERVER, good


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("size", [510, 555, 560, 565, 600, 900, 3_000])
def test_the_floor_writes_as_many_bytes_as_the_city_did(size: int, websocket: bool) -> None:
    assert abs(len(message(2, size, websocket)) - size) <= 4


def test_a_full_frame_is_the_least_and_the_rest_is_a_message_that_bots_can_read() -> None:
    least, whole = message(2, 0, websocket=False), message(2, 700, websocket=False)
    assert 400 < len(least) < 510
    frame, said = Splitter(SERVER_MESSAGE_BYTES_MAX).feed(whole)
    assert is_frame(frame)
    assert type(decode_server(said)).__name__ == "Happened"


@pytest.mark.parametrize("transport", ["ws", "tcp"])
async def test_bots_read_the_floor_as_they_read_a_city(transport: str) -> None:
    async with asyncio.timeout(60):
        found = await measure(12, transport, 520, 1.0)
    assert found["us"] > 0
    assert found["bytes"] == pytest.approx(520, abs=4)
    assert found["hz"] == pytest.approx(HZ, rel=0.5)


def test_each_city_is_divided_by_the_floors_around_it() -> None:
    cities = [City(24.0, 510, 10.0), City(30.0, 520, 9.9), City(40.0, 530, 9.8)]
    line = Line(2_000, "ws", [8.0, 12.0, 8.0, 12.0], cities)
    assert line.ratios == pytest.approx([2.4, 3.0, 4.0])
    assert markdown(line) == "| 2,000, ws | 10.0 | 30.0 | 520 | 9.90 | 3.00 | 2.40 to 4.00 |"


def test_a_city_that_lost_somebody_is_not_compared() -> None:
    assert served(good(bytes_per_client_s=Traffic(5_000.0, 36.0))) == City(15.0, 5_000.0 / 9.95, 9.95)
    for bad in (
        good(joined=1_999, verdict=Verdict(False, ["joined: 1999 of 2000"])),
        good(disconnected_healthy=1),
        good(server=None),
        good(server=structs.replace(SERVER, cpu_us_per_frame=None)),
        good(bytes_per_client_s=Traffic(None, None)),
    ):
        with pytest.raises(SystemExit):
            served(bad)


def test_the_city_is_the_plaza_with_its_people_already_there() -> None:
    content = Path("/some/where")
    scenario = msgspec.toml.decode(scenario_text(2_000, content), type=Scenario)
    assert (scenario.join.over_s, scenario.settle.seconds_min, scenario.settle.seconds_max) == (4.0, 10.0, 10.0)
    assert scenario.settings == {"world.content": "/some/where"}
