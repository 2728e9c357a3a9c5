"""Errands: done group by group, again after every failure, and never in a hurry while the store is away."""

import asyncio
from itertools import pairwise
from typing import Literal

import pytest
from structlog.testing import capture_logs

from server.clock import HandClock
from server.errand import PAUSE_FIRST_S, PAUSE_MAX_S, Errand
from server.ops.metrics import Metrics
from server.outage import Outage
from server.store.records import StoreAway
from tests.fakes import driven

PATIENCE_S = 5


class Post(Errand):
    """Letters, of which two fit a bag."""

    def __init__(self, clock: HandClock) -> None:
        self.metrics = Metrics(["zone"])
        super().__init__(Outage(self.metrics, clock))
        self.letters: list[str] = []
        self.delivered: list[list[str]] = []
        self.went = asyncio.Event()
        self.attempts = 0
        self.trouble: Exception | None = None

    @property
    def waiting(self) -> int:
        return len(self.letters)

    def put(self, *letters: str) -> None:
        self.letters += letters
        self.hurry()

    async def _attempt(self) -> None:
        self.attempts += 1
        bag = self.letters[:2]
        if self.trouble:
            raise self.trouble
        self.delivered.append(bag)
        self.went.set()
        del self.letters[:2]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def post(clock: HandClock) -> Post:
    return Post(clock)


def away(cause: Literal["unreachable", "locked"] = "unreachable") -> StoreAway:
    return StoreAway(cause, "nobody there")


def counted(post: Post, name: str, **labels: str) -> float | None:
    return post.metrics.registry.get_sample_value(f"futurecity_{name}", labels)


def test_groups_are_done_in_order_until_nothing_waits(post: Post) -> None:
    post.put("a", "b", "c")
    assert [driven(post.advance()) for _ in range(3)] == [True, True, False]
    assert post.delivered == [["a", "b"], ["c"]]


def test_a_failed_group_is_tried_again_whole_and_first(post: Post, clock: HandClock) -> None:
    post.put("a", "b", "c")
    post.trouble = away()
    assert not driven(post.advance())
    post.trouble = None
    clock.forward(PAUSE_FIRST_S)
    assert driven(post.advance())
    assert post.delivered == [["a", "b"]]


def test_the_pauses_grow_to_a_bound_and_begin_small_again_after_a_success(post: Post, clock: HandClock) -> None:
    post.put("a")
    post.trouble = away()
    tried_s = []
    for _ in range(1000):
        before = post.attempts
        driven(post.advance())
        tried_s += [clock.now_s()] if post.attempts > before else []
        clock.forward(0.01)
    pauses = [round(later - earlier, 1) for earlier, later in pairwise(tried_s)]
    assert pauses[:7] == [0.1, 0.2, 0.4, 0.8, 1.6, PAUSE_MAX_S, PAUSE_MAX_S]
    post.trouble = None
    clock.forward(PAUSE_MAX_S)
    assert driven(post.advance())
    post.put("b")
    post.trouble = away()
    driven(post.advance())
    clock.forward(PAUSE_FIRST_S)
    post.trouble = None
    assert driven(post.advance())


def test_an_outage_is_counted_by_cause_and_said_once(post: Post, clock: HandClock) -> None:
    post.put("a")
    with capture_logs() as logs:
        for cause in ("unreachable", "locked"):
            post.trouble = away(cause)
            driven(post.advance())
            clock.forward(PAUSE_MAX_S)
        assert counted(post, "store_up") == 0
        post.trouble = None
        driven(post.advance())
    assert [(entry["log_level"], entry.get("cause"), entry.get("away_s")) for entry in logs] == [
        ("error", "unreachable", None),
        ("warning", None, 2 * PAUSE_MAX_S),
    ]
    assert counted(post, "store_up") == 1
    assert counted(post, "store_away_total", cause="unreachable") == 1
    assert counted(post, "store_away_total", cause="locked") == 1


def test_a_bug_is_logged_and_treated_like_a_store_that_is_away(post: Post, clock: HandClock) -> None:
    post.put("a")
    post.trouble = RuntimeError("what is this")
    with capture_logs() as logs:
        assert not driven(post.advance())
    assert "an errand failed, it is tried again" in [entry["event"] for entry in logs]
    assert counted(post, "store_away_total", cause="failed") == 1
    post.trouble = None
    clock.forward(PAUSE_FIRST_S)
    assert driven(post.advance())


def test_an_errand_that_rests_leaves_the_store_alone_for_a_while(post: Post, clock: HandClock) -> None:
    post.rest_s = 1.0
    post.put("a", "b", "c")
    assert driven(post.advance())
    clock.forward(0.9)
    assert not driven(post.advance())
    clock.forward(0.1)
    assert driven(post.advance())


async def test_it_runs_when_something_comes_in_and_ends_once_closed_and_done(post: Post) -> None:
    running = asyncio.create_task(post.run())
    await asyncio.sleep(0)
    post.put("a")
    async with asyncio.timeout(PATIENCE_S):
        await post.went.wait()
    post.put("b", "c", "d")
    post.close()
    async with asyncio.timeout(PATIENCE_S):
        await running
    assert post.delivered == [["a"], ["b", "c"], ["d"]]


async def test_closing_does_not_wait_for_a_rest(post: Post) -> None:
    post.rest_s = 3600.0
    running = asyncio.create_task(post.run())
    post.put("a", "b", "c", "d")
    async with asyncio.timeout(PATIENCE_S):
        await post.went.wait()
        post.close()
        await running
    assert post.waiting == 0
