"""Who does not take what is written pays alone, and all who do not hold no more together than is allowed."""

import pytest

from protocol.connection import Framing
from server.delivery import Delivery
from server.gateway.seats import Seats
from server.gateway.stragglers import Stragglers
from server.ops.metrics import Metrics
from server.session import Session
from server.settings import GameSettings
from tests.fakes import FakeClient, FakeDesk

MB = 1 << 20
SETTINGS = GameSettings(write_mark_bytes=10_000, slow_s=2, must_deliver_bytes_max=100_000, backlog_total_bytes_max=MB)


class Rows:
    """Seats of some slots, all of them written to in the last turn."""

    def __init__(self, slots: int = 3, settings: GameSettings = SETTINGS) -> None:
        self.metrics = Metrics(["gate"])
        self.stragglers = Stragglers(settings, 20, self.metrics)
        self.seats = Seats()
        self.clients = [FakeClient() for _ in range(slots)]
        for slot, client in enumerate(self.clients):
            self.seats.sit(slot, Session(FakeDesk(), client, Framing.STREAM, "127.0.0.1", settings))
        self.sessions = list(self.seats.sessions.values())

    def review(self, tick: int, *left: int) -> None:
        """A turn after which so many bytes are left of each."""
        for client, size in zip(self.clients, left, strict=True):
            client.transport.backlog = size
        behind = [slot for slot, size in enumerate(left) if size]
        self.seats.delivery = Delivery(self.seats.viewers, behind=behind)
        self.stragglers.review(tick, self.seats)

    @property
    def parked(self) -> list[bool]:
        return [session.closed for session in self.sessions]

    def gauge(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"futurecity_{name}")


def test_only_who_is_over_the_mark_gets_no_frames() -> None:
    rows = Rows()
    rows.review(10, 0, 10_000, 10_001)
    assert list(rows.seats.lagging) == [rows.sessions[2]]
    assert rows.metrics.registry.get_sample_value("futurecity_frames_skipped_total", {"reason": "slow"}) == 1


def test_whoever_stays_over_the_mark_for_long_is_parked_and_not_who_reads_in_between() -> None:
    rows = Rows()
    for tick in range(0, 40, 2):
        rows.review(tick, 0, 20_000, 20_000 if tick != 20 else 500)
        assert rows.parked == [False, False, False]
    rows.review(40, 0, 20_000, 20_000)
    assert rows.parked == [False, True, False]
    assert rows.clients[1].transport.aborted


def test_whoever_holds_too_much_is_parked_at_once() -> None:
    rows = Rows()
    rows.review(0, 0, 100_001, 100_000)
    assert rows.parked == [False, True, False]


def test_all_together_hold_so_much_and_no_more_and_who_holds_most_pays() -> None:
    rows = Rows(slots=40)
    sizes = [20_000 + 1000 * slot for slot in range(40)]
    rows.review(0, *sizes)
    rows.stragglers.keep_bounded([rows.seats])
    kept = [size for size, parked in zip(sizes, rows.parked, strict=True) if not parked]
    assert kept == sizes[: len(kept)]
    assert sum(kept) <= MB < sum(kept) + sizes[len(kept)]
    rows.stragglers.keep_bounded([rows.seats])
    assert sum(rows.parked) == 40 - len(kept), "who is parked holds nothing any more"


def test_within_the_bound_nobody_is_parked() -> None:
    rows = Rows(slots=40)
    rows.review(0, *[20_000] * 40)
    rows.stragglers.keep_bounded([rows.seats, Seats()])
    assert not any(rows.parked)


@pytest.mark.parametrize("left", [(0, 0, 0), (5, 20_000, 30_000)])
def test_what_is_unsent_is_in_the_metrics(left: tuple[int, int, int]) -> None:
    rows = Rows()
    rows.review(0, *left)
    rows.stragglers.publish([rows.seats])
    assert rows.gauge("send_backlog_bytes") == sum(left)
    assert rows.gauge("send_backlog_largest_bytes") == max(left)
    assert rows.gauge("lagging_clients") == sum(size > 10_000 for size in left)
