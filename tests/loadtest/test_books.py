"""The books of a run: audited by the city itself, and left behind only when something is wrong in them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest import books as books_module
from loadtest.books import Books, BooksError
from loadtest.receipts import Receipt
from loadtest.report import BooksFigures


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where directories of books are made, so that a test sees what is left of them."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def migrate(url: str) -> None:
    words = [sys.executable, "-m", "server", "migrate"]
    subprocess.run(words, env=os.environ | {"FUTURECITY_STORE__URL": url}, check=True, capture_output=True, timeout=60)


def left(directory: Path) -> list[str]:
    """What lies there."""
    return [str(each) for each in directory.iterdir()]


async def test_books_that_agree_are_clean_and_leave_nothing_behind(home: Path) -> None:
    with Books() as books:
        migrate(books.store_url)
        assert await books.audit() == BooksFigures(0, 0, 0, 0, 0, balanced=True)
    assert left(home) == []


async def test_a_confirmation_that_is_not_stored_is_lost_and_the_evidence_stays(home: Path) -> None:
    with Books() as books:
        migrate(books.store_url)
        books.receipts.add(Receipt("1.0.pick.7", "player:1", 3))
        figures = await books.audit()
    assert (figures.confirmed, figures.stored, figures.lost, figures.clean) == (1, 0, 1, False)
    assert figures.first is not None
    assert "1.0.pick.7" in figures.first
    assert left(home) == [figures.evidence]
    assert f"{figures.evidence}/receipts.jsonl" in left(Path(str(figures.evidence)))


async def test_books_that_are_not_there_are_an_error_that_says_so(home: Path) -> None:
    address = f"sqlite:///{home / 'nowhere' / 'city.db'}"
    with (
        Books(address) as books,
        pytest.raises(BooksError, match=r"ended with status [12] and said: .*cannot be reached"),
    ):
        await books.audit()


async def test_an_audit_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books_module, "AUDIT_S", 0.0)
    with Books() as books, pytest.raises(BooksError, match="did not end within 0 s"):
        await books.audit()


def test_two_runs_have_books_of_their_own() -> None:
    with Books() as one, Books() as other:
        assert one.store_url != other.store_url


@pytest.mark.parametrize(
    "figures",
    [
        BooksFigures(2, 1, 0, 0, 0, True),
        BooksFigures(2, 2, 1, 0, 0, True),
        BooksFigures(2, 2, 0, 1, 0, True),
        BooksFigures(2, 2, 0, 0, 0, False),
    ],
)
def test_books_are_not_clean_for_any_one_reason(figures: BooksFigures) -> None:
    assert not figures.clean
    assert BooksFigures(2, 2, 0, 0, 9, True).clean
