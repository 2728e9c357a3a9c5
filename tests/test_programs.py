"""Tests with programs that no wheel brings are left out where those are missing, which is said, and never in CI."""

from pathlib import Path

import pytest

from tests.programs import BROWSER, PROMETHEUS, ROOT, WANTED, Wanted, left_out, missing, room_of


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A checkout in which everything that is wanted is built."""
    for path in (path for wanted in WANTED for path, _ in wanted.built):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def everything(program: str) -> str | None:
    return f"/usr/bin/{program}"


def no_prometheus(program: str) -> str | None:
    return None if program == "prometheus" else everything(program)


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "true"}])
def test_nothing_is_left_out_where_all_that_is_wanted_is(
    wanted: Wanted, environment: dict[str, str], built: Path
) -> None:
    assert left_out(wanted, environment, everything, built) == ""


def test_what_is_left_out_is_said_with_what_is_missing_and_how_to_get_it() -> None:
    said = left_out(PROMETHEUS, {"CI": ""}, no_prometheus)
    assert "tests/deploy/test_prometheus" in said
    assert "no prometheus here" in said
    assert "apt-get install prometheus" in said
    assert "promtool" not in said


def test_any_browser_of_its_kind_will_do(built: Path) -> None:
    assert missing(BROWSER, lambda name: "/opt/chrome" if name == "google-chrome" else None, built) == {}
    assert list(missing(BROWSER, lambda _: None, built)) == ["chromium"]


def test_a_page_that_is_not_built_is_missing_like_a_program(tmp_path: Path) -> None:
    assert missing(BROWSER, everything, tmp_path) == {"client/city/dist/index.html": "make client"}
    assert "make client" in left_out(BROWSER, {}, everything, tmp_path)


@pytest.mark.parametrize("wanted", WANTED)
def test_in_ci_nothing_is_left_out_and_what_is_missing_fails(wanted: Wanted) -> None:
    assert left_out(wanted, {"CI": "1"}, lambda _: None) == ""


@pytest.mark.parametrize("wanted", WANTED)
def test_the_tests_that_want_something_are_there_beside_others_that_do_not(wanted: Wanted) -> None:
    wanting = set(ROOT.glob(f"{wanted.tests}*"))
    assert wanting
    assert set((ROOT / room_of(wanted)).glob("test_*.py")) > wanting
