"""protocol/README.md tells the truth: every table is compared with the code, every example is decoded."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from msgspec import inspect

from protocol import frames, limits, messages
from protocol.codec import decode_client, decode_server, encode, unpack_map
from protocol.connection import LEADS_TO, SAYABLE, Connection, Framing, Role, State
from protocol.crystals import CRYSTAL_ROW_DTYPE
from protocol.errors import RETRY_AFTER_S, CloseCode
from protocol.framing import tcp_frame
from server.settings import GameSettings

README = (Path(__file__).parents[2] / "protocol" / "README.md").read_text("utf-8")
CLASSES = {cls.__name__: cls for cls in get_args(messages.AnyMessage)}
RECORDS = {"Zone": messages.Zone, "Limits": messages.Limits, "Profile": messages.Profile}


class Example(NamedTuple):
    """One message of the document: who says it, its payload, its TCP prefix (or nothing), what it means."""

    who: str
    payload: bytes
    prefix: bytes
    means: Any


# ---- reading the document ------------------------------------------------------------------------


def section(heading: str) -> str:
    """The text from a heading to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", README, re.M | re.S)
    assert found, f"the README has no heading '{heading}'"
    return found[1]


def heading_of(cls: type) -> str:
    """`### Hello (kind 1)`, `#### Zone (map)`."""
    if cls.__name__ in CLASSES:
        return f"{cls.__name__} (kind {cls.__struct_config__.tag})"  # type: ignore[attr-defined]
    return f"{cls.__name__} ({'array' if cls.__struct_config__.array_like else 'map'})"  # type: ignore[attr-defined]


def tables(text: str) -> Iterator[list[list[str]]]:
    """The tables of a text as rows of cells, code marks taken off, heads and rules left out."""
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.M):
        rows = [[cell.strip().replace("`", "") for cell in row[1:-1].split("|")] for row in block.splitlines()]
        yield rows[2:]


def table(text: str) -> list[list[str]]:
    return next(tables(text), [])


def examples(fence: str, text: str = README) -> list[Example]:
    blocks = re.findall(rf"^```{fence}\n(.*?)^```", text, re.M | re.S)
    return [
        example(*found)
        for block in blocks
        for found in re.findall(r"^([CS]) (.*?)\n  (\[.*?\])\n(?=[CS]|\Z)", block, re.M | re.S)
    ]


def example(who: str, hexes: str, meaning: str) -> Example:
    prefix, _, payload = hexes.rpartition("  ") if re.match(r"(\w\w ){3}\w\w  ", hexes) else ("", "", hexes)
    if prefix:
        prefix, payload = hexes[:11], hexes[11:]
    joined = re.sub(r"\n\s+", " ", meaning)
    quoted = re.sub(r"h'([0-9a-f]*)'", r'{"bytes": "\1"}', joined)
    return Example(who, bytes.fromhex(payload), bytes.fromhex(prefix), unquoted(json.loads(quoted)))


def unquoted(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"]) if set(value) == {"bytes"} else {k: unquoted(v) for k, v in value.items()}
    return [unquoted(item) for item in value] if isinstance(value, list) else value


# ---- the words of the tables ---------------------------------------------------------------------

INTS = {
    (0, 2**8 - 1): "u8",
    (0, 2**16 - 1): "u16",
    (0, 2**32 - 1): "u32",
    (-(2**31), 2**31 - 1): "i32",
    (0, 2**53 - 1): "u53",
}
PLAIN = {inspect.BoolType: "bool", inspect.NoneType: "nil", inspect.RawType: "map", inspect.DictType: "map"}


def wire_type(node: inspect.Type) -> str:
    """A field's type as the README writes it."""
    if isinstance(node, inspect.UnionType):
        return ", or ".join(map(wire_type, sorted(node.types, key=lambda t: isinstance(t, inspect.NoneType))))
    if isinstance(node, inspect.ListType | inspect.StructType):
        item = node.item_type if isinstance(node, inspect.ListType) else node
        assert isinstance(item, inspect.StructType)
        return f"{'map' if item is node else 'array of'} {item.cls.__name__}"
    if isinstance(node, inspect.StrType | inspect.BytesType):
        return sized(node)
    return number(node) if isinstance(node, inspect.IntType | inspect.FloatType) else PLAIN[type(node)]


def number(node: inspect.IntType | inspect.FloatType) -> str:
    if isinstance(node, inspect.IntType):
        return INTS[node.ge or 0, node.le or 0]
    return "float" if node.le is None else f"float, ±{node.le:.0e}".replace("+", "")


def sized(node: inspect.StrType | inspect.BytesType) -> str:
    word, unit = ("str", "characters") if isinstance(node, inspect.StrType) else ("bin", "bytes")
    if node.max_length is None:
        return word
    if node.min_length == node.max_length:
        return f"{word}, {node.max_length} {unit}"
    return f"{word}, {f'{node.min_length} to' if node.min_length else 'at most'} {node.max_length} {unit}"


def field_cell(field: inspect.Field) -> str:
    if field.required:
        return wire_type(field.type)
    if isinstance(field.default, msgspec.Raw):
        return f"{wire_type(field.type)}; default {json.dumps(unpack_map(field.default))}"
    return f"{wire_type(field.type)}; default {'nil' if field.default is None else json.dumps(field.default)}"


def packed_rows(layout: Any) -> list[list[str]]:
    """Offset, name and type of a NumPy layout's fields."""
    words = {"u1": "u8", "u4": "u32", "i2": "i16", "i4": "i32"}
    return [[str(layout.fields[name][1]), name, words[layout.fields[name][0].str[1:]]] for name in layout.names]


# ---- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [*CLASSES.values(), *RECORDS.values()], ids=lambda cls: cls.__name__)
def test_every_message_has_a_table_of_its_fields_with_their_types_and_limits(cls: type[msgspec.Struct]) -> None:
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    written = [row[:2] for row in table(section(heading_of(cls)))]
    assert written == [[field.encode_name, field_cell(field)] for field in info.fields]


@pytest.mark.parametrize("cls", CLASSES.values(), ids=lambda cls: cls.__name__)
def test_every_message_has_an_example(cls: type) -> None:
    assert cls.__name__ in {type(decoded(found)).__name__ for found in section_examples(cls)}


def section_examples(cls: type) -> list[Example]:
    """The examples of a message, its records' sections included."""
    start = README.index(f"### {heading_of(cls)}\n")
    end = min(at for at in (README.find("\n### ", start), README.find("\n## ", start)) if at > 0)
    return examples("wire", README[start:end])


def decoded(found: Example) -> messages.AnyMessage:
    return decode_client(found.payload) if found.who == "C" else decode_server(found.payload)


@pytest.mark.parametrize("found", [*examples("wire"), *examples("session")], ids=lambda found: found.payload[:6].hex())
def test_every_example_is_what_it_says(found: Example) -> None:
    assert repr(msgpack.unpackb(found.payload)) == repr(found.means)
    assert encode(decoded(found)) == found.payload


def test_the_examples_that_are_drawn_are_the_examples_that_are_found() -> None:
    # A line that the pattern above does not understand would be an example that nobody checks.
    assert len(re.findall(r"^[CS] [0-9a-f]{2} ", README, re.M)) == len(examples("wire")) + len(examples("session"))


def test_the_session_is_one_that_both_ends_accept() -> None:
    ends = {"C": Connection(Role.CLIENT, Framing.STREAM), "S": Connection(Role.SERVER, Framing.STREAM)}
    session = examples("session")
    for found in session:
        assert found.prefix + found.payload == tcp_frame(found.payload)
        said = ends[found.who].send(decoded(found))
        heard = list(ends["S" if found.who == "C" else "C"].feed(said))
        assert said == found.prefix + found.payload
        assert len(heard) == 1 or isinstance(decoded(found), messages.Goodbye)
    assert {type(decoded(found)) for found in session} == set(CLASSES.values())
    assert ends["C"].state is ends["S"].state is State.CLOSED


# ---- layouts -------------------------------------------------------------------------------------


def test_the_header_and_the_record_are_drawn_as_they_are_packed() -> None:
    _, header, record = tables(section(heading_of(messages.Frame)))
    assert [row[:3] for row in header] == packed_rows(frames.HEADER_DTYPE)
    assert [row[:3] for row in record] == packed_rows(frames.RECORD_DTYPE)


def test_the_row_of_a_crystal_is_drawn_as_it_is_packed() -> None:
    _, rows = tables(section(heading_of(messages.Crystals)))
    assert [row[:3] for row in rows] == packed_rows(CRYSTAL_ROW_DTYPE)


def test_the_intent_is_drawn_as_it_is_packed() -> None:
    _, intent = tables(section(heading_of(messages.Move)))
    assert frames.INTENT.format == "<IBBBB"
    named = [row[:3] for row in intent]
    expected = [
        ("0", "input", "u32"),
        ("4", "steer", "u8"),
        ("5", "heading", "u8"),
        ("6", "gait", "u8"),
        ("7", "flags", "u8"),
    ]
    assert named == [list(row) for row in expected]


def test_every_animation_is_listed_with_its_number() -> None:
    listed = ", ".join(f"{number} `{name}`" for number, name in enumerate(frames.ANIMATIONS))
    assert f"Animations: {listed}." in " ".join(README.split())


# ---- states, codes, limits -----------------------------------------------------------------------


def test_the_state_table_is_the_one_that_is_kept() -> None:
    written = {
        row[0]: {name for cell in row[1:3] for name in cell.split(", ") if name} for row in table(section("States"))
    }
    assert written == {state.name: {cls.__name__ for cls in sayable} for state, sayable in SAYABLE.items()}
    speakers = {row[0]: row[1].split(", ") for row in table(section("States"))}
    assert all(
        issubclass(CLASSES[name], messages.ClientMessage) for names in speakers.values() for name in names if name
    )


def test_the_state_table_says_where_messages_lead() -> None:
    arrows = " ".join(row[3] for row in table(section("States")))
    led = {
        name: state for names, state in re.findall(r"([\w, ]+?) → (\w+)", arrows) for name in names.strip().split(", ")
    }
    assert led == {cls.__name__: state.name for cls, state in LEADS_TO.items()}


def test_every_close_code_is_in_the_table_with_its_number_and_when_to_retry() -> None:
    written = {(int(row[0]), row[1]): row[4] for row in table(section("How a connection ends"))}
    retry = {code: f"{RETRY_AFTER_S[code]:g} s" if code in RETRY_AFTER_S else "no" for code in CloseCode}
    assert written == {(code.value, code.name): retry[code] for code in CloseCode}


def test_every_limit_is_in_the_table_with_its_number() -> None:
    fixed, settings = tables(section("Limits"))
    named = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert {row[0]: int(row[1]) for row in fixed} == named
    defaults = {f"game.{name}": value for name, value in GameSettings().model_dump().items()}
    assert {row[0]: float(row[1]) for row in settings} == {row[0]: defaults[row[0]] for row in settings}
    assert {f"game.{n}" for n in ("messages_per_s", "messages_burst", "idle_s", "resume_s", "hello_timeout_s")} <= {
        row[0] for row in settings
    }


def test_every_link_inside_the_document_leads_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", README, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors
