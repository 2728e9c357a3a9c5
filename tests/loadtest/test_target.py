"""Addresses of servers."""

import ssl
from pathlib import Path

import pytest

from loadtest.target import Target, parse_target
from tests.certificates import certificate


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("ws://127.0.0.1:7400/play", Target("ws", "127.0.0.1", 7400, "/play")),
        ("ws://city.example", Target("ws", "city.example", 7400, "/play")),
        ("ws://city.example/other", Target("ws", "city.example", 7400, "/other")),
        ("tcp://[::1]:9", Target("tcp", "::1", 9, "/play")),
        ("tcp://host", Target("tcp", "host", 7401, "/play")),
        ("wss://city.example:443/play", Target("ws", "city.example", 443, "/play", tls=True)),
        ("tcps://city.example", Target("tcp", "city.example", 7401, "/play", tls=True)),
    ],
)
def test_an_address_is_read(url: str, target: Target) -> None:
    assert parse_target(url) == target


@pytest.mark.parametrize("url", ["", "127.0.0.1:7400", "http://a", "wsss://a", "ws://", "tcp://:1", "ws://a:99999"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        parse_target(url)


def test_a_host_field_has_brackets_where_they_are_needed() -> None:
    assert parse_target("ws://[::1]:5/play").authority == "[::1]:5"
    assert parse_target("ws://a:5").authority == "a:5"


def test_a_plain_address_has_no_tls_and_the_others_share_what_they_speak_it_with() -> None:
    assert parse_target("ws://a").context is None
    assert parse_target("wss://a").context is parse_target("tcps://b").context is not None
    assert [parse_target(f"{scheme}://a").scheme for scheme in ("ws", "wss", "tcps")] == ["ws", "wss", "tcps"]


@pytest.mark.parametrize(
    ("url", "given", "verified"),
    [
        ("wss://city.example", False, True),
        ("wss://127.0.0.1", False, False),
        ("tcps://localhost", False, False),
        ("tcps://127.0.0.1", True, True),
    ],
)
def test_certificates_are_verified_but_for_this_machines_own(
    tmp_path: Path, url: str, given: bool, verified: bool
) -> None:
    context = parse_target(url, certificate(tmp_path).cert_file if given else None).context
    assert context is not None
    assert context.check_hostname is verified
    assert (context.verify_mode == ssl.CERT_REQUIRED) is verified


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_file_without_certificates_is_refused_before_anybody_connects(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match="--ca"):
        parse_target("wss://city.example", file)
