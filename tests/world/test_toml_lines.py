"""Every key of a TOML text has the line on which it stands, however it is written."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from world.config import AVATAR_FILE, CITY_FILE, CONTENT_DIR, FESTIVAL_FILE, TUNING_FILE
from world.toml_lines import joined, line_of, lines_of

WRITTEN = """\
# a comment with [brackets] = "and" {braces}
name = "Future # City"  # and another
"quoted key" = 1
sizes = [1, 2.5,
    3,  # the third, [ with a bracket
]

[movement]
walk_m_s = 1.8
limits.low = -1
limits.high = 1e3

[[zone]]
name = 'gate [[zone]]'
text = \"\"\"
three "quoted" lines, \\\\
walk = 3
\"\"\"
more = \'\'\'
[[zone]]
\'\'\'
spawn = [
    { name = "a", at = { x = 1, z = 2 } }, { name = "b" },
    { name = "c" },
]

[[zone]]
name = "plaza"
when = 2026-11-28T09:30:00Z
  [[zone.building]]
  height_m = 3
  [zone.building.roof]
  colour = "red"
  [[zone.building]]
  height_m = 4
"""
EXPECTED = {
    "name": 2,
    "quoted key": 3,
    "sizes": 4,
    "sizes[1]": 4,
    "sizes[2]": 5,
    "movement": 8,
    "movement.walk_m_s": 9,
    "movement.limits": 10,
    "movement.limits.high": 11,
    "zone": 13,
    "zone[0]": 13,
    "zone[0].name": 14,
    "zone[0].text": 15,
    "zone[0].more": 19,
    "zone[0].spawn": 22,
    "zone[0].spawn[0].at.z": 23,
    "zone[0].spawn[1].name": 23,
    "zone[0].spawn[2]": 24,
    "zone[1]": 27,
    "zone[1].when": 29,
    "zone[1].building[0].height_m": 31,
    "zone[1].building[0].roof.colour": 33,
    "zone[1].building[1]": 34,
    "zone[1].building[1].height_m": 35,
}


def paths(value: Any, key: str = "") -> Iterator[str]:
    """Every key, table and element of what a text means."""
    if key:
        yield key
    if isinstance(value, dict):
        for name, each in value.items():
            yield from paths(each, joined(key, name))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from paths(each, f"{key}[{place}]")


@pytest.mark.parametrize(("key", "line"), EXPECTED.items())
def test_a_key_stands_on_its_line(key: str, line: int) -> None:
    assert lines_of(WRITTEN)[key] == line


def test_nothing_is_found_that_is_not_there() -> None:
    assert set(lines_of(WRITTEN)) == set(paths(tomllib.loads(WRITTEN)))


def test_lines_may_end_as_on_windows() -> None:
    assert lines_of(WRITTEN.replace("\n", "\r\n")) == lines_of(WRITTEN)


@pytest.mark.parametrize("file", [CITY_FILE, TUNING_FILE, FESTIVAL_FILE, AVATAR_FILE])
def test_every_key_of_the_shipped_content_stands_on_a_line_that_says_it(file: str) -> None:
    text = (CONTENT_DIR / file).read_text("utf-8")
    lines, found = text.split("\n"), lines_of(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    for key, line in found.items():
        last = re.split(r"[.\[]", key)[-1]
        if not last.endswith("]"):
            assert last in lines[line - 1], key


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("zone[0].width_m", 13),
        ("zone[7].width_m", 13),
        ("zone[*].x_m", 13),
        ("zone[1].building[1].top", 34),
        ("gate", None),
        ("", None),
    ],
)
def test_what_is_missing_is_looked_for_in_what_is_around_it(key: str, line: int | None) -> None:
    assert line_of(key, lines_of(WRITTEN)) == line
