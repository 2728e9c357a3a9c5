"""A city that closes counts down aloud, and a second signal cuts the countdown short."""

import pytest

from server.clock import HandClock
from server.drain import Stop, count_down


class Countdown:
    """Hears what is told, and when, without waiting; somebody hurries at `hurried_s`."""

    def __init__(self, hurried_s: float | None = None) -> None:
        self.told: list[tuple[float, float]] = []
        self.seconds = 0.0
        self._hurried_s = hurried_s

    def tell(self, in_s: float) -> None:
        self.told.append((self.seconds, in_s))

    async def hurried_within(self, seconds: float) -> bool:
        until_s = self.seconds + seconds
        hurried = self._hurried_s is not None and self._hurried_s <= until_s
        self.seconds = self._hurried_s if hurried and self._hurried_s is not None else until_s
        return hurried


async def count(seconds: float, hurried_s: float | None = None) -> Countdown:
    countdown = Countdown(hurried_s)
    await count_down(seconds, countdown.tell, countdown.hurried_within)
    return countdown


@pytest.mark.parametrize(
    ("seconds", "warned"),
    [(1, [1]), (2.5, [2.5, 2, 1]), (30, [30, 10, 5, 3, 2, 1]), (120, [120, 30, 10, 5, 3, 2, 1]), (0.2, [0.2])],
)
async def test_everybody_is_told_at_once_and_again_as_the_end_comes_near(seconds: float, warned: list[float]) -> None:
    countdown = await count(seconds)
    assert [in_s for _, in_s in countdown.told] == warned
    assert all(when_s + in_s == pytest.approx(seconds) for when_s, in_s in countdown.told)
    assert countdown.seconds == pytest.approx(seconds)


async def test_whoever_hurries_ends_the_countdown_there_and_then() -> None:
    countdown = await count(120, hurried_s=3)
    assert countdown.told == [(0, 120)]
    assert countdown.seconds == 3


def closing(clock: HandClock | None = None) -> Stop:
    return Stop(30, (clock or HandClock()).now_s)


async def test_the_first_signal_closes_and_the_second_hurries() -> None:
    stop = closing()
    assert stop.closes_in_s is None
    stop.ask()
    assert stop.asked.is_set()
    assert not await stop.hurried_within(0)
    stop.ask()
    assert await stop.hurried_within(1000)


async def test_an_operator_closes_with_a_countdown_of_their_own_once_and_hurries_nobody() -> None:
    clock = HandClock()
    stop = closing(clock)
    assert stop.close_in(90) == 90
    assert (stop.asked.is_set(), stop.seconds) == (True, 90)
    clock.forward(60)
    assert stop.closes_in_s == 30
    assert stop.close_in(5) is None
    assert (stop.closes_in_s, await stop.hurried_within(0)) == (30, False)
    stop.ask()
    assert await stop.hurried_within(1000)


async def test_without_a_countdown_of_their_own_it_is_that_of_the_settings() -> None:
    assert closing().close_in(None) == 30


async def test_what_has_failed_waits_for_nobody() -> None:
    stop = closing()
    stop.hurry()
    assert stop.asked.is_set()
    assert await stop.hurried_within(1000)
