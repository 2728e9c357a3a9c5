"""`futurecity migrate` and `futurecity audit` as a person or a script meets them."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from server.__main__ import FAILED, OK, WRONG, main
from server.settings import StoreSettings
from server.store import schema
from server.store.durable import open_store
from server.store.records import Entry
from world.event import HOUSE

Output = pytest.CaptureFixture[str]
BOOKS = Path("data/futurecity.db")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settle(*entries: Entry) -> None:
    """A city that opens, settles and closes."""

    async def run() -> None:
        store = await open_store(StoreSettings(), 0)
        await store.settle(entries)
        await store.close()

    asyncio.run(run())


def pick(number: int, amount: int = 4) -> Entry:
    return Entry(f"1.0.pick.{number}", "pick_up", ((HOUSE, -amount), ("player:1", amount)), number)


def change(statement: str) -> None:
    with sqlite3.connect(BOOKS) as books:
        books.execute(statement)
    books.close()


def test_migrating_makes_the_database_and_says_where(capsys: Output) -> None:
    assert main(["migrate"]) == OK
    said = f"the database was empty and is in form {schema.newest()} now: sqlite:///{BOOKS}\n"
    assert capsys.readouterr().out == said
    assert BOOKS.exists()
    assert main(["migrate"]) == OK
    assert f"is in form {schema.newest()} already" in capsys.readouterr().out


def test_migrating_hides_the_password(capsys: Output) -> None:
    assert main(["migrate", "--store.url=postgresql://city:sesame@127.0.0.1:1/city"]) == FAILED
    said = capsys.readouterr()
    assert "futurecity: the database cannot be reached" in said.err
    assert "sesame" not in said.out + said.err


def test_clean_books_are_a_success(capsys: Output) -> None:
    settle(pick(1), pick(2))
    assert main(["audit"]) == OK
    assert capsys.readouterr().out == "books      2 transactions on 2 accounts\nclean\n"


def test_books_that_do_not_balance_are_a_failure_with_the_row(capsys: Output) -> None:
    settle(pick(1))
    change("UPDATE accounts SET balance = 5 WHERE name = 'player:1'")
    assert main(["audit"]) == FAILED
    assert "WRONG      account 2 (player:1): its balance is 5, its postings sum to 4\n" in capsys.readouterr().out
    assert main(["audit", "--json"]) == FAILED
    assert json.loads(capsys.readouterr().out) == {
        "accounts": 2,
        "transactions": 1,
        "balanced": False,
        "first": "account 2 (player:1): its balance is 5, its postings sum to 4",
    }


def test_receipts_are_held_against_the_books(capsys: Output) -> None:
    settle(pick(1), pick(2))
    receipts = Path("receipts.jsonl")
    receipts.write_text('{"receipt":"1.0.pick.1","account":"player:1","amount":4}\n', "utf-8")
    assert main(["audit", "--receipts", str(receipts)]) == OK
    assert "receipts   1 confirmed, 1 stored, 0 lost, 0 doubled, 1 unheard\n" in capsys.readouterr().out
    receipts.write_text('{"receipt":"1.0.pick.9","account":"player:1","amount":4}\n', "utf-8")
    assert main(["audit", f"--receipts={receipts}", "--json"]) == FAILED
    assert json.loads(capsys.readouterr().out) == {
        "accounts": 2,
        "transactions": 2,
        "balanced": True,
        "confirmed": 1,
        "stored": 0,
        "lost": 1,
        "doubled": 0,
        "unheard": 2,
        "first": "receipt 1.0.pick.9: 4 for player:1 is not in the books",
    }


def test_a_bad_file_of_receipts_is_named(capsys: Output) -> None:
    assert main(["audit", "--receipts", "nowhere.jsonl"]) == WRONG
    assert capsys.readouterr().err == "futurecity: nowhere.jsonl: cannot be read: No such file or directory\n"


def test_what_is_no_setting_is_no_flag_of_the_audit(capsys: Output) -> None:
    assert main(["audit", "--rec", "a"]) == WRONG
    assert "flag --rec: no such setting" in capsys.readouterr().err


def test_books_that_are_not_there_are_not_made_by_auditing_them(capsys: Output) -> None:
    assert main(["audit"]) == FAILED
    assert "the database cannot be reached (SQLITE_CANTOPEN); store.url says where it is" in capsys.readouterr().err
    assert not BOOKS.exists()


@pytest.mark.parametrize("command", ["serve", "migrate", "audit"])
def test_a_database_of_a_newer_program_is_refused_with_the_way_out(command: str, capsys: Output) -> None:
    settle()
    change("UPDATE alembic_version SET version_num = '9999'")
    assert main([command]) == WRONG
    assert "form 9999, which is newer than this program; install the program that made it" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "audit"])
def test_an_older_database_is_refused_with_the_command_to_run(command: str, capsys: Output) -> None:
    settle()
    change("UPDATE alembic_version SET version_num = '0001'")
    assert main([command]) == WRONG
    assert "older form than this program; run: futurecity migrate" in capsys.readouterr().err
