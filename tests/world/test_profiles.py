"""Profiles are remembered, told once, and digested whatever their order."""

from hypothesis import given
from hypothesis import strategies as st

from world.profiles import ProfileRecord, Profiles

ADA = ProfileRecord(1, 1, "Ada", {"hue": 3})
RECORDS = st.builds(
    ProfileRecord,
    st.integers(1, 5),
    st.integers(1, 3),
    st.text(max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(0, 9)),
    st.integers(0, 2),
)


def test_what_is_new_is_told_once() -> None:
    profiles = Profiles()
    profiles.put(ADA)
    assert profiles.fresh() == [ADA]
    assert profiles.fresh() == []
    assert profiles[1] == ADA
    assert 1 in profiles


def test_who_comes_and_goes_in_one_tick_is_still_told() -> None:
    profiles = Profiles()
    profiles.put(ADA)
    profiles.remove(1)
    assert profiles.fresh() == [ADA]
    assert len(profiles) == 0


@given(st.lists(RECORDS))
def test_the_digest_depends_on_who_is_here_and_on_nothing_else(records: list[ProfileRecord]) -> None:
    profiles, others = Profiles(), Profiles()
    for record in records:
        profiles.put(record)
    left = {record.entity: record for record in records}
    for record in reversed(left.values()):
        others.put(record)
    assert profiles.digest == others.digest
    for party in (1, 2):
        members = {entity for entity, record in left.items() if record.party == party}
        assert set(profiles.together(party)) == set(others.together(party)) == members
    for entity in left:
        profiles.remove(entity)
        profiles.remove(entity)
    assert profiles.digest == 0
    assert profiles.together(1) == profiles.together(2) == []


def test_a_party_is_told_in_the_order_in_which_it_came_and_nobody_is_together_in_none() -> None:
    profiles = Profiles()
    for entity, party in ((3, 7), (1, 7), (2, 0), (4, 8)):
        profiles.put(ADA._replace(entity=entity, party=party))
    assert profiles.together(7) == [3, 1]
    assert profiles.together(0) == []
    profiles.put(ADA._replace(entity=3, party=7))
    assert profiles.together(7) == [1, 3]


def test_any_change_shows_in_the_digest() -> None:
    digests = set()
    for record in (
        ADA,
        ADA._replace(version=2),
        ADA._replace(name="Bea"),
        ADA._replace(look={"hue": 4}),
        ADA._replace(party=1),
    ):
        profiles = Profiles()
        profiles.put(record)
        digests.add(profiles.digest)
    assert len(digests) == 5


def test_the_order_of_a_look_s_keys_does_not_matter() -> None:
    one, other = Profiles(), Profiles()
    one.put(ProfileRecord(1, 1, "Ada", {"hue": 3, "hair": 4}))
    other.put(ProfileRecord(1, 1, "Ada", {"hair": 4, "hue": 3}))
    assert one.digest == other.digest
