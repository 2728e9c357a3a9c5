"""Threads: each part is done once, whoever does it, and nobody waits for a thread that does not come."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from server.threads import ALONE, Threads

WAIT_S = 10
COUNTS = (1, 3)


@pytest.fixture(params=COUNTS)
def threads(request: pytest.FixtureRequest) -> Iterator[Threads]:
    threads = Threads(request.param)
    yield threads
    threads.close()


@pytest.mark.parametrize("parts", [0, 1, 2, 500])
def test_each_part_is_done_once_and_what_comes_of_it_is_in_order(threads: Threads, parts: int) -> None:
    done: Counter[int] = Counter()

    def work(number: int) -> int:
        done[number] += 1
        return number * number

    for each in (threads, ALONE):
        done.clear()
        assert each.map(work, range(parts)) == [number * number for number in range(parts)]
        assert done == Counter(range(parts))


def test_another_thread_takes_part(threads: Threads) -> None:
    together = threading.Barrier(2, timeout=WAIT_S)

    def work(_: int) -> int:
        together.wait()
        return threading.get_ident()

    assert len(set(threads.map(work, range(2)))) == 2


def test_a_thread_that_gets_no_processor_keeps_nobody_waiting() -> None:
    threads, let_go = Threads(1), threading.Event()

    def held(number: int) -> int:
        if threading.current_thread() is not threading.main_thread():
            let_go.wait(WAIT_S)
        return number

    try:
        threads._pool.submit(held, 0)  # type: ignore[union-attr]
        assert threads.map(held, range(50)) == list(range(50))
        assert not let_go.is_set()
    finally:
        let_go.set()
        threads.close()


@pytest.mark.parametrize("at_fault", [0, 1, 40])
def test_what_one_part_raises_is_raised_when_nobody_is_at_work_any_more(threads: Threads, at_fault: int) -> None:
    at_work: set[int] = set()

    def work(number: int) -> int:
        at_work.add(number)
        try:
            if number == at_fault:
                raise ValueError(f"part {number}")
            return number
        finally:
            at_work.discard(number)

    with pytest.raises(ValueError, match=f"part {at_fault}"):
        threads.map(work, range(60))
    assert not at_work
    assert threads.map(abs, [-1, -2, -3]) == [1, 2, 3]


def test_no_thread_begins_before_there_is_something_to_share() -> None:
    before = threading.active_count()
    ALONE.map(abs, range(10))
    Threads(2).map(abs, [1])
    assert threading.active_count() == before
    ALONE.close()
