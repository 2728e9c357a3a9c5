"""Introductions: everybody once, a few at a time, and again only when there is something new."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.codec import decode_server, encode
from protocol.limits import NAME_CHARS_MAX, PROFILES_PER_MESSAGE_MAX, SERVER_MESSAGE_BYTES_MAX
from protocol.messages import Profile, Profiles
from server.entities import SLOT_BITS, SLOTS
from server.extras import Extras
from server.introductions import ENTRY_BYTES_MAX, SEATS_FIRST, Introductions, encode_entry
from tests.server.payloads import payloads_of
from world.avatar import TRAITS_MAX
from world.tick import ProfileRecord

# Sliders, choices and colours, so many of each at most.
LOOK_BYTES_MAX = 3 * TRAITS_MAX
LOOK = {f"slider_{number}": number for number in range(16)}


def record(slot: int, version: int = 1, name: str = "", generation: int = 1) -> ProfileRecord:
    return ProfileRecord(generation << SLOT_BITS | slot, version, name or f"number {slot}", LOOK)


def everybody(slots: list[int]) -> Introductions:
    introductions = Introductions()
    introductions.learn([record(slot) for slot in slots])
    return introductions


def sets_of(chosen: dict[int, list[int]]) -> NDArray[np.int32]:
    """Interest sets by slot."""
    sets = np.zeros((max(chosen) + 1, max(map(len, chosen.values())) + 1), np.int32)
    for viewer, others in chosen.items():
        sets[viewer, : len(others)] = others
    return sets


def review(introductions: Introductions, chosen: dict[int, list[int]]) -> None:
    """These viewers' sets have been chosen."""
    sizes = introductions.review(np.array(list(chosen), np.int32), sets_of(chosen))
    assert sizes.tolist() == [len(others) for others in chosen.values()]


def told(introductions: Introductions, chosen: dict[int, list[int]]) -> dict[int, Profiles]:
    """What each viewer, by slot, is told with its frame: one message, or nothing."""
    extras, found, viewers = Extras(), {}, list(chosen)
    introductions.tell(np.array(viewers, np.int32), sets_of(chosen), extras)
    for row, payloads in payloads_of(extras).items():
        (payload,) = payloads
        message = decode_server(payload)
        assert isinstance(message, Profiles)
        found[viewers[row]] = message
    return found


def introduce(introductions: Introductions, viewer: int, others: list[int]) -> list[ProfileRecord]:
    """Who is introduced to one viewer with the frame after its set has been chosen."""
    review(introductions, {viewer: others})
    return records_of(told(introductions, {viewer: others}).get(viewer))


def records_of(message: Profiles | None) -> list[ProfileRecord]:
    if message is None:
        return []
    return [
        ProfileRecord(profile.entity, profile.version, profile.name, dict(zip(LOOK, profile.look, strict=True)))
        for profile in message.profiles
    ]


def slots_of(records: list[ProfileRecord]) -> list[int]:
    return [each.entity & (SLOTS - 1) for each in records]


def test_an_introduction_says_everything_about_an_entity() -> None:
    assert introduce(everybody([8]), 3, [8]) == [record(8)]


@given(seed=st.integers(0, 2**32), crowd=st.sampled_from([20, 300, 3000]))
@settings(max_examples=15)
def test_everybody_shown_is_introduced_once_however_often_and_in_whatever_company(seed: int, crowd: int) -> None:
    chance = np.random.default_rng(seed)
    slots = (chance.permutation(crowd)[:100] + 1).tolist()
    introductions = everybody(list(range(1, crowd + 1)))
    met: list[int] = []
    for _ in range(60):
        frame = chance.permutation(slots)[:32].tolist()
        met += slots_of(introduce(introductions, crowd, frame))
    assert len(met) == len(set(met))
    assert set(met) <= set(slots)
    for _ in range(1 + 100 // PROFILES_PER_MESSAGE_MAX):
        met += slots_of(introduce(introductions, crowd, slots))
    assert sorted(met) == sorted(slots)


def test_at_most_eight_are_introduced_with_a_frame_those_who_come_first_first() -> None:
    introductions = everybody(list(range(1, 41)))
    frame = list(range(1, 21))
    assert [slots_of(introduce(introductions, 40, frame)) for _ in range(4)] == [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [9, 10, 11, 12, 13, 14, 15, 16],
        [17, 18, 19, 20],
        [],
    ]


def test_viewers_are_introduced_each_on_their_own() -> None:
    introductions = everybody([1, 2, 3, 4])
    assert introduce(introductions, 4, [1, 2]) == [record(1), record(2)]
    chosen = {4: [1, 2, 3], 3: [1, 2]}
    review(introductions, chosen)
    due = told(introductions, chosen)
    assert {viewer: len(message.profiles) for viewer, message in due.items()} == {4: 1, 3: 2}


def test_a_changed_profile_is_introduced_again_to_whoever_knew_the_old_one() -> None:
    introductions = everybody([1, 2, 3])
    introduce(introductions, 3, [1, 2])
    introductions.learn([record(1, version=2, name="Ada")])
    assert introduce(introductions, 3, [1, 2]) == [record(1, version=2, name="Ada")]
    assert introduce(introductions, 3, [1, 2]) == []


def test_a_profile_told_again_unchanged_as_at_a_border_is_not_introduced_again() -> None:
    introductions = everybody([1, 2])
    introduce(introductions, 2, [1])
    introductions.learn([record(1)])
    assert introduce(introductions, 2, [1]) == []


def test_the_next_owner_of_a_slot_is_introduced_even_under_the_same_name() -> None:
    introductions = everybody([1, 2])
    introduce(introductions, 2, [1])
    introductions.learn([record(1, generation=2)])
    assert introduce(introductions, 2, [1]) == [record(1, generation=2)]


def test_the_next_viewer_in_a_slot_knows_nobody() -> None:
    introductions = everybody([1, 2, 3])
    introduce(introductions, 3, [1, 2])
    introductions.forget_viewer(3)
    assert introduce(introductions, 3, [1, 2]) == [record(1), record(2)]


def test_what_is_behind_the_end_of_a_set_is_not_introduced() -> None:
    introductions = everybody([1, 2, 3])
    sets, viewer = np.array([[0, 0, 0]] * 3 + [[1, 0, 2]], np.int32), np.array([3], np.int32)
    assert introductions.review(viewer, sets).tolist() == [1]
    for expected in ([0], []):
        extras = Extras()
        introductions.tell(viewer, sets, extras)
        assert list(payloads_of(extras)) == expected
    assert introduce(introductions, 3, [1, 2]) == [record(2)]


def test_one_choice_is_introduced_a_few_with_each_frame() -> None:
    introductions, others = everybody(list(range(1, 41))), list(range(1, 40))
    introduce(introductions, 40, [2, 30])
    review(introductions, {40: others})
    met = [slots_of(records_of(told(introductions, {40: others}).get(40))) for _ in range(6)]
    assert [len(each) for each in met] == [8, 8, 8, 8, 5, 0]
    assert [slot for each in met for slot in each] == [slot for slot in others if slot not in (2, 30)]


def test_whoever_has_no_profile_yet_is_introduced_when_it_has() -> None:
    introductions = everybody([1, 3])
    assert slots_of(introduce(introductions, 3, [2, 1])) == [1]
    introductions.learn([record(2)])
    assert slots_of(introduce(introductions, 3, [2, 1])) == [2]


def test_more_people_than_the_table_had_seats_for_change_nothing_for_those_who_sat() -> None:
    introductions = everybody([1, 2])
    introduce(introductions, 2, [1])
    late = SEATS_FIRST + 50
    introductions.learn([record(slot) for slot in range(3, late + 1)])
    assert introduce(introductions, 2, [1]) == []
    assert introduce(introductions, 2, [late]) == [record(late)]
    assert introduce(introductions, late, [1, 2, late - 1]) == [record(1), record(2), record(late - 1)]


def test_the_highest_slots_which_are_hosts_are_introduced_like_anybody() -> None:
    introductions = everybody([1, SLOTS - 1])
    assert introduce(introductions, 1, [SLOTS - 1]) == [record(SLOTS - 1)]


@given(
    names=st.lists(st.text(min_size=1, max_size=NAME_CHARS_MAX), min_size=1, max_size=PROFILES_PER_MESSAGE_MAX),
    look=st.integers(0, LOOK_BYTES_MAX),
)
def test_an_introduction_is_the_message_that_the_codec_writes(names: list[str], look: int) -> None:
    names = [name.encode("utf-8", "replace").decode() for name in names]
    traits = {str(number): number for number in range(look)}
    records = [ProfileRecord(1 << SLOT_BITS | slot, 0xFFFF, name, traits) for slot, name in enumerate(names, 2)]
    introductions, extras, chosen = Introductions(), Extras(), {1: list(range(2, 2 + len(names)))}
    introductions.learn(records)
    review(introductions, chosen)
    introductions.tell(np.array([1], np.int32), sets_of(chosen), extras)
    profiles = [Profile(each.entity, each.version, each.name, bytes(traits.values())) for each in records]
    ((payload,),) = payloads_of(extras).values()
    assert payload == encode(Profiles(profiles))
    assert len(payload) <= SERVER_MESSAGE_BYTES_MAX


def test_the_largest_profile_there_can_be_has_room() -> None:
    largest = Profile(2**32 - 1, 2**16 - 1, "\U0001f386" * NAME_CHARS_MAX, bytes(LOOK_BYTES_MAX))
    assert len(encode_entry(largest)) <= ENTRY_BYTES_MAX
    introductions = everybody([1])
    with pytest.raises(ValueError, match="broadcast"):
        introductions.learn([record(1, name="x" * ENTRY_BYTES_MAX)])


def test_whoever_has_met_everybody_in_their_set_is_not_looked_through_again_before_the_next_choice() -> None:
    introductions = everybody([1, 2, 3])
    assert slots_of(introduce(introductions, 3, [1])) == [1]
    assert told(introductions, {3: [1, 2]}) == {}
    review(introductions, {3: [1, 2]})
    assert list(told(introductions, {3: [1, 2]})) == [3]


def test_a_newcomer_meets_nobody_before_its_set_is_chosen() -> None:
    introductions = everybody([1, 2, 3, 4])
    review(introductions, {4: [1, 2, 3]})
    introductions.forget_viewer(4)
    assert told(introductions, {4: [1, 2, 3]}) == {}
    assert slots_of(introduce(introductions, 4, [1, 2, 3])) == [1, 2, 3]
