"""A party is whoever knows the same code, and nothing can be told from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from world.event import Refused
from world.parties import party_of

codes = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=8, max_size=32).filter(lambda code: code.strip("-"))


@given(one=codes, other=codes)
def test_the_same_code_is_the_same_party_and_another_code_another(one: str, other: str) -> None:
    assert (party_of(one) == party_of(other)) == (one == other)
    assert party_of(one.upper()) == party_of(one)
    assert 0 < party_of(one) < 2**63


def test_a_party_has_its_number_for_good() -> None:
    assert party_of("blue-door-7") == 3506196245469870645


@pytest.mark.parametrize("code", ["blue door", "blue_door", "blaue-tür", "--------", "bluedoor\n", "藍色的門在這裡啊"])
def test_what_is_no_code_is_refused_by_field(code: str) -> None:
    with pytest.raises(Refused) as refused:
        party_of(code)
    assert (refused.value.reason, refused.value.field) == ("bad_code", "code")
    assert code not in str(refused.value)
