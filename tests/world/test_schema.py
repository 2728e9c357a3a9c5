"""Every fault of a file is found, each with its key, its value and what is allowed."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from world.schema import ContentFault, Reader, allowed


class Lamp(Struct, frozen=True):
    """A record to read."""

    name: Annotated[str, Meta(min_length=1, max_length=8, pattern="^[a-z]*$")]
    height_m: Annotated[float, Meta(ge=0, le=20, multiple_of=0.25)]
    colour: Literal["red", "blue"] = "red"


class Street(Struct, frozen=True):
    """A record of records."""

    lamp: Annotated[tuple[Lamp, ...], Meta(min_length=1, max_length=2)]
    best: Lamp
    houses: Annotated[int, Meta(ge=0)] = 0


GOOD: dict[str, Any] = {"name": "a", "height_m": 2}


def read(table: object) -> tuple[Street | None, list[ContentFault]]:
    reader = Reader("street.toml")
    return reader.record(Street, table), reader.faults


def test_a_good_table_becomes_a_record() -> None:
    street, faults = read({"lamp": [GOOD, {**GOOD, "colour": "blue"}], "best": GOOD})
    assert street == Street((Lamp("a", 2.0), Lamp("a", 2.0, "blue")), Lamp("a", 2.0))
    assert faults == []


def test_all_faults_are_found_at_once() -> None:
    bad = {"name": "A", "height_m": float("nan"), "color": "red"}
    street, faults = read({"lamp": [GOOD, bad], "best": {"height_m": 0.1}, "houses": 1.5, "trees": 1})
    assert street is None
    assert [(fault.file, fault.key) for fault in faults] == [
        ("street.toml", "trees"),
        ("street.toml", "lamp[1].color"),
        ("street.toml", "lamp[1].name"),
        ("street.toml", "lamp[1].height_m"),
        ("street.toml", "best.name"),
        ("street.toml", "best.height_m"),
        ("street.toml", "houses"),
    ]
    assert str(faults[-1]) == "street.toml: houses is 1.5; allowed: a whole number from 0"


@pytest.mark.parametrize("lamps", [[], [GOOD] * 3, GOOD, 5, "lamp", None])
def test_a_list_must_be_a_list_of_the_right_length(lamps: object) -> None:
    faults = read({"lamp": lamps, "best": GOOD})[1]
    assert faults == [ContentFault("street.toml", "lamp", lamps, "tables from 1 to 2")]


@pytest.mark.parametrize("table", [None, 5, [], "x"])
def test_what_is_no_table_is_a_fault(table: object) -> None:
    assert [fault.allowed for fault in read(table)[1]] == ["a table"]
    assert [fault.key for fault in read({"lamp": [table], "best": GOOD})[1]] == ["lamp[0]"]


@pytest.mark.parametrize("height", [float("inf"), float("-inf"), float("nan"), True, "2", 20.25, -0.25, 0.3, [1]])
def test_no_value_beyond_the_bounds_gets_in(height: object) -> None:
    faults = read({"lamp": [{"name": "a", "height_m": height}], "best": GOOD})[1]
    assert [(fault.key, fault.allowed) for fault in faults] == [
        ("lamp[0].height_m", "a number from 0 to 20 in steps of 0.25")
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Literal["b", "a"], "one of a, b"),
        (int, "a whole number"),
        (Annotated[str, Meta(max_length=3)], "text of 0 to 3 characters"),
        (Lamp, "a table"),
    ],
)
def test_what_is_allowed_is_said_in_words(kind: Any, words: str) -> None:
    assert allowed(kind) == words
