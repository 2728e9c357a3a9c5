"""The bus in one process: in order, once, and to nobody else."""

import numpy as np

from server.bus import Bus, LocalBus, Published, Report, Snapshot
from world.event import Posting, Settle
from world.events.halt import Halt
from world.events.leave import Leave
from world.tick import MOVE_DTYPE, SNAPSHOT_DTYPE, Issued

NOTHING = Snapshot(0, 1, np.zeros(0, SNAPSHOT_DTYPE), [], [])


def move(entity: int, number: int) -> bytes:
    return np.array([(entity, number, 1, 2, 1, 0)], MOVE_DTYPE).tobytes()


def report(radius_cm: int = 0, entity: int = 0) -> Report:
    return Report(0, entity, 0, 0, radius_cm, 0, b"said")


def test_a_zone_gets_its_commands_and_moves_in_the_order_they_were_posted() -> None:
    bus: Bus = LocalBus(2)
    commands = [Issued(5, 1, Halt()), Issued(4, 9, Leave()), Issued(5, 2, Halt())]
    for issued in commands:
        bus.post(1, issued)
    for entity, number in ((7, 1), (5, 3), (7, 2)):
        bus.post_moves(1, move(entity, number))
    batch = bus.take_batch(1)
    assert list(batch.commands) == commands
    assert batch.moves[["entity", "input"]].tolist() == [(7, 1), (5, 3), (7, 2)]
    assert batch.moves.dtype == MOVE_DTYPE


def test_a_batch_is_taken_once() -> None:
    bus = LocalBus(1)
    bus.post(0, Issued(5, 1, Halt()))
    bus.post_moves(0, move(5, 1))
    bus.take_batch(0)
    again = bus.take_batch(0)
    assert (list(again.commands), again.moves.size, again.moves.dtype) == ([], 0, MOVE_DTYPE)


def test_what_is_posted_to_one_zone_reaches_no_other() -> None:
    bus = LocalBus(3)
    bus.post(2, Issued(5, 1, Halt()))
    bus.post_moves(2, move(5, 1))
    assert [len(bus.take_batch(zone).commands) for zone in range(3)] == [0, 0, 1]


def test_what_is_posted_after_a_zone_took_its_batch_is_in_the_next() -> None:
    bus = LocalBus(1)
    batch = bus.take_batch(0)
    bus.post(0, Issued(5, 1, Halt()))
    assert list(batch.commands) == []
    assert len(bus.take_batch(0).commands) == 1


def test_everything_published_is_taken_once_and_in_order() -> None:
    bus = LocalBus(2)
    first, second = report(entity=1), report(entity=2)
    bus.publish(NOTHING, [first])
    bus.publish(NOTHING._replace(zone=1), [second])
    published = bus.take_published()
    assert [snapshot.zone for snapshot in published.snapshots] == [0, 1]
    assert published.reports == [first, second]
    assert bus.take_published() == Published([], [])


def test_what_zones_want_settled_is_taken_once_in_order_and_with_its_zone() -> None:
    bus = LocalBus(3)
    first, second = (Settle(f"pick.{number}", "pick_up", (Posting("house", 0),)) for number in (1, 2))
    bus.settle(2, first)
    bus.settle(0, second)
    assert bus.take_settlements() == [(2, first), (0, second)]
    assert bus.take_settlements() == []


def test_only_a_report_for_one_entity_and_no_place_is_for_it_alone() -> None:
    assert report(entity=3).only
    assert not report(entity=3, radius_cm=500).only
    assert not report().only
