"""Which text a person can read: names and chat must not hide, reorder or fake what others see."""

import unicodedata

# Categories with nothing to draw: control, format (bidi overrides, zero width), surrogate, private
# use, unassigned, and the two line breaks of Unicode that are not control characters.
_HIDDEN = {
    "Cc": "a control character",
    "Cf": "an invisible formatting character",
    "Cs": "half a surrogate pair",
    "Co": "a private-use character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}

# Letters and symbols that draw nothing: fillers of Hangul, Khmer and Braille, the grapheme joiner.
# A name made of them would be an empty plate.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")

# Zero-width joiner and non-joiner: invisible, yet part of how emoji, Persian and Indic words are written.
_JOINERS = frozenset("\u200c\u200d")


def unprintable(text: str, allow_joiners: bool = False) -> str | None:
    """Why `text` may not be shown to others, as a phrase to follow "has", or None when it may.

    `allow_joiners` lets a single joiner stand between two visible characters beyond ASCII, which
    chat needs and a name does not. The phrase never repeats the text.
    """
    if text != text.strip():
        return "a blank at its start or end"
    if text.isascii() and text.isprintable():
        return None
    for at, character in enumerate(text):
        if allow_joiners and character in _JOINERS and _joins(text, at):
            continue
        if flaw := _flaw(character):
            return f"{flaw} at position {at}"
    return None


def _flaw(character: str) -> str | None:
    if character in _BLANK:
        return "an invisible filler character"
    return _HIDDEN.get(unicodedata.category(character))


def _joins(text: str, at: int) -> bool:
    beside = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(beside) == 2 and all(not c.isascii() and not c.isspace() and _flaw(c) is None for c in beside)
