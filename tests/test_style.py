"""The style of the house, kept by tests; the lists of exceptions only ever get shorter."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from protocol.messages import ClientMessage
from world.catalogue import DEEDS

ROOT = Path(__file__).parent.parent
ROOMS = ("protocol", "world", "server", "loadtest", "tests")
# Larger is a reason to look at 150 and 12 lines; these are where looking is no longer enough.
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50

# Path -> why it may be longer. Whoever shortens one takes it off: a test below insists.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
# Tests that are skipped where what they need is not installed; everything else runs everywhere.
SKIPPING = {
    "tests/loadtest/peers/test_small_visit.py": "its servers are third-party ones that only make bench-peers installs",
}
# asyncio's own names, spoken by fakes and protocols of ours that stand in its place.
BORROWED = {"get_write_buffer_size"}

NAMELESS = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
UNFINISHED = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
SKIPS = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b")

PATHS = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
# What pytest runs and what those share; a program under tests/ that measures in real time is neither.
TESTS = [path for path in PATHS if path.stem.startswith(("test_", "conftest", "scenario"))]
THIS = Path(__file__)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text("utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def long_files() -> dict[str, int]:
    lines = {named(path): len(path.read_text("utf-8").splitlines()) for path in PATHS}
    return {name: count for name, count in lines.items() if count > FILE_LINES_MAX}


def long_functions() -> dict[str, int]:
    found = {}
    for path in PATHS:
        for node in functions(path):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                found[f"{named(path)}:{node.name}"] = lines
    return found


def waits(source: str) -> list[str]:
    """Every sleep in a test that takes time; `asyncio.sleep(0)` only lets others run."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        ast.unparse(call)
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] == "sleep" and [ast.unparse(part) for part in call.args] != ["0"]
    ]


def unbounded_floats(kind: Any, where: str = "") -> Iterator[str]:
    """Every float in a typed record that lets NaN or infinity through, by its path."""
    info = kind if isinstance(kind, inspect.Type) else inspect.type_info(kind)
    if isinstance(info, inspect.FloatType):
        low = info.ge if info.ge is not None else info.gt
        high = info.le if info.le is not None else info.lt
        if low is None or high is None:
            yield where
    elif isinstance(info, inspect.StructType):
        for field in info.fields:
            yield from unbounded_floats(field.type, f"{where}.{field.name}")
    else:
        for part in _parts(info):
            yield from unbounded_floats(part, f"{where}[]")


def _parts(info: inspect.Type) -> Iterator[inspect.Type]:
    for name in ("types", "item_types"):
        yield from getattr(info, name, ())
    for name in ("item_type", "key_type", "value_type"):
        if isinstance(part := getattr(info, name, None), inspect.Type):
            yield part


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_every_module_says_in_one_sentence_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring, "no docstring"
    first, *rest = docstring.splitlines()
    assert re.search(r"[.:?!]$", first), "the first line is not a whole sentence"
    assert not rest or not rest[0].strip(), "the first sentence goes on in a second line"


def test_no_file_is_too_long_and_no_exception_outlives_its_reason() -> None:
    assert long_files().keys() == LONG_FILES.keys()


def test_no_function_is_too_long_and_no_exception_outlives_its_reason() -> None:
    assert long_functions().keys() == LONG_FUNCTIONS.keys()


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_names_say_what_things_are(path: Path) -> None:
    assert not NAMELESS.search(path.stem)
    names = {node.name for node in functions(path)} - BORROWED
    assert {name for name in names if name.lstrip("_").startswith("get_")} == set()


@pytest.mark.parametrize("path", [path for path in PATHS if path != THIS], ids=named)
def test_nothing_is_left_to_be_done_later(path: Path) -> None:
    assert UNFINISHED.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", [path for path in TESTS if path != THIS], ids=named)
def test_no_test_sleeps_or_is_skipped(path: Path) -> None:
    source = path.read_text("utf-8")
    assert waits(source) == []
    assert bool(SKIPS.findall(source)) is (named(path) in SKIPPING)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("time.sleep(1)", 1),
        ("await asyncio.sleep(0.1)", 1),
        ("sleep(delay)", 1),
        ("await asyncio.sleep(0)", 0),
        ("clock.forward(1)", 0),
    ],
)
def test_the_search_for_sleeps_finds_them(source: str, found: int) -> None:
    assert len(waits(source)) == found


@pytest.mark.parametrize("deed", [deed for deed in DEEDS.values() if deed.public], ids=lambda deed: deed.name)
def test_no_deed_lets_nan_or_infinity_in(deed: Any) -> None:
    assert list(unbounded_floats(deed.command, deed.name)) == []


@pytest.mark.parametrize("message", ClientMessage.__subclasses__(), ids=lambda message: message.__name__)
def test_no_client_message_lets_nan_or_infinity_in(message: type[ClientMessage]) -> None:
    assert list(unbounded_floats(message, message.__name__)) == []


def test_the_search_for_unbounded_floats_finds_them() -> None:
    class Inner(msgspec.Struct):
        bare: float
        half: msgspec.Raw | None = None

    class Outer(msgspec.Struct):
        deep: dict[str, list[Inner | None]]
        low: list[float]

    assert list(unbounded_floats(Outer, "outer")) == ["outer.deep[][][].bare", "outer.low[]"]
