"""The help text: complete, because it is made from the settings, and narrow enough for a terminal."""

import re

import pytest

from server.settings import ServerSettings
from server.sources import fields
from server.usage import WIDTH, usage


@pytest.mark.parametrize("key", fields(ServerSettings))
def test_every_setting_is_listed_with_its_default_bounds_and_reason(key: str) -> None:
    assert re.search(rf"(?m)^  --{re.escape(key)}  .+; default .+\n      \S", usage())


def test_bounds_and_defaults_are_the_settings_own() -> None:
    assert "  --game.port  an integer from 0 to 65535; default 7400\n" in usage()
    assert "  --journal  a path; default none\n" in usage()


def test_all_three_ways_to_set_something_are_shown() -> None:
    flat = " ".join(usage().split())
    assert "--game.port 8000" in flat
    assert "FUTURECITY_GAME__PORT=8000" in flat
    assert "[game] port = 8000" in flat


def test_no_line_is_wider_than_it_should_be_but_those_that_explain_loopback_and_urls() -> None:
    wide = [line for line in usage().splitlines() if len(line) > WIDTH + 2]
    assert all("loopback" in line or "://" in line for line in wide)
