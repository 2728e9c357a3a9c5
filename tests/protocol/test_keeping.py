"""Settings are plain values in a shallow map: what one client keeps, any other can unpack."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Ext

from protocol.codec import decode_client, encode, pack_fields, unpack_map
from protocol.errors import CloseCode, ProtocolError
from protocol.keeping import settings_flaw
from protocol.limits import SETTINGS_LEVELS_MAX
from protocol.messages import Keep

LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def nested(levels: int) -> Any:
    return {"in": nested(levels - 1)} if levels > 1 else {}


@given(st.dictionaries(st.text(max_size=8), LEAVES, max_size=5))
def test_plain_values_are_kept_as_they_are(settings: dict[str, Any]) -> None:
    keep = decode_client(encode(Keep(pack_fields(settings))))
    assert isinstance(keep, Keep)
    assert unpack_map(keep.settings) == settings


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=3))
def test_settings_are_kept_or_refused_with_a_reason(settings: dict[str, Any]) -> None:
    flaw = settings_flaw(settings)
    assert flaw is None or flaw.startswith("expected at most 4 levels")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        ({1: "one"}, "str keys"),
        ([{None: 1}], "str keys"),
        (Ext(5, b"x"), "nil, bool, int"),
        (datetime(2026, 11, 23, tzinfo=UTC), "nil, bool, int"),
    ],
)
def test_what_another_language_might_not_read_is_refused(value: Any, named: str) -> None:
    assert named in (settings_flaw({"a": value}) or "")


def test_levels_are_counted_with_the_outermost() -> None:
    assert settings_flaw(nested(SETTINGS_LEVELS_MAX)) is None
    assert "4 levels" in (settings_flaw(nested(SETTINGS_LEVELS_MAX + 1)) or "")
    assert "4 levels" in (settings_flaw({"a": [[[[]]]]}) or "")


@pytest.mark.parametrize("broken", [b"\x80\x80", b"\x81\xa1a", b"\x81\xa1\xff\x01"])
def test_a_map_that_is_none_is_the_other_sides_fault(broken: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        unpack_map(pack_fields({}).__class__(broken))
    assert refused.value.code is CloseCode.MALFORMED
