"""The page in the browser passes its own tests, and is built without anything that its policy forbids."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CLIENT = Path(__file__).parents[2] / "client"
CITY = CLIENT / "city"
INSTALLED = CLIENT / "node_modules" / "vite"
PATIENCE_S = 300


def run(npm: str, command: str) -> None:
    done = subprocess.run(
        [npm, "run", command, "--workspace", "city"],
        cwd=CLIENT, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, f"npm run {command}: {done.stdout[-4000:]}{done.stderr[-2000:]}"


def test_the_page_passes_its_tests_and_is_built_without_anything_inline() -> None:
    npm = shutil.which("npm")
    if npm is None or not INSTALLED.exists():
        assert not os.environ.get("CI"), "no Node or no `make client`, and CI leaves nothing out"
        print("the page is not tested here: no Node 20, or `make client` was not run")
        return
    for command in ("test", "build"):
        run(npm, command)
    index = (CITY / "dist" / "index.html").read_text("utf-8")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", index, re.S)
    assert scripts == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", index)
    assert not re.search(r'(?:src|href)="(?!/)', index)


@pytest.mark.parametrize(
    "way", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
)
def test_no_source_of_the_page_makes_markup_or_code_out_of_text(way: str) -> None:
    sources = list((CITY / "src").glob("*.ts"))
    assert len(sources) > 15
    assert [source.name for source in sources if way in source.read_text("utf-8")] == []
