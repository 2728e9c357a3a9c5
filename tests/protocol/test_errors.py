"""Close codes are a closed, legal set, and a reason always fits a close frame."""

import pytest

from protocol.errors import CloseCode, ProtocolError, fit_reason
from protocol.limits import REASON_BYTES_MAX


def test_every_code_may_stand_in_a_websocket_close_frame() -> None:
    # RFC 6455, section 7.4: 1004 to 1006 and 1015 are reserved; 4000 to 4999 are for applications.
    usable = {1000, 1001, 1002, 1003, *range(1007, 1012), *range(4000, 5000)}
    assert {code.value for code in CloseCode} <= usable


def test_an_error_says_its_code_and_its_reason() -> None:
    error = ProtocolError(CloseCode.TOO_BIG, "a message has at most 4096 bytes")
    assert (error.code, error.reason) == (CloseCode.TOO_BIG, "a message has at most 4096 bytes")
    assert str(error) == "too_big (1009): a message has at most 4096 bytes"


@pytest.mark.parametrize("character", ["a", "é", "市", "🎆"])
@pytest.mark.parametrize("lead", ["", "-", "--", "---"])
def test_a_long_reason_is_cut_between_characters(character: str, lead: str) -> None:
    whole = lead + character * 200
    cut = ProtocolError(CloseCode.INVALID, whole).reason
    assert whole.startswith(cut)
    assert REASON_BYTES_MAX - len(character.encode()) < len(cut.encode()) <= REASON_BYTES_MAX


def test_a_short_reason_is_left_alone() -> None:
    assert fit_reason("市" * 41) == "市" * 41


def test_a_reason_with_half_a_surrogate_pair_still_encodes() -> None:
    assert fit_reason("a\ud800b") == "a?b"
