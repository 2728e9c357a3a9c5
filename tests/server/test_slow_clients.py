"""A client that does not read pays alone, sees what is now when it reads again, and is parked before it costs much."""

import pytest

from server.settings import GameSettings
from tests.scenario import Client, Scenario
from tests.world.hamlet import config
from world.config import TICK_RATE_HZ


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(GameSettings(), config())


def found_out(scenario: Scenario, client: Client) -> int:
    """One more frame is written before a client is known to be behind; returns what waits then."""
    scenario.tick(2)
    return len(client.link.backlog)


def test_a_slow_client_pays_alone_and_frames_it_did_not_take_are_counted(scenario: Scenario) -> None:
    slow, well = scenario.join_all(["Slow", "Well"])
    slow.link.stall(40_000)
    waiting = found_out(scenario, slow)
    sent, got = scenario.sample("frames_sent_total", transport="tcp"), len(well.frames)
    scenario.tick(20)
    assert len(well.frames) - got == 10
    assert scenario.sample("frames_sent_total", transport="tcp") - sent == 10
    assert scenario.sample("frames_skipped_total", reason="slow") == 10
    assert len(slow.link.backlog) == waiting < 41_000


def test_a_client_that_reads_again_sees_what_is_now(scenario: Scenario) -> None:
    slow = scenario.join("Slow")
    slow.link.stall(0)
    scenario.tick(8)
    held = len(slow.frames)
    slow.link.read_again()
    assert [frame.tick for frame in slow.frames[held:]] == sorted({frame.tick for frame in slow.frames[held:]})
    scenario.tick(2)
    assert slow.frame.tick >= scenario.city.tick - 1


def test_a_client_that_takes_nothing_for_long_is_parked_and_may_come_back(scenario: Scenario) -> None:
    slow = scenario.join("Slow")
    slow.link.stall(40_000)
    found_out(scenario, slow)
    scenario.tick(round(GameSettings().slow_s * TICK_RATE_HZ))
    assert not slow.session.closed
    slow.session.receive(b"")
    scenario.tick(2)
    assert slow.session.closed
    assert scenario.sample("connections_closed_total", cause="slow") == 1
    assert scenario.join(resume=slow.welcome.resume).welcome.entity == slow.entity


def test_a_client_with_too_much_waiting_is_parked_at_once(scenario: Scenario) -> None:
    slow = scenario.join("Slow")
    slow.link.stall(GameSettings().must_deliver_bytes_max + 1)
    found_out(scenario, slow)
    scenario.tick(2)
    assert slow.session.closed
    assert slow.link.parted is None
