"""A failed check names the field and the limit in our words, and never what was received."""

import enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, msgpack

from protocol.limits import REASON_BYTES_MAX
from protocol.messages import Profile, Welcome
from protocol.reasons import Fault, validation_reason

SECRET = "hunter2"


class Mood(enum.Enum):
    CALM = "calm"
    GAY = "gay"


class Spot(msgspec.Struct, forbid_unknown_fields=True):
    x: Annotated[int, Meta(ge=0, le=9)]


class Deed(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    hand: Literal["left", "right"] = "left"
    mood: Mood = Mood.CALM
    size: Annotated[float, Meta(gt=0, le=2)] = 1.0
    spots: list[Spot] = []
    look: dict[str, Annotated[int, Meta(le=3)]] = {}
    pair: tuple[int, str] | None = None
    who: Profile | None = None
    code: Annotated[str, Meta(pattern="^[a-z]+$")] = "a"


def fault(fields: Any, expected: Any = Deed) -> Fault:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgpack.decode(msgpack.encode(fields), type=expected)
    return validation_reason(raised.value, expected)


def deed(**fields: Any) -> Fault:
    return fault({"text": "x", **fields})


def test_a_missing_field_is_named() -> None:
    assert fault({}) == ("text", "field 'text': missing")


def test_an_unknown_field_is_not_repeated_but_the_known_ones_are_listed() -> None:
    field, sentence = deed(**{SECRET: 1})
    assert field is None
    assert sentence == "unknown field; allowed: text, hand, mood, size, spots, look, pair, who, code"


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"text": ""}, "text", "expected str of length >= 1"),
        ({"text": "x" * 201}, "text", "expected str of length <= 200"),
        ({"text": 7}, "text", "expected str, got int"),
        ({"text": None}, "text", "expected str, got nil"),
        ({"hand": SECRET}, "hand", "expected one of left, right"),
        ({"hand": 1}, "hand", "expected str, got int"),
        ({"mood": SECRET}, "mood", "expected one of calm, gay"),
        ({"size": 0.0}, "size", "expected float > 0"),
        ({"size": float("nan")}, "size", "expected float"),
        ({"size": float("inf")}, "size", "expected float <= 2"),
        ({"spots": [{"x": 1}, {"x": 10}]}, "spots[1].x", "expected int <= 9"),
        ({"spots": [{}]}, "spots[0].x", "missing"),
        ({"spots": [{"x": 1, SECRET: 1}]}, "spots[0]", "unknown field; allowed: x"),
        ({"spots": {}}, "spots", "expected array, got map"),
        ({"look": {SECRET: 9}}, "look[…]", "expected int <= 3"),
        ({"look": {7: 1}}, "look", "its keys: expected str, got int"),
        ({"pair": [1]}, "pair", "expected array of length 2, got 1"),
        ({"pair": [1, 2]}, "pair[1]", "expected str, got int"),
        ({"pair": 1}, "pair", "expected array | nil, got int"),
        ({"who": [1, 1, 2, {}]}, "who.name", "expected str, got int"),
        ({"who": [1]}, "who", "expected at least 4 fields; they are: entity, version, name, look"),
        ({"code": "A"}, "code", "expected str matching regex"),
    ],
)
def test_the_field_and_its_limit_are_named(fields: dict[str, Any], field: str, says: str) -> None:
    got = deed(**fields)
    assert got.field == field
    assert got.sentence.startswith(f"field '{field}': {says}")


def test_fields_that_are_no_map_are_nobodys_field() -> None:
    assert fault([]) == (None, "expected map, got array")
    assert fault({1: 1}) == (None, "its keys: expected str, got int")


def test_an_array_shaped_message_is_told_by_name_and_not_by_index() -> None:
    message = [17, 1, "s", 5, "n", "r", False, 20, 10, 0, 0.0, [{"number": 256}], {}, {}, {}, ""]
    assert fault(message, Welcome).field == "zones[0].number"


def test_a_place_in_the_message_that_is_not_in_the_schema_is_not_believed() -> None:
    forged = msgspec.ValidationError(f"Invalid value '{SECRET}' - at `$.{SECRET}`")
    assert validation_reason(forged, Deed) == (None, "not a valid value")


def test_a_name_that_imitates_a_place_changes_nothing() -> None:
    field, sentence = deed(**{f"{SECRET}` - at `$.text": 1})
    assert SECRET not in sentence
    assert field in (None, "text")


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from([*Deed.__struct_fields__, SECRET]), PLAIN, max_size=5)


@given(FIELDS)
def test_a_sentence_fits_a_close_frame_and_never_holds_a_received_name(fields: dict[str, Any]) -> None:
    try:
        msgpack.decode(msgpack.encode(fields), type=Deed)
    except msgspec.ValidationError as error:
        field, sentence = validation_reason(error, Deed)
        assert len(sentence.encode()) <= REASON_BYTES_MAX
        assert SECRET not in sentence
        assert field is None or field.split(".")[0].split("[")[0] in Deed.__struct_fields__
