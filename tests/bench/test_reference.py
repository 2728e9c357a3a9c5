"""The code of the last baseline is found in the history, and a history that is cut off is not taken for it."""

import subprocess
from pathlib import Path

import pytest

from tests.bench.reference import NoReferenceError, reference

BASELINE = "tests/bench/baseline.json"


def git(where: Path, *words: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=where, check=True, capture_output=True)


def write(tree: Path, files: dict[str, str]) -> None:
    """All of it, as one commit."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, "utf-8")
    git(tree, "add", ".")
    git(tree, "commit", "--message", "Write")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A tree whose baseline is of the commit before the last."""
    tree = tmp_path / "history"
    tree.mkdir()
    git(tree, "init", "--quiet")
    write(tree, {"server/city.py": "NUMBER = 1", "tests/bench/rounds.py": "", BASELINE: "{}"})
    write(tree, {"server/city.py": "NUMBER = 2", BASELINE: '{"abacus": {}}'})
    write(tree, {"server/city.py": "NUMBER = 3"})
    return tree


def test_it_is_the_code_of_the_commit_that_last_wrote_the_baseline(history: Path) -> None:
    with reference(history / BASELINE) as tree:
        assert (tree / "server/city.py").read_text("utf-8") == "NUMBER = 2"
        assert (history / "server/city.py").read_text("utf-8") == "NUMBER = 3"
    assert not tree.exists()


def test_code_that_does_not_start_is_no_reference_that_anything_is_as_quick_as(history: Path) -> None:
    write(history, {"server/city.py": "raise SystemExit(3)", BASELINE: "{ }"})
    with pytest.raises(subprocess.CalledProcessError), reference(history / BASELINE):
        pass


def test_a_shallow_clone_does_not_hold_a_tree_against_itself(history: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--depth=1", f"file://{history}", "shallow")
    with pytest.raises(NoReferenceError, match="shallow"), reference(tmp_path / "shallow" / BASELINE):
        pass


def test_outside_a_clone_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoReferenceError, match="git rev-parse"), reference(tmp_path / "baseline.json"):
        pass


def test_without_git_there_is_none(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoReferenceError, match="git does not start"), reference(history / BASELINE):
        pass


def test_a_baseline_that_was_never_committed_has_none(history: Path) -> None:
    with pytest.raises(NoReferenceError, match="no commit has written"), reference(history / "new.json"):
        pass
