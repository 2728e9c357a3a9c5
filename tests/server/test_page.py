"""The page as files: what is one, what is packed, and what a browser is told it may do."""

import gzip
from pathlib import Path

import pytest

from server.gateway import page
from server.gateway.page import UnusablePage, file_of, own_origins, page_routes, policy_for, read_page


def built(directory: Path) -> Path:
    """A page with one script and one file that is no part of it."""
    (directory / "assets").mkdir()
    (directory / "index.html").write_text("<!doctype html><title>City</title>", "utf-8")
    (directory / "assets" / "city-4f2a.js").write_text("export {}", "utf-8")
    (directory / "notes.txt").write_text("for us alone", "utf-8")
    return directory


def test_every_file_of_the_page_has_a_route_and_nothing_else_has(tmp_path: Path) -> None:
    assert sorted(route.path for route in page_routes(built(tmp_path))) == ["/", "/assets/city-4f2a.js"]


def test_a_link_out_of_the_page_is_not_followed(tmp_path: Path) -> None:
    home = tmp_path / "page"
    home.mkdir()
    (tmp_path / "secret.json").write_text("{}", "utf-8")
    (built(home) / "secret.json").symlink_to(tmp_path / "secret.json")
    assert sorted(read_page(home)) == ["assets/city-4f2a.js", "index.html"]


def test_a_page_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UnusablePage) as fault:
        page_routes(tmp_path)
    assert fault.value.key == "game.page_dir"
    assert "index.html" in fault.value.allowed


def test_more_files_than_a_page_has_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "FILES_MAX", 1)
    with pytest.raises(UnusablePage):
        read_page(built(tmp_path))


def test_more_bytes_than_a_page_has_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "BYTES_MAX", 40)
    with pytest.raises(UnusablePage):
        read_page(built(tmp_path))


def test_what_has_its_hash_in_its_name_is_kept_for_good_and_the_rest_is_asked_for_again() -> None:
    assert "immutable" in file_of("assets/city-4f2a.js", b"export {}").caching
    assert file_of("index.html", b"<!doctype html>").caching == "no-cache"


def test_text_is_packed_to_the_same_bytes_each_time_and_a_picture_is_not() -> None:
    text = b"export {}" * 100
    once, again = file_of("assets/a.js", text).packed, file_of("assets/a.js", text).packed
    assert once is not None
    assert once == again
    assert gzip.decompress(once) == text
    assert file_of("icon.png", b"\x89PNG").packed is None


@pytest.mark.parametrize("host", ["city.example", "city.example:8443", "127.0.0.1:7400", "localhost"])
def test_the_page_talks_to_the_host_it_came_from(host: str) -> None:
    assert f"connect-src 'self' ws://{host} wss://{host};" in policy_for(host)


@pytest.mark.parametrize(
    "host", [None, "", "*", "a.example; script-src *", "a.example *", "a.example\r\nX: y", "-a", "a" * 300, "a:123456"]
)
def test_a_host_that_is_none_gets_no_word_in_the_policy(host: str | None) -> None:
    assert "connect-src 'self';" in policy_for(host)


@pytest.mark.parametrize("directive", ["default-src 'none'", "script-src 'self'", "style-src 'self'"])
def test_the_policy_allows_nothing_inline(directive: str) -> None:
    policy = policy_for("city.example")
    assert f"{directive};" in policy
    assert "unsafe" not in policy


def test_our_own_page_has_the_origin_it_was_asked_for_at() -> None:
    assert own_origins("City.example:8443") == {"http://city.example:8443", "https://city.example:8443"}
    assert own_origins(None) == frozenset()
