"""The code that the last baseline was recorded with, checked out beside this one, to be measured in turn with it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Compiling the city's loops takes a minute, and half as much again on a busy machine.
COMPILE_S_MAX = 600
GIT_S_MAX = 60


class NoReferenceError(Exception):
    """There is no such code here; the message says why."""


@contextmanager
def reference(baseline: Path) -> Iterator[Path]:
    """A folder with the whole tree as it was in the commit that last wrote `baseline`, its loops compiled.

    Raises NoReferenceError without git, outside a clone, or in a shallow one, whose oldest commit seems to have written
    everything; CalledProcessError if that tree does not start.
    """
    if _git(baseline.parent, "rev-parse", "--is-shallow-repository") == "true":
        raise NoReferenceError("this is a shallow clone")
    commit = _git(baseline.parent, "log", "-1", "--format=%H", "--", baseline.name)
    if not commit:
        raise NoReferenceError(f"no commit has written {baseline.name}")
    top = Path(_git(baseline.parent, "rev-parse", "--show-toplevel"))
    with tempfile.TemporaryDirectory(prefix="futurecity-reference-") as directory:
        tree = Path(directory) / "tree"
        _git(top, "clone", "--quiet", "--shared", "--no-checkout", ".", str(tree))
        _git(tree, "checkout", "--quiet", "--detach", commit)
        print(f"beside the code of {commit[:12]}, whose loops are compiled first", flush=True)
        subprocess.run(
            [sys.executable, "-c", "import server.city, tests.bench.rounds"],
            cwd=tree, check=True, timeout=COMPILE_S_MAX,
        )  # fmt: skip
        yield tree


def _git(where: Path, *words: str) -> str:
    """What git says there. Raises NoReferenceError."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=where, capture_output=True, check=False, timeout=GIT_S_MAX, text=True
        )
    except OSError as error:
        raise NoReferenceError(f"git does not start: {error}") from None
    if done.returncode:
        raise NoReferenceError(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
