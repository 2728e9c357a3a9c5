"""The commands around the code: make, the lock it installs from, and what runs on every change."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.programs import WANTED

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TARGETS = (
    *("help", "setup", "run", "test", "client", "wire", "screenshots", "bench", "regression", "bench-peers"),
    *("chaos", "soak", "lock", "clean"),
)
# A make that runs this test hands its own flags and words on to the ones that are started here.
HANDED_ON = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS", "WORKERS")
CLEAN = {name: value for name, value in os.environ.items() if name not in HANDED_ON}


def make(*words: str, at: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=at, env=CLEAN, capture_output=True, text=True, check=False)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout with nothing built and nothing to install."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def test_help_names_every_target() -> None:
    lines = make("help").stdout.splitlines()
    assert tuple(line.split()[1] for line in lines) == TARGETS


def test_run_takes_the_shells_place_and_hands_its_arguments_on(bare: Path) -> None:
    said = make("-n", "run", "ARGS=--game.port 8000", at=bare).stdout
    assert said.splitlines()[-1] == "exec .venv/bin/futurecity serve --bots 50 --game.port 8000"


def test_test_runs_every_check_after_the_same_setup_as_run(bare: Path) -> None:
    setup = make("-n", "setup", at=bare).stdout.splitlines()
    said = make("-n", "test", at=bare).stdout.splitlines()
    checks = [line.removeprefix(".venv/bin/").strip() for line in said[len(setup) :]]
    assert "client/city/dist/index.html" in checks.pop(0)
    assert checks == ["ruff format --check", "ruff check", "mypy", "lint-imports", "pytest --numprocesses 2"]
    # The complaint about an old Python names the target that was asked for; the rest is the same.
    assert [line.replace("make setup", "make test") for line in setup] == said[: len(setup)]
    assert any("--require-hashes" in line for line in setup)


def test_test_hands_its_workers_and_arguments_on(bare: Path) -> None:
    said = make("-n", "test", "WORKERS=0", "ARGS=tests/world -x", at=bare).stdout
    assert said.splitlines()[-1] == ".venv/bin/pytest --numprocesses 0 tests/world -x"


def test_setup_does_nothing_when_nothing_has_changed(bare: Path) -> None:
    (bare / ".venv").mkdir()
    (bare / ".venv" / ".ready").touch()
    assert "pip" not in make("-n", "setup", at=bare).stdout


def test_a_python_that_is_too_old_is_told_so_in_one_sentence(bare: Path) -> None:
    run = make("test", "PYTHON=false", at=bare)
    assert run.returncode != 0
    assert "Python 3.11 or newer is needed, and 'false' is not; name one with: make test PYTHON=" in run.stderr
    assert not (bare / ".venv").exists()


class Machine:
    """A machine of programs that only say how they were called; bash and dirname are real, nothing else is there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for real in ("bash", "dirname"):
            (directory / real).symlink_to(shutil.which(real) or real)

    def has(self, name: str, status: int = 0) -> None:
        program = self.directory / name
        program.write_text(f'#!{self.directory / "bash"}\necho "$PWD: {name} $*, CI=$CI"\nexit {status}\n')
        program.chmod(0o755)

    def run(self, program: Path) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.directory)}
        return subprocess.run(
            [program], cwd=self.directory, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(("status", "targets"), [(0, ["client", "regression", "test"]), (7, ["client"])])
def test_every_change_must_pass_what_anyone_can_run_and_nothing_of_it_is_left_out(
    machine: Machine, status: int, targets: list[str]
) -> None:
    for program in ("prometheus", "promtool", "chromium"):
        machine.has(program)
    machine.has("make", status=status)
    run = machine.run(ROOT / ".ci" / "run")
    said = "".join(f"{ROOT}: make {target}, CI=1\n" for target in targets)
    assert (run.stdout, run.stderr, run.returncode) == (said, "", status)


@pytest.mark.parametrize(
    ("there", "packages"),
    [
        (("prometheus", "chromium"), "prometheus"),
        (("prometheus", "promtool"), "chromium"),
        ((), "prometheus chromium"),
    ],
)
def test_programs_that_are_missing_are_installed_each_package_once(
    machine: Machine, there: tuple[str, ...], packages: str
) -> None:
    for program in ("apt-get", "make", *there):
        machine.has(program)
    asked = [line.split(": ")[1].split(",")[0] for line in machine.run(ROOT / ".ci" / "run").stdout.splitlines()]
    assert asked == [
        "apt-get update",
        f"apt-get install -y --no-install-recommends {packages}",
        "make client",
        "make regression",
        "make test",
    ]


def test_every_program_that_tests_want_is_installed_by_the_package_that_has_it() -> None:
    listed = re.search(r"^wanted=\((.*)\)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.M)
    assert listed
    wanted = {f"{names[0]}:{each.package}" for each in WANTED for names in each.programs}
    assert set(listed[1].split()) == wanted


def test_every_locked_package_has_hashes_and_no_address() -> None:
    packages = re.split(r"(?m)^(?=[a-z0-9])", LOCK)[1:]
    assert len(packages) > 30
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert re.search(r"https?://|--(extra-)?index-url", LOCK) is None


@pytest.mark.parametrize("lock", ["python/requirements.lock", "colyseus/package-lock.json"])
def test_what_the_peers_stand_on_is_locked_by_hash_without_an_address(lock: str) -> None:
    text = (ROOT / "loadtest" / "peers" / lock).read_text("utf-8")
    if lock.endswith(".json"):
        packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
        assert [name for name, package in packages.items() if "integrity" not in package] == []
        assert [name for name, package in packages.items() if "resolved" in package] == []
    else:
        packages = dict.fromkeys(re.split(r"(?m)^(?=[a-z0-9])", text)[1:])
        assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
        assert re.search(r"https?://|--(extra-)?index-url", text) is None
    assert len(packages) > 10


def test_every_dependency_is_locked() -> None:
    declared = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=!~; ]", line)[0] for line in declared}
    assert names <= set(re.findall(r"(?m)^([a-z0-9-]+)==", LOCK))
