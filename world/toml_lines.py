"""Where each key of a TOML text stands, by its line: for whoever is told what is wrong with its value.

`tomllib` says what a text means and forgets where it was said. So the text is gone through once more, as the
tokens that it is made of, and only when there is something to complain about.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
      | (?P<skip>\#[^\n]* | [ \t\r]+)
      | (?P<end>\n)
      | (?P<word>[A-Za-z0-9_-]+)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = re.compile(r"(\.[^.\[\]]+|\[[^\]]*\])$")


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def lines_of(text: str) -> dict[str, int]:
    """The line, from 1, of every key, table and element, by paths like `zone[2].building[1].width_m`.

    The text must be TOML, as `tomllib` reads it; of anything else the answer means nothing.
    """
    return _Walk(text).lines


def line_of(key: str, lines: dict[str, int]) -> int | None:
    """The line of a key, or of the innermost table or array around it that is there; None if nothing of it is."""
    while key not in lines:
        shorter = _CLOSING.sub("", key)
        if shorter == key:
            return None
        key = shorter
    return lines[key]


def joined(key: str, name: str) -> str:
    """The path of what is called `name` in what `key` leads to."""
    return f"{key}.{name}" if key else name


class _Walk:
    """One way through the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._tokens = [*_tokens(text), _Token("end", "", text.count("\n") + 1)]
        self._at = 0
        # How many tables each array of tables has so far.
        self._counts: dict[str, int] = {}
        table = ""
        while self._at < len(self._tokens):
            if self._take("["):
                table = self._header()
            elif self._token.kind == "end":
                self._at += 1
            else:
                self._pair(table)

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, mark: str) -> bool:
        """Step over this mark, if it is what comes next."""
        found = self._token.kind == "mark" and self._token.text == mark
        self._at += found
        return found

    def _note(self, key: str) -> None:
        self.lines.setdefault(key, self._token.line)

    def _header(self) -> str:
        """`[table]` or `[[array]]`, behind its first bracket; the path that keys below it begin with."""
        array, key = self._take("["), ""
        names = list(self._names())
        for place, name in enumerate(names, 1):
            key = joined(key, name)
            self._note(key)
            if array and place == len(names):
                self._counts[key] = self._counts.get(key, 0) + 1
            if key in self._counts:
                key = f"{key}[{self._counts[key] - 1}]"
                self._note(key)
        while self._take("]"):
            pass
        return key

    def _names(self) -> Iterator[str]:
        """A key's names, with the dots between them."""
        yield self._name()
        while self._take("."):
            yield self._name()

    def _name(self) -> str:
        kind, text, _ = self._token
        self._at += 1
        return str(tomllib.loads(f"name = {text}")["name"]) if kind == "string" else text

    def _pair(self, table: str) -> None:
        key, line = table, self._token.line
        for name in self._names():
            key = joined(key, name)
            self.lines.setdefault(key, line)
        self._take("=")
        self._value(key)

    def _value(self, key: str) -> None:
        if self._take("["):
            self._array(key)
        elif self._take("{"):
            while not self._take("}"):
                if not self._take(","):
                    self._pair(key)
        else:
            while self._token.kind != "end" and self._token.text not in ",]}":
                self._at += 1

    def _array(self, key: str) -> None:
        place = 0
        while not self._take("]"):
            if self._token.kind == "end":
                self._at += 1
            elif not self._take(","):
                self._note(f"{key}[{place}]")
                self._value(f"{key}[{place}]")
                place += 1


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = str(found.lastgroup)
        if kind != "skip":
            yield _Token(kind, found.group(), line)
        line += found.group().count("\n")
