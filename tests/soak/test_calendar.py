"""The calendar of a soak holds what the shipped one does, ten times as often."""

from pathlib import Path

import pytest

from tests.soak.calendar import TIMES_AS_OFTEN, filled
from world.config import load_config
from world.festival import Festival, Scheduled


@pytest.fixture
def shipped() -> Festival:
    return load_config(None, 1).festival


@pytest.fixture
def busy(tmp_path: Path) -> Festival:
    return load_config(filled(tmp_path / "content"), 1).festival


def scheduled(festival: Festival) -> dict[str, Scheduled]:
    return {each.name: each for each in (*festival.rain, *festival.show) if each.every_s}


def test_whatever_comes_by_the_clock_comes_ten_times_as_often(shipped: Festival, busy: Festival) -> None:
    often, seldom = scheduled(busy), scheduled(shipped)
    assert often.keys() == seldom.keys() == {"plaza_shower", "bay_finale"}
    for name, each in seldom.items():
        assert often[name].every_s * TIMES_AS_OFTEN == each.every_s
        assert often[name].first_s * TIMES_AS_OFTEN == each.first_s


def test_each_is_as_large_as_ever_and_over_before_the_next(shipped: Festival, busy: Festival) -> None:
    for short, long in zip(busy.rain, shipped.rain, strict=True):
        assert (short.number, short.drop, short.rect) == (long.number, long.drop, long.rect)
        assert not short.every_s or short.over_s + short.linger_s < short.every_s
    for show, as_shipped in zip(busy.show, shipped.show, strict=True):
        assert show.cue == as_shipped.cue
        assert show.lasts_s < show.every_s
