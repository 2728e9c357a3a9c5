"""What a name or a line of chat may not hide, and what it must be free to hold."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.text import unprintable

READABLE = [
    "Ann",
    "Ann Lee",
    "O'Neil-3",
    "李小龙",
    "Zoë",
    "Иван",
    "نور",
    "हिन्दी",
    "🎆",
    "❤️",
    "한글",
    "a\u3000b",
    "e\u0301",
]

HIDDEN = {
    "line feed": "A\nB",
    "null": "A\0B",
    "delete": "A\x7fB",
    "C1 control": "A\x85B",
    "right-to-left override": "A\u202eB",
    "left-to-right isolate": "A\u2066B",
    "zero-width space": "A\u200bB",
    "zero-width joiner": "A\u200dB",
    "byte order mark": "\ufeffA",
    "soft hyphen": "A\u00adB",
    "tag letter": "A\U000e0041",
    "line separator": "A\u2028B",
    "paragraph separator": "A\u2029B",
    "private use": "A\ue000",
    "half a surrogate pair": "A\ud83c",
    "unassigned": "A\u0378",
    "noncharacter": "A\ufdd0",
    "Hangul filler": "\u3164",
    "Braille blank": "\u2800",
    "grapheme joiner": "A\u034fB",
    "blank first": " A",
    "blank last": "A ",
    "ideographic space last": "A\u3000",
    "no-break space first": "\xa0A",
    "only blanks": "   ",
}


@pytest.mark.parametrize("text", READABLE)
def test_names_of_any_script_are_printable(text: str) -> None:
    assert unprintable(text) is None


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_hides_or_reorders_is_named(text: str) -> None:
    for allow_joiners in (False, True):
        assert unprintable(text, allow_joiners) is not None


@pytest.mark.parametrize("text", ["👩\u200d💻", "می\u200cخواهم", "क्\u200dष"])
def test_a_joiner_between_visible_characters_is_for_chat_only(text: str) -> None:
    assert unprintable(text, allow_joiners=True) is None
    assert unprintable(text) is not None


@pytest.mark.parametrize(
    "text", ["👩\u200d\u200d💻", "👩\u200d", "\u200d💻", "👩\u200d 💻", "a\u200db", "👩\u200d\u202e"]
)
def test_a_joiner_that_joins_nothing_is_refused_even_in_chat(text: str) -> None:
    assert unprintable(text, allow_joiners=True) is not None


@given(st.text(max_size=30))
def test_the_reason_never_repeats_the_text(text: str) -> None:
    reason = unprintable(text)
    assert reason is None or reason.isascii()
    if reason is not None and not text.isascii():
        assert text not in reason


@given(st.text(max_size=30), st.booleans())
def test_printable_text_has_neither_controls_nor_outer_blanks(text: str, allow_joiners: bool) -> None:
    if unprintable(text, allow_joiners) is None:
        assert text == text.strip()
        joiners = "\u200c\u200d" if allow_joiners else ""
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Cn") for c in text if c not in joiners)
