"""The TypeScript client passes its own tests, wherever there is a Node to run them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "client"
INSTALLED = CLIENT / "node_modules" / "vitest"
# It starts a real city and walks in it, in two ways at the same time.
PATIENCE_S = 600


def test_the_typescript_client_passes_its_tests() -> None:
    npm = shutil.which("npm")
    if npm is None or not INSTALLED.exists():
        # Nothing but the client depends on Node; where every change is judged, it has to be there.
        assert not os.environ.get("CI"), "no Node or no `make client`, and CI leaves nothing out"
        print("the TypeScript client is not tested here: no Node 20, or `make client` was not run")
        return
    for command in ("check", "test"):
        run = subprocess.run(
            [npm, "run", command, "--workspace", "sdk"],
            cwd=CLIENT, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert run.returncode == 0, f"npm run {command}: {run.stdout[-4000:]}{run.stderr[-2000:]}"


def test_the_lock_has_a_hash_for_every_package_and_no_address() -> None:
    lock = (CLIENT / "package-lock.json").read_text("utf-8")
    packages = {name: each for name, each in json.loads(lock)["packages"].items() if "node_modules/" in name}
    assert len(packages) > 30
    assert [name for name, each in packages.items() if not each.get("link") and "integrity" not in each] == []
    assert re.search(r'"resolved": "[a-z+]+:', lock) is None
