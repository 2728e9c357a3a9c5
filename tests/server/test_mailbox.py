"""What one player alone is told is numbered, kept within bounds, and told again from where it was heard last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import decode_server, encode
from protocol.messages import Denied, Happened
from server.mailbox import Bounds, Mailbox

BOUNDS = Bounds(ticks=100, bytes_max=4096)
ROOM = 100_000


def told(name: str) -> bytes:
    return encode(Happened(7, name, {}))


def serials(letters: list[bytes]) -> list[int]:
    found = []
    for letter in letters:
        message = decode_server(letter)
        assert isinstance(message, Happened | Denied)
        found.append(message.serial)
    return found


def with_letters(count: int, bounds: Bounds = BOUNDS) -> Mailbox:
    mailbox = Mailbox()
    for number in range(count):
        mailbox.put(told(f"event{number}"), number, bounds)
    return mailbox


def test_letters_are_numbered_from_one_and_otherwise_as_they_were() -> None:
    mailbox = Mailbox()
    mailbox.put(told("dusk"), 1, BOUNDS)
    mailbox.put(encode(Denied(3, "sit", "no", None, "not here")), 1, BOUNDS)
    first, second = map(decode_server, mailbox.take(ROOM))
    assert first == Happened(7, "dusk", {}, 1)
    assert second == Denied(3, "sit", "no", None, "not here", 2)


@pytest.mark.parametrize("serial", [127, 128, 255, 256, 65_535, 65_536, 2**32 - 1])
def test_a_serial_of_any_length_is_the_last_thing_in_a_letter(serial: int) -> None:
    mailbox = Mailbox()
    mailbox.serial = mailbox.said = serial - 1
    mailbox.put(told("dusk"), 1, BOUNDS)
    assert mailbox.take(ROOM) == [encode(Happened(7, "dusk", {}, serial))]


def test_letters_are_taken_in_order_as_many_as_fit_and_one_at_least() -> None:
    mailbox = with_letters(5)
    size = len(told("event0"))
    assert serials(mailbox.take(2 * size + 1)) == [1, 2]
    assert serials(mailbox.take(1)) == [3]
    assert mailbox.unsaid == 2
    assert serials(mailbox.take(ROOM)) == [4, 5]
    assert mailbox.take(ROOM) == []


def test_what_was_taken_is_still_there_for_who_comes_back_without_it() -> None:
    mailbox = with_letters(5)
    mailbox.take(ROOM)
    assert mailbox.begin_again(2) == 3
    assert serials(mailbox.take(ROOM)) == [3, 4, 5]
    assert mailbox.begin_again(5) == 0
    assert mailbox.take(ROOM) == []


@pytest.mark.parametrize("heard", [None, 6, 2**32 - 1])
def test_whoever_says_nothing_or_what_cannot_be_gets_nothing_of_before(heard: int | None) -> None:
    mailbox = with_letters(5)
    assert mailbox.begin_again(heard) is None
    assert mailbox.take(ROOM) == []
    mailbox.put(told("dusk"), 9, BOUNDS)
    assert serials(mailbox.take(ROOM)) == [6]


def test_old_letters_make_room_and_are_missed_only_by_who_has_not_heard_them() -> None:
    mailbox = with_letters(3, Bounds(ticks=100, bytes_max=4096))
    mailbox.put(told("late"), 101, BOUNDS)
    assert mailbox.begin_again(0) is None
    assert mailbox.begin_again(1) == 3


def test_a_mailbox_never_holds_more_than_its_bytes_and_counts_them() -> None:
    mailbox = with_letters(1000, Bounds(ticks=10_000, bytes_max=500))
    assert 400 < mailbox.size_bytes <= 500
    first = 1000 - 500 // len(encode(Happened(7, "event999", {}, 999)))
    assert mailbox.begin_again(first) == 1000 - first
    assert sum(map(len, mailbox.take(ROOM))) == mailbox.size_bytes


def test_a_letter_larger_than_the_bound_is_kept_alone() -> None:
    mailbox = with_letters(3)
    mailbox.put(encode(Happened(7, "long", {"text": "x" * 5000})), 3, BOUNDS)
    assert mailbox.begin_again(3) == 1
    assert serials(mailbox.take(1)) == [4]


def test_a_mailbox_that_lost_what_was_never_said_says_nothing_with_a_hole_in_it() -> None:
    mailbox = with_letters(10, Bounds(ticks=100, bytes_max=100))
    assert mailbox.torn
    assert mailbox.take(ROOM) == []
    mailbox.begin_again(None)
    assert not mailbox.torn


@given(
    steps=st.lists(st.one_of(st.just("put"), st.integers(0, 200)), max_size=60),
    heard=st.integers(0, 60),
)
def test_whatever_is_said_has_no_gap_behind_what_was_heard(steps: list[str | int], heard: int) -> None:
    mailbox, said = Mailbox(), []
    for tick, step in enumerate(steps):
        if isinstance(step, int):
            said += serials(mailbox.take(step))
        else:
            mailbox.put(told("dusk"), tick, Bounds(ticks=20, bytes_max=150))
    assert said == list(range(1, len(said) + 1))
    missed = mailbox.begin_again(heard)
    again = serials(mailbox.take(ROOM))
    assert again == ([] if missed is None else list(range(heard + 1, heard + 1 + missed)))
    assert missed is None or not again or again[-1] == mailbox.serial
