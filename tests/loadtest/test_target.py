"""Addresses of servers."""

import pytest

from loadtest.target import Target, parse_target


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("ws://127.0.0.1:7400/play", Target("ws", "127.0.0.1", 7400, "/play")),
        ("ws://city.example", Target("ws", "city.example", 7400, "/play")),
        ("ws://city.example/other", Target("ws", "city.example", 7400, "/other")),
        ("tcp://[::1]:9", Target("tcp", "::1", 9, "/play")),
        ("tcp://host", Target("tcp", "host", 7401, "/play")),
    ],
)
def test_an_address_is_read(url: str, target: Target) -> None:
    assert parse_target(url) == target


@pytest.mark.parametrize("url", ["", "127.0.0.1:7400", "http://a", "wss://a", "ws://", "tcp://:1", "ws://a:99999"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        parse_target(url)


def test_a_host_field_has_brackets_where_they_are_needed() -> None:
    assert parse_target("ws://[::1]:5/play").authority == "[::1]:5"
    assert parse_target("ws://a:5").authority == "a:5"
