"""What is settled: whatever is asked, crystals only move and nobody but the house owes."""

from hypothesis import given
from hypothesis import strategies as st

from server.store.judging import judge, well_formed
from server.store.records import Entry
from world.event import HOUSE

NAMES = (HOUSE, "player:1", "player:2", "pool:1.0.rain.dawn.1", "purse:1")
entries = st.lists(
    st.builds(
        Entry,
        key=st.sampled_from(("a", "b", "c", "d", "A")),
        kind=st.sampled_from(("pick_up", "Pick up")),
        postings=st.lists(
            st.tuples(st.sampled_from(NAMES), st.integers(-3, 3)) | st.just((HOUSE, -1)), min_size=1, max_size=3
        ).map(tuple),
        tick=st.integers(-1, 3),
    ),
    max_size=30,
)


@given(entries)
def test_whatever_is_asked_crystals_only_move_and_only_the_house_owes(asked: list[Entry]) -> None:
    verdicts, accepted = judge(asked, {}, {"player:1": 2})
    after = {"player:1": 2}
    for entry in accepted:
        for name, amount in entry.postings:
            after[name] = after.get(name, 0) + amount
        assert all(balance >= 0 for name, balance in after.items() if name != HOUSE)
    assert sum(after.values()) == 2
    assert [verdict.key for verdict in verdicts] == [entry.key for entry in asked]
    assert len({entry.key for entry in accepted}) == len(accepted)


@given(entries)
def test_asking_again_after_an_answer_that_was_lost_changes_nothing(asked: list[Entry]) -> None:
    first, accepted = judge(asked, {}, {})
    balances: dict[str, int] = {}
    for entry in accepted:
        balances |= {name: balances.get(name, 0) + amount for name, amount in entry.postings}
    settled = {verdict.key for verdict in first if verdict.settled}
    again, new = judge(list(accepted), {entry.key: entry.postings for entry in accepted}, balances)
    assert new == []
    assert {verdict.key for verdict in again if verdict.settled} == settled


@given(entries)
def test_what_is_accepted_is_well_formed_and_what_is_refused_is_not(asked: list[Entry]) -> None:
    verdicts, accepted = judge(asked, {}, {})
    assert all(well_formed(entry) for entry in accepted)
    refused = [entry for entry, verdict in zip(asked, verdicts, strict=True) if verdict.reason == "refused"]
    assert not any(well_formed(entry) for entry in refused)
