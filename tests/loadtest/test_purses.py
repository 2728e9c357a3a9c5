"""What bots are told they own: counted, timed, written down, and every contradiction blamed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtest.faults import FaultKind, Faults
from loadtest.purses import LIGHT, PICK_UP, Purses, is_of_books
from loadtest.receipts import Receipts
from protocol import messages as m
from protocol.codec import encode
from tests.loadtest.said import welcome

GAINED = {"receipt": "3.0.pick.7", "crystal": 7, "value": 10, "balance": 110, "number": 1}
PAID = {"receipt": "3.0.light.9", "number": 1, "cost": 1, "balance": 99, "start_tick": 50}
REFUNDED = {"receipt": "3.0.refund.9", "number": 1, "reason": "sky_full", "balance": 100}


def happened(event: str, **fields: Any) -> m.Happened:
    return m.Happened(40, event, fields)


def into(account: str = "player:1", balance: int = 100, resumed: bool = False, token: str | None = "t") -> m.Welcome:
    return msgspec.structs.replace(welcome(), account=account, balance=balance, token=token, resumed=resumed)


@dataclass
class Books:
    """Two seats that are in the city, and what they wrote down."""

    path: Path
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.receipts = Receipts(self.path)
        self.purses = Purses(2, self.faults, self.receipts, cost=3)
        for seat in range(2):
            self.purses.welcomed(seat, into(f"player:{seat + 1}"))

    def written(self) -> list[tuple[str, str, int]]:
        self.receipts.flush()
        lines = map(msgspec.json.decode, self.path.read_bytes().splitlines())
        return [(line["receipt"], line["account"], line["amount"]) for line in lines]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    found = Books(tmp_path / "receipts.jsonl")
    with found.receipts:
        yield found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [5.0]
    monkeypatch.setattr("loadtest.purses.perf_counter", lambda: now[0])
    return now


def test_serials_count_up_by_one_and_start_anew_with_a_new_body_or_a_hole(books: Books) -> None:
    for serial in (1, 0, 2, 3):
        books.purses.heard(0, serial)
    books.purses.welcomed(0, msgspec.structs.replace(into(resumed=True), missed=None))
    books.purses.heard(0, 9)
    books.purses.welcomed(0, into())
    books.purses.heard(0, 1)
    assert books.faults.counts == {}
    books.purses.heard(0, 3)
    assert books.faults.counts == {FaultKind.SERIAL_SKIPPED: 1}


def test_an_answer_that_is_gone_for_good_is_not_waited_for(books: Books) -> None:
    books.purses.ask(0, PICK_UP)
    books.purses.welcomed(0, into(resumed=True))
    assert books.purses.waiting == 1
    books.purses.welcomed(0, msgspec.structs.replace(into(resumed=True), missed=None))
    assert books.purses.waiting == 0


@pytest.mark.parametrize(
    ("deed", "event", "fields", "receipt"),
    [
        (PICK_UP, "crystal_gained", GAINED, ("3.0.pick.7", "player:1", 10)),
        (LIGHT, "firework_settled", PAID, ("3.0.light.9", "player:1", -1)),
        (LIGHT, "firework_refunded", REFUNDED, ("3.0.refund.9", "player:1", 3)),
    ],
)
def test_a_confirmation_is_written_down_counted_and_timed(
    books: Books, clock: list[float], deed: str, event: str, fields: dict[str, Any], receipt: tuple[str, str, int]
) -> None:
    assert books.purses.ask(0, deed) == 1
    assert books.purses.waiting == 1
    clock[0] += 0.25
    books.purses.told(0, happened(event, **fields))
    assert books.written() == [receipt]
    assert (books.purses.confirmed, books.purses.settled, books.purses.waiting) == ({event: 1}, 1, 0)
    assert books.purses[0].balance == fields["balance"]
    assert books.purses.drain().max == pytest.approx(250)
    assert books.purses.drain().count == 0
    assert books.faults.total == 0


def test_deeds_that_are_not_settled_have_numbers_and_no_answer_is_due(books: Books) -> None:
    assert [books.purses.ask(0, deed) for deed in ("wave", PICK_UP, "say")] == [1, 2, 3]
    assert books.purses.waiting == 1


def test_a_refusal_is_an_answer(books: Books) -> None:
    number = books.purses.ask(0, PICK_UP)
    books.purses.denied(0, number, "wave")
    assert books.purses.waiting == 1
    books.purses.denied(0, number, PICK_UP)
    assert (books.purses.waiting, books.written(), books.faults.total) == (0, [], 0)


def test_pending_is_no_answer(books: Books) -> None:
    books.purses.ask(0, PICK_UP)
    books.purses.told(0, happened("settlement_pending", deed=PICK_UP, number=1))
    assert (books.purses.waiting, books.purses.settled, books.faults.total) == (1, 0, 0)


def test_what_nobody_asked_for_is_a_fault_and_so_is_what_comes_twice(books: Books) -> None:
    books.purses.told(0, happened("crystal_gained", **GAINED))
    assert books.faults.counts == {FaultKind.CONFIRMED_UNASKED: 1}
    books.purses.ask(1, PICK_UP)
    for _ in range(2):
        books.purses.told(1, happened("crystal_gained", **GAINED))
    assert books.faults.counts == {FaultKind.CONFIRMED_UNASKED: 2}
    assert len(books.written()) == 1


def test_a_crystal_that_two_were_given_is_a_fault_but_not_in_another_run_of_the_city(books: Books) -> None:
    for seat, run in ((0, 3), (1, 4)):
        books.purses.ask(seat, PICK_UP)
        books.purses.told(seat, happened("crystal_gained", **GAINED | {"receipt": f"{run}.0.pick.7"}))
    assert books.faults.total == 0
    books.purses.ask(1, PICK_UP)
    books.purses.told(1, happened("crystal_gained", **GAINED | {"receipt": "3.0.pick.7.2", "number": 2}))
    assert books.faults.counts == {FaultKind.GIVEN_TWICE: 1}


def test_an_event_without_its_fields_is_not_guessed_at(books: Books) -> None:
    books.purses.ask(0, PICK_UP)
    with pytest.raises(KeyError):
        books.purses.told(0, happened("crystal_gained", number=1, balance=1))
    assert books.written() == []


def test_whoever_comes_back_is_who_it_was_and_owns_what_it_owned(books: Books) -> None:
    books.purses.welcomed(0, into("player:1", 100))
    assert books.faults.total == 0
    books.purses.welcomed(0, into("player:9", 100))
    assert books.faults.counts == {FaultKind.ACCOUNT_LOST: 1}
    books.purses.welcomed(1, into("player:2", 99))
    assert books.faults.counts == {FaultKind.ACCOUNT_LOST: 1, FaultKind.BALANCE_LOST: 1}


def test_whoever_may_have_paid_may_own_less(books: Books) -> None:
    books.purses.ask(0, LIGHT)
    books.purses.welcomed(0, into(balance=99))
    assert (books.faults.total, books.purses[0].balance) == (0, 99)


def test_an_answer_may_come_after_a_lost_link_only_if_the_place_was_kept(books: Books) -> None:
    books.purses.ask(0, PICK_UP)
    books.purses.welcomed(0, into(resumed=True))
    assert books.purses.waiting == 1
    books.purses.told(0, happened("crystal_gained", **GAINED))
    books.purses.ask(0, PICK_UP)
    books.purses.welcomed(0, into(balance=110))
    assert (books.purses.waiting, books.faults.total) == (0, 0)


def test_the_way_back_is_the_last_one_and_a_token_stays_until_there_is_a_new_one(books: Books) -> None:
    books.purses.welcomed(0, into(token=None))
    assert (books.purses[0].token, books.purses[0].resume) == ("t", "back-1")
    books.purses.welcomed(0, into(token="u"))
    assert books.purses[0].token == "u"


@pytest.mark.parametrize("tick", [1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFFFF])
@pytest.mark.parametrize("event", ["crystal_gained", "firework_settled", "firework_refunded", "settlement_pending"])
def test_a_glance_tells_what_is_of_the_books_at_any_tick(event: str, tick: int) -> None:
    assert is_of_books(encode(m.Happened(tick, event, {"number": 1})))


@pytest.mark.parametrize("event", ["crystal_taken", "firework_launched", "said", "crystal_gaine", "event_changed"])
def test_a_glance_passes_over_everything_else(event: str) -> None:
    assert not is_of_books(encode(m.Happened(1, event, {"text": "\xaecrystal_gained"})))


@pytest.mark.parametrize("payload", [b"", b"\x94", b"\x94\x14", b"\x94\x14\xce"])
def test_a_glance_survives_what_is_no_message(payload: bytes) -> None:
    assert not is_of_books(payload)
