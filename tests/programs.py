"""Programs that some tests want and no wheel brings: where one is missing those tests are left out, which is said.

To want another: a line in WANTED, the same program with its package in `.ci/run`, and a conftest.py beside the tests
like that of tests/deploy.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
# What every change is tried with has them all (.ci/run); elsewhere they may be missing.
REQUIRED_BY = "CI"

Which = Callable[[str], str | None]


class Wanted(NamedTuple):
    """What the tests in a file or room cannot do without: programs, and files of this checkout that are built."""

    tests: str
    # One name of each is enough.
    programs: tuple[tuple[str, ...], ...]
    # Debian's package that has them.
    package: str
    # A file, and what builds it.
    built: tuple[tuple[str, str], ...] = ()


PROMETHEUS = Wanted("tests/deploy/test_prometheus", (("promtool",), ("prometheus",)), "prometheus")
BROWSER = Wanted(
    "tests/browser/test_page_",
    (("chromium", "chromium-browser", "google-chrome"),),
    "chromium",
    (("client/city/dist/index.html", "make client"),),
)
WANTED = (PROMETHEUS, BROWSER)


def missing(wanted: Wanted, which: Which = shutil.which, root: Path = ROOT) -> dict[str, str]:
    """What is not there, with how to get it; empty when all is."""
    programs = [names[0] for names in wanted.programs if not any(map(which, names))]
    built = {path: how for path, how in wanted.built if not (root / path).exists()}
    return dict.fromkeys(programs, f"Debian: apt-get install {wanted.package}") | built


def left_out(wanted: Wanted, environment: Mapping[str, str], which: Which = shutil.which, root: Path = ROOT) -> str:
    """Why these tests are left out here, for people; empty when they are not, though they may fail."""
    gone = missing(wanted, which, root)
    if not gone or environment.get(REQUIRED_BY):
        return ""
    return (
        f"left out: {wanted.tests}*, because there is no {' and no '.join(gone)} here"
        f" ({'; '.join(dict.fromkeys(gone.values()))}); with {REQUIRED_BY} set they fail instead"
    )


def room_of(wanted: Wanted) -> str:
    """The directory of these tests: whoever tries something of it is told what of it was left out."""
    return wanted.tests.rpartition("/")[0] + "/"
