"""The law of the rooms: who may import whom, and what may not be known in which room."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"protocol", "world", "server", "loadtest", "tests"}

# The rooms in which nothing may depend on when, where or by whom it is run.
CLOCKS = {"time", "datetime", "zoneinfo", "sched", "calendar"}
SOCKETS = {"asyncio", "socket", "select", "selectors", "ssl", "http", "urllib", "aiohttp", "uvloop"}
CHANCE = {"random", "secrets", "uuid", "numpy.random"}
ENVIRONMENT = {"os", "platform", "getpass", "subprocess", "threading", "multiprocessing", "concurrent", "signal"}
PURE = frozenset(CLOCKS | SOCKETS | CHANCE | ENVIRONMENT)
# Their results differ between two runs of the same program.
UNREPEATABLE = frozenset({"hash", "id"})
# Packages whose forbidden modules need no import of their own.
PACKAGES = {"np": "numpy", "numpy": "numpy", "msgspec": "msgspec"}
UNKNOWN = "a name that is known only when it runs"


class Room(NamedTuple):
    """A room: which of our rooms or modules it may import, what it may not know, which built-ins it may not call."""

    ours: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()


ROOMS = {
    "protocol": Room(forbidden=PURE, calls=UNREPEATABLE),
    "world": Room(forbidden=PURE | {"msgpack", "msgspec.msgpack", "msgspec.json"}, calls=UNREPEATABLE),
    "server": Room(ours=frozenset({"protocol", "world"})),
    # To compile a loop is to know nothing of the city.
    "loadtest": Room(ours=frozenset({"protocol", "world.compiled"})),
}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module a source names, wherever in it, type-only and dynamic imports included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [package, *(part for part in [node.module] if part)] if node.level else [node.module or ""]
            yield from (".".join([*base, alias.name]) for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("__import__", "import_module"):
            name = node.args[0] if node.args else None
            yield str(name.value) if isinstance(name, ast.Constant) else UNKNOWN
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # A module reached through its package: `np.random` is an import in all but name.
            yield f"{PACKAGES.get(node.value.id, '')}.{node.attr}"


def called(node: ast.Call) -> str:
    """The last part of what is called: `import_module` for `importlib.import_module(...)`."""
    return ast.unparse(node.func).rpartition(".")[2]


def breaches(room: str, source: str, package: str = "") -> list[str]:
    """What in this source breaks the law of this room."""
    law = ROOMS[room]
    tree = ast.parse(source)
    found = []
    for name in imported(tree, package or room):
        known = any(f"{name}.".startswith(f"{mine}.") for mine in law.ours | {room})
        stranger = name.partition(".")[0] in OURS and not known
        if stranger or name == UNKNOWN or any(f"{name}.".startswith(f"{bad}.") for bad in law.forbidden):
            found.append(f"imports {name}")
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return found + [f"calls {name}()" for name in calls if name in law.calls]


@pytest.mark.parametrize(
    "path", [path for room in ROOMS for path in sources(room)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_module_keeps_the_law_of_its_room(path: Path) -> None:
    room, *_ = path.relative_to(ROOT).parts
    package = ".".join(path.relative_to(ROOT).parent.parts)
    assert breaches(room, path.read_text("utf-8"), package) == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_something_to_judge(room: str) -> None:
    assert len(sources(room)) > 3


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("protocol", "import asyncio"),
        ("protocol", "from time import monotonic"),
        ("protocol", "import world.state"),
        ("protocol", "from os import environ"),
        ("protocol", "def f():\n    import socket"),
        ("world", "import numpy as np\nx = np.random.default_rng()"),
        ("world", "from numpy import random"),
        ("world", "from numpy.random import default_rng"),
        ("world", "import msgspec\nx = msgspec.msgpack.encode(1)"),
        ("world", "from msgspec import msgpack"),
        ("world", "from protocol import limits"),
        (
            "world",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from server.settings import ServerSettings",
        ),
        ("world", "import importlib\nimportlib.import_module('random')"),
        ("world", "__import__('secrets')"),
        ("world", "x = hash('plaza')"),
        ("server", "import loadtest.bot"),
        ("server", "from importlib import import_module\nimport_module('loadtest')"),
        ("server", "name = input()\n__import__(name)"),
        ("server", "from tests import scenario"),
        ("loadtest", "from world.tick import step"),
        ("loadtest", "from world import compiled_otherwise"),
        ("loadtest", "from server import settings"),
    ],
)
def test_every_way_around_the_law_is_seen(room: str, source: str) -> None:
    assert len(breaches(room, source)) == 1


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("protocol", "import struct\nimport msgspec.msgpack\nfrom protocol import limits\nfrom . import errors"),
        ("world", "import numpy as np\nfrom msgspec import Struct\nfrom world.event import Command\nx = np.zeros(3)"),
        ("server", "import asyncio\nimport world.tick\nfrom protocol.codec import encode\nx = ['-m', 'loadtest']"),
        ("loadtest", "import random\nfrom protocol.connection import Connection\nfrom world.compiled import I8"),
    ],
)
def test_what_is_lawful_is_left_alone(room: str, source: str) -> None:
    assert breaches(room, source) == []


# ---- kernels (world/compiled.py) -----------------------------------------------------------------


def kernels(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions that are compiled."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(each, ast.Call) and called(each) == "compiled" for each in node.decorator_list
        ):
            yield node


def borrowed(source: str) -> set[str]:
    """What kernels use of other files and would not notice changes of: everything imported but types and modules."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    used = {
        node.id
        for kernel in kernels(tree)
        for statement in kernel.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }
    # A constant that is made of another file's is that file's.
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id in used for name in node.targets
        ):
            used |= {each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)}
    return {name for name in used & names if name.isupper() or name[:1].islower()}


@pytest.mark.parametrize("path", [path for room in ROOMS for path in sources(room) if "@compiled(" in path.read_text()])
def test_a_kernel_uses_no_constant_and_no_function_of_another_file(path: Path) -> None:
    assert list(kernels(ast.parse(path.read_text())))
    assert borrowed(path.read_text()) == set()


def test_what_a_kernel_borrows_is_seen() -> None:
    source = "from world.a import LIMIT, Rows, helper\n@compiled(NUMBER)\ndef f():\n    return helper(Rows(LIMIT))"
    assert borrowed(source) == {"LIMIT", "helper"}
    assert borrowed(source.replace("@compiled(NUMBER)\n", "")) == set()
    assert borrowed("from world.a import LIMIT\nMOST = LIMIT + 1\n@compiled(NUMBER)\ndef f():\n    return MOST") == {
        "LIMIT"
    }


def test_every_package_is_installed_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = {path.parent.relative_to(ROOT) for room in ROOMS for path in sources(room)}
    assert {".".join(folder.parts) for folder in folders} == set(project["tool"]["setuptools"]["packages"])
